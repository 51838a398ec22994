"""Taking spans into the memory store, and deriving traces from them."""

from __future__ import annotations

from collections.abc import Sequence

from llm_tracer.model.place import placed
from llm_tracer.model.reading import Reader
from llm_tracer.model.row import row_of
from llm_tracer.model.span import SpanData, merge
from llm_tracer.model.trace import Trace

from llm_tracer_service.blobs import Blob, in_form, set_aside
from llm_tracer_service.store.base import Clock
from llm_tracer_service.store.memory.held import Held, HeldProject, HeldTrace
from llm_tracer_service.waiting import as_content_of, awaited_response, place_of


class Writer:
    """Writes what is `held`; the caller holds the lock."""

    def __init__(self, held: Held, reader: Reader, clock: Clock) -> None:
        self._held = held
        self._reader = reader
        self._clock = clock

    def write(self, project: str, spans: Sequence[SpanData]) -> None:
        """Takes in at least one span."""
        self._held.last_span_at = max(self._clock(), self._held.last_span_at or 0)
        of_project = self._held.projects[project]
        for span in spans:
            self._take_in(of_project, span)
        touched = list(dict.fromkeys(span.trace_id for span in spans))
        for trace_id in touched:
            self._derive(of_project, trace_id)
        awaited = {response for response in map(awaited_response, spans) if response is not None}
        for trace_id in sorted(of_project.held if awaited else touched):
            held = of_project.held[trace_id]
            responses = held.responses()
            if trace_id not in touched:
                responses = [(span_id, response) for span_id, response in responses if response in awaited]
            if _take_in_waiting(of_project, held, responses):
                self._derive(of_project, trace_id)
                touched.append(trace_id)
        for trace_id in dict.fromkeys(touched):
            of_project.held[trace_id].revision = self._held.next_revision()

    def trace(self, project: HeldProject, trace_id: str, received_unix_nano: int) -> Trace | None:
        """A trace as derived from its spans; None if all are fragments."""
        spans = {
            span_id: in_form(span, "read", project.blobs.__getitem__)
            for span_id, span in project.held[trace_id].spans.items()
            if not span.is_fragment
        }
        if not spans:
            return None
        rows = [row_of(span, self._reader.read(span)) for span in spans.values()]
        rows.sort(key=lambda row: (row.start_time_unix_nano, row.span_id))
        return Trace(trace_id, placed(trace_id, tuple(rows)), received_unix_nano, spans, self._reader.texts)

    def _take_in(self, project: HeldProject, sent: SpanData) -> None:
        blobs: dict[str, Blob] = {}
        span = set_aside(sent, blobs)
        held = project.held.get(span.trace_id)
        if held is None:
            held = project.held[span.trace_id] = self._held.new_trace()
        old = held.spans.get(span.span_id)
        held.spans[span.span_id] = span if old is None else merge(old, span)
        held.blobs |= blobs.keys()
        project.blobs = blobs | project.blobs  # the first one stays

    def _derive(self, project: HeldProject, trace_id: str) -> None:
        held = project.held[trace_id]
        held.last_received_unix_nano = self._held.last_span_at or 0
        held.trace = self.trace(project, trace_id, held.last_received_unix_nano)
        held.reader_version = self._reader.version


def _take_in_waiting(project: HeldProject, held: HeldTrace, responses: Sequence[tuple[str, str]]) -> bool:
    """Merges what waits for responses into the spans that report them; returns whether there was any."""
    found = False
    for span_id, response_id in responses:
        place, waiting_id = place_of(response_id)
        waits = project.held.get(place)
        waiting = None if waits is None else waits.spans.get(waiting_id)
        if waits is not None and waiting is not None and awaited_response(waiting) == response_id:
            old = held.spans[span_id]
            held.spans[span_id] = merge(old, as_content_of(waiting, old.trace_id, span_id))
            held.blobs |= waits.blobs
            found = True
    return found
