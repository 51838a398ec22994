"""Two traces or two spans compared, as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from llm_tracer.model.text import counted

from llm_tracer_service.agent_tools.text import Ask, bounded, one_line
from llm_tracer_service.span_text import json_text

_MARKS = {"changed": "~", "only_a": "-", "only_b": "+"}


def compare(ask: Ask, a: str, b: str) -> str:
    """What differs between two sides, and where they first differ, with what was said there."""
    found = ask("/api/compare", a=a, b=b)
    lines = [
        f"{counted(found['matched'], 'pair')} of spans, {found['same']} the same; {found['only_a']} only in a, {found['only_b']} only in b.",
        *_figures(found["differences"]),
    ]
    divergence = found["first_divergence"]
    if divergence is None:
        return "\n".join([*lines, "The messages and steps do not differ."])
    lines.append(
        f"first divergence: {one_line(divergence['text'])} a={divergence['a_span_id']} b={divergence['b_span_id']}"
    )
    earlier = divergence["answered_otherwise"]
    if earlier is not None:
        row = found["rows"][earlier]
        lines.append(
            f"an earlier call got the same input but answered differently: a={row['a']['span_id']} b={row['b']['span_id']}"
        )
    if divergence["a_span_id"] and divergence["b_span_id"]:
        sides = {
            side: f"{trace.partition('/')[0]}/{divergence[f'{side}_span_id']}"
            for side, trace in (("a", a), ("b", b))
        }
        lines += _said(ask("/api/compare/content", **sides))
    lines.append("rows that differ (~ changed, - only in a, + only in b):")
    lines += [_row(row) for row in found["rows"] if row["change"] != "same"]
    return bounded(lines, "… {left} more lines left out: compare two spans (TRACE_ID/SPAN_ID) of them.")


def _figures(differences: dict[str, Any]) -> Iterator[str]:
    for name, figure in differences.items():
        if figure["delta"]:
            yield f"{name}: {figure['a']:g} → {figure['b']:g}"


def _row(row: dict[str, Any]) -> str:
    span = row["a"] or row["b"]
    ids = " ".join(f"{side}={row[side]['span_id']}" for side in ("a", "b") if row[side])
    differs = f"  ({', '.join(row['differs'])})" if row["differs"] else ""
    return f"{'  ' * min(row['depth'], 12)}{_MARKS[row['change']]} {span['kind']} {one_line(span['name'], 80)}{differs}  {ids}"


def _said(content: dict[str, Any]) -> Iterator[str]:
    for each in content["parameters"]:
        yield f"  {one_line(each['name'])}: {one_line(json_text(each['a']))} → {one_line(json_text(each['b']))}"
    for change in ("added", "removed", "changed"):
        if content["tools"][change]:
            yield f"  tools {change}: {', '.join(map(one_line, content['tools'][change]))}"
    for side in ("messages", "input", "output"):
        for message in content[side]:
            if message["change"] != "same":
                yield f"  {'answer' if side == 'output' else message['role']} {message['change']}: {_change(message)}"


def _change(message: dict[str, Any]) -> str:
    if message["change"] != "changed":
        return one_line(message["preview"])
    marks = {"-": "[-{}-]", "+": "{{+{}+}}", "=": "{}"}
    words = "".join(marks[operation].format(_around(text)) for operation, text in message["words"] or ())
    places = "; ".join(
        f"{place['path']} {place['change']}: {json_text(place.get('a'))} → {json_text(place.get('b'))}"
        for place in message["json"] or ()
    )
    return one_line(" ".join(filter(None, (words, places))), 1_500)


def _around(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:40]} … {text[-40:]}"
