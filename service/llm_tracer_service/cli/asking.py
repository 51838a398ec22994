"""What the reading commands share: options, exit codes, and one way to ask a running Tracer API."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeAlias

import click

from llm_tracer_service.cli.api_client import ApiClient, Refused, api_options
from llm_tracer_service.cli.endings import NotUnderstood, Unreachable, fail
from llm_tracer_service.cli.terminal import STATUS, Cell, echo, pointed, table
from llm_tracer_service.incomplete import left_unsearched

Command: TypeAlias = Callable[..., Any]

NOTHING = 1
"""The exit code if nothing was found, and of `compare` if something differs."""


def asking(command: Command) -> Command:
    """Adds the options of all commands that ask: --json, --url, --key. The command takes `api` and `as_json`."""

    @wraps(command)
    def with_api(url: str, key: str | None, **rest: Any) -> Any:
        return command(api=Api(url, key), **rest)

    as_json = click.option("--json", "as_json", is_flag=True, help="For programs: the API's answer as JSON.")
    return as_json(api_options(with_api))


def choosing(command: Command) -> Command:
    """Adds the argument and the options that choose traces: QUERY, --from, --to. The command takes `chosen`, the parameters
    of a request."""

    @wraps(command)
    def with_chosen(query: tuple[str, ...], start: str, end: str, **rest: Any) -> Any:
        return command(chosen={"q": text_of(query), "from_": start, "to": end}, **rest)

    query = click.argument("query", nargs=-1)
    start = click.option(
        "--from", "start", default="", metavar="TIME", help="Started at or after: -1h, today, 2026-11-01."
    )
    end = click.option("--to", "end", default="", metavar="TIME", help="Started before.")
    return query(start(end(with_chosen)))


class Api:
    """A running Tracer API. If it refuses, the command ends with what is wrong and what to do."""

    def __init__(self, url: str, key: str | None) -> None:
        self._client = ApiClient(url, key, "llm-tracer-command")

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        """The answer to a request; parameters as in ApiClient.ask."""
        return self._answer(lambda: self._client.ask(path, **params), params.get("q"))

    def delete(self, path: str, **params: str) -> dict[str, Any]:
        """The answer to a deletion."""
        return self._answer(lambda: self._client.delete(path, params), params.get("q"))

    def _answer(self, ask: Callable[[], dict[str, Any]], query: str | None) -> dict[str, Any]:
        try:
            return ask()
        except Refused as refused:
            raise ended_by(refused, query) from None


def ended_by(refused: Refused, query: str | None = None) -> click.ClickException:
    """Ends a command whose request was refused: with 1 if something does not exist, 2 if it was not understood. Where `query`
    is at fault, it is shown with a mark under the place."""
    if refused.status == HTTPStatus.UNAUTHORIZED:
        return fail(
            str(refused),
            "Set a key with --key or TRACER_API_KEY; `llm-tracer keys create PROJECT` creates one.",
            Unreachable,
        )
    endings = {400: NotUnderstood, 422: NotUnderstood, 404: click.ClickException}
    said = str(refused)
    if query and refused.position is not None:
        said += f"\n{pointed(query, refused.position)}"
    return fail(said, refused.hint, endings.get(refused.status, Unreachable))


def text_of(query: tuple[str, ...]) -> str:
    """The query text as it was typed. Shells remove the quotes of `"two words"`: an argument with a space and without a
    field becomes a phrase again."""
    return " ".join(
        f'"{part}"' if " " in part and not any(mark in part for mark in ':"(){}<>=') else part
        for part in query
    )


def echo_json(answer: Mapping[str, Any]) -> None:
    """Prints one JSON document to standard output."""
    click.echo(json.dumps(answer, indent=2, ensure_ascii=False))


def tell_list(
    answer: Mapping[str, Any], name: str, row: Callable[[dict[str, Any]], list[Cell]], heads: Sequence[str], as_json: bool
) -> None:  # fmt: skip
    """Prints the list of this name in an answer, as a table or as JSON, and whether there is more of it."""
    if as_json:
        echo_json(answer)
        return
    for line in table([row(each) for each in answer[name]], heads):
        echo(line)
    if unsearched := left_unsearched(answer):
        click.echo(unsearched, err=True)
    elif answer.get("has_more"):
        click.echo(f"There are more than {len(answer[name])}: use -n to show more.", err=True)


def nothing_found(what: str, hint: str = "", answer: Mapping[str, Any] | None = None) -> SystemExit:
    """Ends the command: nothing was found, which is not a fault. `answer` says whether all was searched."""
    so_far = " so far" if answer and left_unsearched(answer) else ""
    click.echo(f"No {what}{so_far}.{f' {hint}' if hint else ''}", err=True)
    return SystemExit(NOTHING)


def local_time(rfc3339: str) -> str:
    """A time for people, in the zone of this machine."""
    return f"{datetime.fromisoformat(rfc3339[:26] + 'Z').astimezone():%m-%d %H:%M:%S}"


def status_cell(status: str, errors: int) -> Cell:
    """The mark of a status, in its colour. A trace that ended well with `errors` in it has its own, as in the dashboard."""
    if status == "ok" and errors:
        return Cell("⚠", "yellow")
    mark, colour = STATUS.get(status, ("·", None))
    return Cell(mark, colour)
