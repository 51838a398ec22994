"""One trace as Markdown, sized to be read: by a person, or by a coding agent that is asked what went wrong.

Long texts are cut in their middle and say by how much; of a long transcript the middle is left out, its errors are not.
Nothing that was sent can be taken for Markdown: names stand in code spans, texts in fences longer than any in them.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator

from llm_tracer.model.reading import Reader
from llm_tracer.model.trace import TraceSummary

from llm_tracer_service.conversation.index import TraceIndex
from llm_tracer_service.conversation.transcript import Line, transcript_of
from llm_tracer_service.exporting.headline import Headline, headline_of
from llm_tracer_service.times import rfc3339

HEAD_CHARS, TAIL_CHARS = 900, 300
"""What is shown of a longer text: how it begins and how it ends."""

TRANSCRIPT_CHARS = 60_000
"""About 15,000 tokens: what a model reads at once without losing sight of it."""

_LAST_LINES = 20
_SPANS_AT_ONCE = 20


def markdown_of(
    index: TraceIndex, summary: TraceSummary, reader: Reader, whole: bool = False
) -> Iterator[str]:
    """The document in pieces. `whole`: every text and every line."""
    yield _header(index, summary)
    yield "\n## Transcript\n"
    lines = _lines(index, reader)
    yield from (_line(line, whole) for line in lines) if whole else _shortened(lines)


def _header(index: TraceIndex, summary: TraceSummary) -> str:
    answers = headline_of(index.trace, summary)
    facts = [f"trace `{summary.trace_id}`", f"started {rfc3339(summary.start_time_unix_nano)}"]
    facts.append(f"{summary.span_count} spans")
    named = {"model": summary.models, "service": summary.services}
    facts += [f"{name} {', '.join(map(_code, values))}" for name, values in named.items() if values]
    ids = {"session": summary.session_id, "user": summary.user_id}
    facts += [f"{name} {_code(value)}" for name, value in ids.items() if value]
    return f"# {_plain(summary.name)}\n\n{' · '.join(facts)}\n\n{_answers(answers)}"


def _answers(of: Headline) -> str:
    failure = "nothing"
    if of.failure is not None:
        failure = f"{_code(of.failure)} in span `{of.failed_span_id}`"
    told = {
        "Status": of.status,
        "Output": "none" if of.output is None else _code(of.output),
        "Duration": of.duration,
        "Cost": of.cost,
        "Where the time was": "; ".join(map(_code, of.slowest)) or "unknown",
        "What failed": failure,
    }
    return "".join(f"- **{name}**: {text}\n" for name, text in told.items())


def _lines(index: TraceIndex, reader: Reader) -> Iterator[Line]:
    at: int | None = 0
    while at is not None:
        page = transcript_of(index, reader, at, _SPANS_AT_ONCE, chars_max=None)
        yield from page.lines
        at = page.next_index


def _shortened(lines: Iterator[Line]) -> Iterator[str]:
    """As many lines as there is room for, then of the rest the errors and the last ones."""
    room = TRANSCRIPT_CHARS
    for line in lines:
        written = _line(line, whole=False)
        room -= len(written)
        yield written
        if room < 0:
            break
    left_out = 0
    last: deque[Line] = deque()
    for line in lines:
        last.append(line)
        if len(last) > _LAST_LINES:
            passed = last.popleft()
            if passed.kind == "error":
                yield _left_out(left_out) + _line(passed, whole=False)
                left_out = 0
            else:
                left_out += 1
    yield _left_out(left_out)
    yield from (_line(line, whole=False) for line in last)


def _left_out(lines: int) -> str:
    return f"\n*{lines:,} lines left out; `whole=true` gives all of them.*\n" if lines else ""


def _line(line: Line, whole: bool) -> str:
    if line.kind == "step":
        level = "#" * min(3 + line.depth, 6)
        return f"\n{level} {_code(line.name or '(no name)')} · span `{line.span_id}`\n"
    what = line.kind.replace("_", " ")
    heading = f"\n**{what}**{f' {_code(line.name)}' if line.name else ''} · span `{line.span_id}`\n"
    return heading + _fenced(line.text if whole else _cut(line.text)) if line.text else heading


def _cut(text: str) -> str:
    left_out = len(text) - HEAD_CHARS - TAIL_CHARS
    if left_out <= TAIL_CHARS:  # what says that something is left out takes room too
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


def _plain(text: str) -> str:
    """A text in one line, in which nothing is markup."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~-])", r"\\\1", " ".join(text.split())) or "(no name)"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
