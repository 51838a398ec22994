"""What the reading commands share: options, exit codes, and one way to ask a running Tracer API."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, TypeVar

import click

from llm_tracer_service.cli.api_client import ApiClient, Refused, api_options
from llm_tracer_service.cli.endings import NotUnderstood, Unreachable, fail
from llm_tracer_service.cli.terminal import STATUS, Cell

_Command = TypeVar("_Command", bound=Callable[..., Any])

NOTHING = 1
"""The exit code if nothing was found, and of `compare` if something differs."""


def asking(command: _Command) -> _Command:
    """Adds the options of all commands that ask: --json, --url, --key."""
    as_json = click.option("--json", "as_json", is_flag=True, help="For programs: the API's answer as JSON.")
    return as_json(api_options(command))


def choosing(command: _Command) -> _Command:
    """Adds the argument and the options that choose traces: QUERY, --from, --to."""
    query = click.argument("query", nargs=-1)
    start = click.option(
        "--from", "start", default="", metavar="TIME", help="Started at or after: -1h, today, 2026-11-01."
    )
    end = click.option("--to", "end", default="", metavar="TIME", help="Started before.")
    return query(start(end(command)))


class Api:
    """A running Tracer API. If it refuses, the command ends with what is wrong and what to do."""

    def __init__(self, url: str, key: str | None) -> None:
        self._client = ApiClient(url, key, "llm-tracer-command")

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        """The answer to a request; parameters as in ApiClient.ask."""
        return self._answer(lambda: self._client.ask(path, **params))

    def delete(self, path: str, **params: str) -> dict[str, Any]:
        """The answer to a deletion."""
        return self._answer(lambda: self._client.delete(path, params))

    def _answer(self, ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        try:
            return ask()
        except Refused as refused:
            raise ended_by(refused) from None


def ended_by(refused: Refused) -> click.ClickException:
    """Ends a command whose request was refused: with 1 if something does not exist, 2 if it was not understood."""
    if refused.status == HTTPStatus.UNAUTHORIZED:
        return fail(
            str(refused),
            "Set a key with --key or TRACER_API_KEY; `llm-tracer keys create PROJECT` creates one.",
            Unreachable,
        )
    endings = {400: NotUnderstood, 422: NotUnderstood, 404: click.ClickException}
    return fail(str(refused), refused.hint, endings.get(refused.status, Unreachable))


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


def nothing_found(what: str, hint: str = "") -> SystemExit:
    """Ends the command: nothing was found, which is not a fault."""
    click.echo(f"No {what}.{f' {hint}' if hint else ''}", err=True)
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
