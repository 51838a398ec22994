"""The test kit: what a program traced, with no server, no thread and no waiting.

    from llm_tracer.testing import record

    with record() as recorded:
        answer("What is the tallest mountain?")
    assert recorded.tree() == {"answer": {"search": {}, "chat": {}}}
    assert recorded.span("chat").attributes["gen_ai.request.model"] == "gpt-5"

With pytest, `pytest_plugins = ["llm_tracer.testing"]` in conftest.py gives the fixture `recorded_spans`.
Time and ids are injected, not patched: the clock advances by a millisecond at each look, ids count up from 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

from .config import Settings
from .context import ambient_attributes, current_parent
from .model.span import SpanData
from .redact import Redactor
from .tracer import Tracer, set_tracer
from .wire import process_resource, span_data

if TYPE_CHECKING:
    from .recorder import Recorded

Tree: TypeAlias = "dict[str, Tree]"

FIRST_MOMENT_NS = 1_700_000_000_000_000_000
"""2023-11-14 22:13:20 UTC, where a FixedClock begins unless told otherwise."""


class FixedClock:
    """Nanoseconds since 1970 that move only by `step_ns` at each look and by `advance`."""

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
    """Keeps every ended span, in the order of their ends, as it would have gone on the wire."""

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
        """The one span of this name. Raises LookupError, naming what there is, when there is none or several."""
        found = [span for span in self.spans if span.name == name]
        if len(found) != 1:
            names = [span.name for span in self.spans]
            raise LookupError(f"{len(found)} spans are named {name!r}, among {names}")
        return found[0]

    def tree(self) -> Tree:
        """Names in names, from the roots, in the order of their starts. Siblings of one name become one entry."""
        children: dict[str | None, list[SpanData]] = {}
        known = {span.span_id for span in self.spans}
        for span in sorted(self.spans, key=lambda span: (span.start_time_unix_nano or 0, span.span_id)):
            parent = span.parent_span_id if span.parent_span_id in known else None
            children.setdefault(parent, []).append(span)

        def below(parent: str | None) -> Tree:
            tree: Tree = {}
            for span in children.get(parent, []):
                tree.setdefault(span.name, {}).update(below(span.span_id))
            return tree

        return below(None)


def in_memory_tracer() -> tuple[Tracer, InMemoryExporter]:
    """A tracer with a fixed clock and sequential ids, and where its spans go."""
    exporter = InMemoryExporter()
    tracer = Tracer(enabled=True, exporter=exporter, clock=FixedClock(), random_bits=SequentialIds())
    return tracer, exporter


@contextmanager
def record() -> Iterator[InMemoryExporter]:
    """While the block runs, the default tracer is one in memory, and no span around the block is a parent."""
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


try:
    import pytest
except ImportError:
    pass
else:

    @pytest.fixture
    def recorded_spans() -> Iterator[InMemoryExporter]:
        """What the test traces. See `record`."""
        with record() as exporter:
            yield exporter
