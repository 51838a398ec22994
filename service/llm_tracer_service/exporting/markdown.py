"""One trace as Markdown, of a size that can be read, by people or by a coding agent that is asked what went wrong.

Long texts are cut in the middle, saying by how much. A long transcript loses its middle too, but not its errors. Nothing that
was sent can act as Markdown, or on the terminal that shows it: names stand in code spans, texts in fences that are longer than
any within them, and characters that steer are spelled out.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import groupby

from llm_tracer.model.reading import Reader
from llm_tracer.model.text import count, counted, duration
from llm_tracer.model.trace import Node, TraceSummary

from llm_tracer_service.conversation.index import TraceIndex
from llm_tracer_service.conversation.transcript import Line, transcript_of
from llm_tracer_service.exporting.headline import Headline, headline_of
from llm_tracer_service.hints import Hint
from llm_tracer_service.steering import spelled_out
from llm_tracer_service.times import rfc3339

HEAD_CHARS, TAIL_CHARS = 900, 300
"""How much of a longer text is shown, from its beginning and from its end."""

TRANSCRIPT_CHARS = 60_000
"""About 15,000 tokens: what a model can read at once and still use."""

_LAST_LINES = 20
_SPANS_OF_HINT = 5
_SPANS_AT_ONCE = 20


def markdown_of(
    index: TraceIndex, summary: TraceSummary, reader: Reader, hints: Sequence[Hint], whole: bool = False
) -> Iterator[str]:
    """The document in pieces. `whole`: nothing is cut or left out."""
    yield spelled_out(_header(index, summary) + _hinted(hints))
    yield "\n## Transcript\n"
    told = _told(index, reader, whole)
    yield from map(spelled_out, (text for _, text in told) if whole else _shortened(told))


def _header(index: TraceIndex, summary: TraceSummary) -> str:
    answers = headline_of(index.trace, summary)
    facts = [f"trace `{summary.trace_id}`", f"started {rfc3339(summary.start_time_unix_nano)}"]
    facts.append(counted(summary.span_count, "span"))
    named = {"model": summary.models, "service": summary.services}
    facts += [f"{name} {', '.join(map(_code, values))}" for name, values in named.items() if values]
    ids = {"session": summary.session_id, "user": summary.user_id}
    facts += [f"{name} {_code(value)}" for name, value in ids.items() if value]
    return f"# {_plain(summary.name)}\n\n{' · '.join(facts)}\n\n{_answers(answers)}"


def _answers(of: Headline) -> str:
    failure = "nothing"
    if of.failure is not None:
        failure = f"{_code(_cut(of.failure))} in span `{of.failed_span_id}`{_more_failed(of.failed)}"
    told = {
        "Status": of.status,
        "Input": "none" if of.input is None else _code(of.input),
        "Output": "none" if of.output is None else _code(of.output),
        "Duration": of.duration,
        "Cost": of.cost,
        "Where the time went": "; ".join(map(_code, of.slowest)) or "unknown",
        "What failed": failure,
    }
    return "".join(f"- **{name}**: {text}\n" for name, text in told.items())


def _more_failed(spans: int) -> str:
    return f"; {spans:,} spans failed in all" if spans > 1 else ""


def _hinted(hints: Sequence[Hint]) -> str:
    """The hints as a section of their own, if there are any."""
    told = "".join(
        f"- **{_plain(hint.title)}**: {_plain(_cut(hint.detail))} ({', '.join(f'`{each}`' for each in hint.span_ids[:_SPANS_OF_HINT])})\n"
        for hint in hints
    )
    return f"\n## Hints\n\n{told}" if told else ""


def _told(index: TraceIndex, reader: Reader, whole: bool) -> Iterator[tuple[Line, str]]:
    """Each line and its text; the first of a span has the span's heading before it."""
    nodes, index_of = index.trace.nodes, index.family.index_of
    at: int | None = 0
    while at is not None:
        page = transcript_of(index, reader, at, _SPANS_AT_ONCE, chars_max=None)
        for span_id, lines in groupby(page.lines, lambda line: line.span_id):
            heading = _heading(nodes[index_of[span_id]], index.trace.summary)
            for line in lines:
                yield line, heading + _line(line, whole)
                heading = ""
        at = page.next_index


def _heading(node: Node, of: TraceSummary) -> str:
    """A span: what it is, when it began since the trace did, how long it took."""
    row, reading = node.row, node.row.reading
    offset_ms = (row.start_time_unix_nano - of.start_time_unix_nano) / 1e6
    took = "never ended" if row.duration_ms is None else f"took {duration(row.duration_ms)}"
    facts = [_code(reading.name or "(no name)"), f"at {duration(offset_ms)}", took]
    facts += [_code(reading.model)] if reading.model and reading.model not in reading.name else []
    if reading.usage is not None:
        facts.append(f"{count(reading.usage.input)} tokens in, {count(reading.usage.output)} out")
    facts.append(f"span `{row.span_id}`")
    return f"\n{'#' * min(3 + node.depth, 6)} {reading.kind} {' · '.join(facts)}\n"


def _shortened(told: Iterator[tuple[Line, str]]) -> Iterator[str]:
    """As many lines as fit; of the rest, the errors and the last lines."""
    room = TRANSCRIPT_CHARS
    for _, text in told:
        room -= len(text)
        yield text
        if room < 0:
            break
    left_out = 0
    last: deque[tuple[Line, str]] = deque()
    for each in told:
        last.append(each)
        if len(last) > _LAST_LINES:
            line, text = last.popleft()
            if line.kind == "error":
                yield _left_out(left_out) + text
                left_out = 0
            else:
                left_out += 1
    yield _left_out(left_out)
    yield from (text for _, text in last)


def _left_out(lines: int) -> str:
    return f"\n*{lines:,} lines left out; `whole=true` gives all of them.*\n" if lines else ""


def _line(line: Line, whole: bool) -> str:
    if line.kind == "step":
        return ""
    name = f" {_code(line.name)}" if line.name else ""
    heading = f"\n**{line.kind.replace('_', ' ')}**{name}\n"
    return heading + _fenced(line.text if whole else _cut(line.text)) if line.text else heading


def _cut(text: str) -> str:
    left_out = len(text) - HEAD_CHARS - TAIL_CHARS
    if left_out <= TAIL_CHARS:  # the note about it takes space too
        return text
    return (
        f"{text[:HEAD_CHARS]}\n[… {left_out:,} of {len(text):,} characters left out …]\n{text[-TAIL_CHARS:]}"
    )


def _fenced(text: str) -> str:
    fence = "`" * max(3, 1 + _longest_run(text))
    return f"\n{fence}text\n{text}\n{fence}\n"


def _code(text: str) -> str:
    """A text in one line, as code."""
    flat = " ".join(text.split())
    ticks = "`" * (1 + _longest_run(flat))
    pad = " " if flat[:1] == "`" or flat[-1:] == "`" else ""
    return f"{ticks}{pad}{flat}{pad}{ticks}" if flat else "(empty)"


_ACTS = re.compile(r"[\\`*\[\]<>#|~&]|(?<![^\W_])_|_(?![^\W_])")
"""What acts as markup within a line that begins with a word of ours. A `_` inside a word does not."""


def _plain(text: str) -> str:
    """A text in one line, escaped so that nothing in it acts as markup, and otherwise as it was sent: it is searched for."""
    return _ACTS.sub(r"\\\g<0>", " ".join(text.split())) or "(no name)"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
