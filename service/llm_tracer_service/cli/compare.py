"""`llm-tracer compare`: two traces, or two spans, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click
from llm_tracer.model import text

from llm_tracer_service.cli.asking import NOTHING, Api, asking, echo_json
from llm_tracer_service.cli.terminal import Cell, clean, coloured, echo, table

_MARKS = {"same": ("=", None), "changed": ("~", "yellow"), "only_a": ("-", "red"), "only_b": ("+", "green")}
_FIGURES = (
    ("duration", "duration_ms"), ("input tokens", "input_tokens"), ("output tokens", "output_tokens"),
    ("cost", "cost"), ("spans", "spans"), ("errors", "errors"),
)  # fmt: skip


@click.command()
@click.argument("a")
@click.argument("b")
@click.option("--all", "with_same", is_flag=True, help="Also show what is the same.")
@asking
def compare(api: Api, a: str, b: str, with_same: bool, as_json: bool) -> None:
    """Compare two traces or two spans side by side: what differs, and where they first diverge.

    A and B are two TRACE_IDs, or two TRACE_ID/SPAN_ID. The marks: ~ changed, - only A has it, + only B has it, = the same,
    ▶ where they diverge. What the model call there was given and answered is told word by word, [-removed-] and {+added+}.

    \b
    llm-tracer compare 5b8efff798038103d269b633813fc60c 0af7651916cd43dd8448eb211c80319c

    Exit code 0: all is the same. 1: something differs, or one of both is not there. 2: A or B is no id. 3: the Tracer API
    does not answer.
    """
    found = api.get("/api/compare", a=a, b=b)
    if as_json:
        echo_json(found)
    else:
        _tell(api, found, a, b, with_same)
    if found["same"] < len(found["rows"]):
        raise SystemExit(NOTHING)


def _tell(api: Api, found: dict[str, Any], a: str, b: str, with_same: bool) -> None:
    for line in table(
        [_figure(name, found["differences"][key]) for name, key in _FIGURES], ("", "A", "B", "B - A")
    ):
        echo(line)
    echo(
        f"{found['same']} of {found['matched']} pairs of spans are the same; {found['only_a']} are in A only, "
        f"{found['only_b']} in B only."
    )
    divergence = found["first_divergence"]
    if divergence is None:
        return
    echo()
    at = divergence["row"]
    shown = [index for index, row in enumerate(found["rows"]) if with_same or row["change"] != "same"]
    for line in table([_row(found["rows"][index], index == at) for index in shown]):
        echo(line)
    echo()
    echo(coloured(f"▶ {clean(divergence['text'])}", bold=True))
    if divergence["a_span_id"] and divergence["b_span_id"]:
        first, second = (side.partition("/")[0] for side in (a, b))
        content = api.get(
            "/api/compare/content",
            a=f"{first}/{divergence['a_span_id']}",
            b=f"{second}/{divergence['b_span_id']}",
        )
        for line in _said(content):
            echo(line)


def _figure(name: str, figure: dict[str, Any]) -> list[Cell]:
    def shown(value: float | None) -> str:
        if value is None:
            return "–"
        if name == "duration":
            return text.duration(value)
        if name == "cost":
            return f"-{text.cost(-value)}" if value < 0 else text.cost(value)
        return f"{value:,.0f}"

    delta = figure["delta"]
    sign = "+" if delta and delta > 0 else ""
    return [
        Cell(name),
        *(Cell(shown(figure[side]), right=True) for side in ("a", "b")),
        Cell("" if not delta else sign + shown(delta), "yellow" if delta else None, right=True),
    ]


def _row(row: dict[str, Any], is_divergence: bool) -> list[Cell]:
    mark, colour = _MARKS[row["change"]]
    span = row["a"] or row["b"]
    delta = row["duration_ms_delta"]
    took = "" if not delta else f"{'+' if delta > 0 else ''}{text.duration(delta)}"
    return [
        Cell("▶" if is_divergence else " "),
        Cell(mark, colour),
        Cell(f"{'  ' * row['depth']}{span['kind']} {span['name']}", shrinks=True),
        Cell(", ".join(row["differs"]), colour),
        Cell(took, right=True),
        Cell((row["a"] or {}).get("span_id") or "", below=True, dim=True),
        Cell((row["b"] or {}).get("span_id") or "", below=True, dim=True),
    ]


def _said(content: dict[str, Any]) -> Iterator[str]:
    """What differs in what two spans say."""
    for each in content["parameters"]:
        yield f"  {clean(each['name'])}: {_word('-', _short(each['a']))} {_word('+', _short(each['b']))}"
    for change in ("added", "removed", "changed"):
        if content["tools"][change]:
            yield f"  tools {change}: {', '.join(map(clean, content['tools'][change]))}"
    for side in ("messages", "input", "output"):
        for message in content[side]:
            if message["change"] != "same":
                yield from _message(message, "answer" if side == "output" else message["role"])


def _message(message: dict[str, Any], who: str) -> Iterator[str]:
    if message["change"] != "changed":
        mark, colour = ("+", "green") if message["change"] == "added" else ("-", "red")
        yield coloured(f"  {mark} {clean(who)}: {clean(message['preview'])}", colour)
        return
    if message["words"]:
        yield f"  ~ {clean(who)}: " + "".join(_word(operation, said) for operation, said in message["words"])
    for place in message["json"] or ():
        was = _word("-", _short(place["a"])) if "a" in place else ""
        now = _word("+", _short(place["b"])) if "b" in place else ""
        yield f"  ~ {clean(who)} {clean(place['path'])}: {was} {now}".rstrip()


_CONTEXT_CHARS = 60


def _word(operation: str, said: str) -> str:
    said = clean(said)
    if operation == "-":
        return coloured(f"[-{said}-]", "red")
    if operation == "+":
        return coloured(f"{{+{said}+}}", "green")
    return said if len(said) <= 2 * _CONTEXT_CHARS else f"{said[:_CONTEXT_CHARS]} … {said[-_CONTEXT_CHARS:]}"


def _short(value: Any) -> str:
    from llm_tracer_service.span_text import json_text

    return clean(text.preview(json_text(value)))
