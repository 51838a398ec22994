"""`llm-tracer sessions`: the list of conversations, and one of them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import click
from llm_tracer.model import text
from llm_tracer.model.failures import failure_line

from llm_tracer_service.cli.asking import (
    Api,
    asking,
    choosing,
    echo_json,
    local_time,
    nothing_found,
    status_cell,
    tell_list,
)
from llm_tracer_service.cli.terminal import Cell, clean, coloured, echo, fitted, width

SORTS = ("-last_activity", "-duration_ms", "-cost", "-tokens", "-turns", "-errors")
HEADS = (
    "last activity",
    "turns",
    "duration",
    "errors",
    "tokens",
    "cost",
    "user",
    "first question",
    "session",
)


@click.command()
@choosing
@click.option("--session", metavar="ID", help="Show the turns of this session instead.")
@click.option("--sort", type=click.Choice(SORTS), help="The order of the list.  [default: -last_activity]")
@click.option("-n", "--limit", type=click.IntRange(1, 200), default=20, show_default=True, help="How many.")
@asking
def sessions(
    api: Api, chosen: dict[str, str], session: str | None, sort: str | None, limit: int, as_json: bool
) -> None:
    """List conversations with a trace that QUERY matches, the last active first, or show one of them.

    \b
    llm-tracer sessions user:alice --from -7d
    llm-tracer sessions --sort -cost -n 5
    llm-tracer sessions --session chat-42

    Exit code 0: found. 1: nothing found. 2: QUERY is invalid. 3: the Tracer API does not answer.
    """
    if session is not None:
        if sort or any(chosen.values()):
            raise click.UsageError(
                "Name a session or list some with QUERY, --from, --to and --sort, not both."
            )
        answer = api.get(f"/api/sessions/{quote(session, safe='', errors='replace')}", limit=limit)
        echo_json(answer) if as_json else _tell(answer)
        return
    answer = api.get("/api/sessions", **chosen, sort=sort, limit=limit)
    tell_list(answer, "sessions", _row, HEADS, as_json)
    if not answer["sessions"]:
        raise nothing_found("sessions", answer=answer)


def _row(session: dict[str, Any]) -> list[Cell]:
    usage, cost = session["usage"] or {}, session["cost"] or {}
    errors = session["error_count"]
    return [
        Cell(local_time(session["last_activity"])),
        Cell(str(session["turn_count"]), right=True),
        Cell(text.duration(session["duration_ms"]), right=True),
        Cell(str(errors), "red" if errors else None, right=True),
        Cell(text.count(usage.get("total")), right=True),
        Cell(text.cost(cost.get("total"), cost.get("complete", True)), right=True),
        Cell(session["user_id"] or "–", below=True),
        Cell(session["first_input_preview"] or "–", shrinks=True),
        Cell(session["session_id"], below=True),
    ]


def _tell(answer: dict[str, Any]) -> None:
    """A conversation: who said what, turn by turn."""
    columns = width()
    for turn in answer["turns"]:
        mark = status_cell(turn["status"], turn["error_count"])
        figures = (
            f"{local_time(turn['start_time'])}  {text.duration(turn['duration_ms'])}  {turn['trace_id']}"
        )
        echo(f"{coloured(mark.text, mark.colour)} {coloured(figures, dim=True)}")
        for who, said in (("user", turn["asked"]), ("assistant", turn["answered"])):
            for line in _lines(said):
                line = f"  {who:<9} {line}"
                echo(line if columns is None else fitted(line, columns))
        if turn["left_out"]:
            echo(coloured(f"  {text.counted(turn['left_out'], 'earlier message')} left out", "yellow"))
        if turn["error"]:
            error = f"  {failure_line(turn['error']['type'], turn['error']['message']) or 'error'}"
            echo(coloured(clean(error), "red"))
    if answer["next_cursor"]:
        click.echo("There are more turns: -n shows up to 200.", err=True)


def _lines(said: dict[str, Any] | None) -> list[str]:
    if said is None:
        return []
    parts = (part.get("content") for part in said["message"]["parts"] if part.get("type") == "text")
    return [clean(part) for part in parts if isinstance(part, str)]
