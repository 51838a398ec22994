"""The test kit: what a program traced, without a server, a thread or waiting.

    from llm_tracer.testing import record

    with record() as recorded:
        answer("What is the tallest mountain?")
    assert_trace(recorded, '''
        answer
          search
          chat
    ''')
    assert_span(recorded, "chat", kind="llm", model="gpt-5", output="Mount Everest", parent="answer")

With pytest, use the fixture `recorded_spans` (llm_tracer_pytest.py). Time and ids are injected, not patched: the
clock advances by a millisecond at each reading, ids count up from 1.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from textwrap import dedent
from typing import TYPE_CHECKING, TypeAlias

from .config import Settings
from .default_tracer import set_tracer
from .model.span import SpanData
from .recording.context import ambient_attributes, current_parent
from .sending.wire import process_resource, span_data
from .tracer import Tracer
from .values.redact import Redactor

if TYPE_CHECKING:
    from .sending.recorder import Recorded

Tree: TypeAlias = "dict[str, Tree]"

FIRST_MOMENT_NS = 1_700_000_000_000_000_000
"""2023-11-14 22:13:20 UTC, where a FixedClock begins by default."""


class FixedClock:
    """A clock in nanoseconds since 1970 that moves by `step_ns` at each reading, and by `advance`."""

    def __init__(self, start_ns: int = FIRST_MOMENT_NS, *, step_ns: int = 1_000_000) -> None:
        self.now_ns = start_ns
        self._step_ns = step_ns

    def __call__(self) -> int:
        now_ns = self.now_ns
        self.now_ns += self._step_ns
        return now_ns

    def advance(self, seconds: float) -> None:
        self.now_ns += int(seconds * 1e9)


class SequentialIds:
    """Trace ids 1, 2, 3, … and span ids 1, 2, 3, …"""

    def __init__(self) -> None:
        self._last: dict[int, int] = {}

    def __call__(self, bits: int) -> int:
        self._last[bits] = self._last.get(bits, 0) + 1
        return self._last[bits]


class InMemoryExporter:
    """Keeps all ended spans, in the order in which they ended, as they would have been sent."""

    def __init__(self) -> None:
        self.spans: list[SpanData] = []

    def export(self, span: Recorded, settings: Settings) -> None:
        redactor = Redactor(settings.redact) if settings.redact else None
        self.spans.append(
            span_data(span, process_resource(settings), redactor, captures_content=settings.capture_content)
        )

    def clear(self) -> None:
        self.spans.clear()

    def span(self, name: str) -> SpanData:
        """The only span of this name. If there is none or several, raises LookupError, which lists the names."""
        found = [span for span in self.spans if span.name == name]
        if len(found) != 1:
            names = [span.name for span in self.spans]
            raise LookupError(f"{len(found)} spans are named {name!r}, among {names}")
        return found[0]

    def tree(self) -> Tree:
        """Nested names, from the roots down, in the order in which the spans began. Siblings of the same name become
        one entry."""
        children = _children(self.spans)

        def below(parent: str | None) -> Tree:
            tree: Tree = {}
            for span in children.get(parent, []):
                tree.setdefault(span.name, {}).update(below(span.span_id))
            return tree

        return below(None)


def outline(spans: InMemoryExporter | Iterable[SpanData]) -> str:
    """The traces as indented names, in the order in which the spans began; ` !` marks a span that failed."""
    children = _children(list(spans.spans if isinstance(spans, InMemoryExporter) else spans))

    def lines(parent: str | None, depth: int) -> Iterator[str]:
        for span in children.get(parent, []):
            yield "  " * depth + span.name + (" !" if span.status_code == "error" else "")
            yield from lines(span.span_id, depth + 1)

    return "\n".join(lines(None, 0))


def _children(spans: Sequence[SpanData]) -> dict[str | None, list[SpanData]]:
    """The spans below each parent id, in the order of their starts; below None those whose parent is not among them."""
    children: dict[str | None, list[SpanData]] = {}
    known = {span.span_id for span in spans}
    for span in sorted(spans, key=lambda span: (span.start_time_unix_nano or 0, span.span_id)):
        parent = span.parent_span_id if span.parent_span_id in known else None
        children.setdefault(parent, []).append(span)
    return children


def assert_trace(recorded: InMemoryExporter, expected: str) -> None:
    """Assert that the recorded spans are those of `expected`, an `outline`: names indented by two spaces a level."""
    found, wanted = outline(recorded), dedent(expected).strip()
    assert found == wanted, f"recorded:\n{found}\n\nexpected:\n{wanted}"


def assert_span(
    recorded: InMemoryExporter,
    name: str,
    *,
    kind: str | None = None,
    model: str | None = None,
    input: object = None,  # noqa: A002
    output: object = None,
    error: str | None = None,
    parent: str | None = None,
    attributes: Mapping[str, object] | None = None,
) -> SpanData:
    """Assert that there is one span of this name with these values, and return it. What is not given may be anything.

    `input` and `output` as the program gave them (of a model call: the text of its one message, or the messages),
    `error` the type of the exception, `parent` the name of the span around it, `attributes` some of its attributes.
    """
    span = recorded.span(name)
    names = {found.span_id: found.name for found in recorded.spans}
    said = {
        "kind": (kind, span.attributes.get("llm_tracer.span.kind")),
        "model": (model, span.attributes.get("gen_ai.request.model")),
        "input": (input, _content(span, "input", input)),
        "output": (output, _content(span, "output", output)),
        "error": (error, span.attributes.get("error.type")),
        "parent": (parent, names.get(span.parent_span_id or "")),
        **{key: (value, span.attributes.get(key)) for key, value in (attributes or {}).items()},
    }
    wrong = [
        f"{what} is {found!r}, not {wanted!r}"
        for what, (wanted, found) in said.items()
        if wanted is not None and wanted != found
    ]
    assert not wrong, f"span {name!r}: " + "; ".join(wrong)
    return span


def _content(span: SpanData, side: str, wanted: object) -> object:
    """The input or output of a span, in the form of the wanted value."""
    sent = span.attributes.get(f"gen_ai.{side}.messages", span.attributes.get(f"{side}.value"))
    if sent is None or span.attributes.get(f"{side}.mime_type") == "text/plain":
        return sent
    value = json.loads(str(sent))
    if isinstance(wanted, str) and isinstance(value, list):
        return "".join(str(part.get("content")) for message in value for part in message["parts"])
    return value


def in_memory_tracer() -> tuple[Tracer, InMemoryExporter]:
    """A tracer with a fixed clock and sequential ids, and the exporter that gets its spans."""
    exporter = InMemoryExporter()
    tracer = Tracer(enabled=True, exporter=exporter, clock=FixedClock(), random_bits=SequentialIds())
    return tracer, exporter


@contextmanager
def record() -> Iterator[InMemoryExporter]:
    """Within the block, the default tracer is one in memory, and spans around the block are not parents."""
    tracer, exporter = in_memory_tracer()
    before = set_tracer(tracer)
    parent, ambient = current_parent.get(), ambient_attributes.get()
    current_parent.set(None)
    ambient_attributes.set(None)
    try:
        yield exporter
    finally:
        current_parent.set(parent)
        ambient_attributes.set(ambient)
        tracer.shutdown()
        set_tracer(before)
