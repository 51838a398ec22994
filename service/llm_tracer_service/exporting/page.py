"""One trace as one HTML file: offline, escaped, unable to load anything, light and dark.

Only the script of the filter box may run, by its hash. Without scripts the page is complete, and `<details>` still open.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING

from llm_tracer.model.reading import Reader
from llm_tracer.model.span import SpanData
from llm_tracer.model.text import cost, count, duration, preview
from llm_tracer.model.trace import Node, TraceSummary

from llm_tracer_service.conversation.index import TraceIndex
from llm_tracer_service.conversation.transcript import Line, transcript_of
from llm_tracer_service.exporting.drawn import drawn
from llm_tracer_service.exporting.headline import headline_of
from llm_tracer_service.hints import Hint
from llm_tracer_service.json_values import encode_json, json_value
from llm_tracer_service.templates import policy_hash, source_of, templates_of
from llm_tracer_service.times import rfc3339

if TYPE_CHECKING:
    from jinja2 import Template

TEXT_CHARS = 2_000_000
"""About how much text a page may have, shared equally by the spans: some megabytes open at once."""

_LINE_CHARS_MIN, _LINE_CHARS_MAX = 400, 20_000
_LINES_A_SPAN = 3
_ATTRIBUTE_CHARS = 160
_SPANS_AT_ONCE = 50
_SAID_CHARS = 160


@dataclass(frozen=True, slots=True)
class Row:
    """A span on the page. The bar is in per cent of the trace's time; `lines` are those of the transcript, `said` is the
    beginning of the one that tells most."""

    node: Node
    indent: int
    bar_start: float
    bar_width: float
    facts: str
    attributes: str
    said: str
    lines: Sequence[Line]


def page_of(
    index: TraceIndex, summary: TraceSummary, reader: Reader, hints: Sequence[Hint], whole: bool = False
) -> Iterator[str]:
    """The page in pieces. `whole`: no text is cut, however large the page becomes."""
    template, policy, style, script = _parts()
    share = TEXT_CHARS // (_LINES_A_SPAN * max(1, len(index.trace.nodes)))
    chars_max = None if whole else min(_LINE_CHARS_MAX, max(_LINE_CHARS_MIN, share))
    return template.generate(
        policy=policy,
        style=style,
        script=script,
        summary=summary,
        headline=headline_of(index.trace, summary),
        hints=hints,
        started=rfc3339(summary.start_time_unix_nano),
        rows=_rows(index, reader, chars_max),
    )


@cache
def _parts() -> tuple[Template, str, str, str]:
    """The template; the policy, which allows its style and its script and nothing else; the style; the script."""
    from markupsafe import Markup

    environment = templates_of("llm_tracer_service.exporting")
    environment.filters["duration"] = duration
    style, script = source_of(environment, "page.css"), source_of(environment, "page.js")
    policy = (
        f"default-src 'none'; style-src {policy_hash(style)}; script-src {policy_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    own = Markup(style), Markup(script)  # noqa: S704 - our own files
    return environment.get_template("page.html"), policy, *own


def _rows(index: TraceIndex, reader: Reader, chars_max: int | None) -> Iterator[Row]:
    nodes = index.trace.nodes
    begin = min(node.row.start_time_unix_nano for node in nodes)
    end = max(node.row.end_time_unix_nano or node.row.start_time_unix_nano for node in nodes)
    for first in range(0, len(nodes), _SPANS_AT_ONCE):
        told = transcript_of(index, reader, first, _SPANS_AT_ONCE, chars_max).lines
        lines_of = {span_id: list(lines) for span_id, lines in groupby(told, lambda line: line.span_id)}
        for node in nodes[first : first + _SPANS_AT_ONCE]:
            span = index.trace.spans.get(node.row.span_id)
            lines = [line for line in lines_of.get(node.row.span_id, ()) if line.kind != "step"]
            yield _row(node, span, lines, (begin, end), chars_max)


def _row(
    node: Node, span: SpanData | None, lines: Sequence[Line], extent: tuple[int, int], chars_max: int | None
) -> Row:
    return Row(
        node,
        *drawn(node, *extent),
        _facts(node),
        "" if span is None else _attributes(span, None if chars_max is None else _ATTRIBUTE_CHARS),
        _said(node, lines),
        lines,
    )


def _said(node: Node, lines: Sequence[Line]) -> str:
    """Of a closed row, since names are often the same: why it failed, what a model or an agent answered, what a tool was
    given. Which tools a model called is told by their spans, if they have any; here it stands in the row of the call too."""
    answers = (
        ("assistant", "tool_call", "reasoning") if node.row.reading.kind == "llm" else ("arguments", "result")
    )
    telling = [line for line in lines if line.kind == "error"] or [
        line for line in lines if line.kind in answers
    ]
    if not telling:
        reading = node.row.reading
        return preview(reading.output_preview or "", _SAID_CHARS) if reading.kind in ("llm", "agent") else ""
    line = telling[0]
    return preview(
        f"{line.name}: {line.text}" if line.kind == "tool_call" and line.name else line.text, _SAID_CHARS
    )


def _facts(node: Node) -> str:
    reading = node.row.reading
    usage = reading.usage
    facts = [f"started {rfc3339(node.row.start_time_unix_nano)}", reading.model, reading.provider]
    if usage is not None:
        facts.append(f"{count(usage.input)} tokens in, {count(usage.output)} out")
    if reading.cost is not None:
        facts.append(cost(reading.cost.total))
    facts += [reading.service_name, f"span {node.row.span_id}"]
    return " · ".join(fact for fact in facts if fact)


def _attributes(span: SpanData, chars_max: int | None) -> str:
    """A line for each attribute, as it was sent; if it is cut, with its length."""
    return "\n".join(f"{key} = {_shown(value, chars_max)}" for key, value in span.attributes.items())


def _shown(value: object, chars_max: int | None) -> str:
    text = value if isinstance(value, str) else encode_json(json_value(value)).decode()
    if chars_max is None or len(text) <= chars_max:
        return text
    return f"{text[:chars_max]} … ({len(text):,} characters)"
