"""What the memory store keeps."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from itertools import count

from llm_tracer.model.span import SpanData
from llm_tracer.model.trace import Trace

from llm_tracer_service.blobs import Blob
from llm_tracer_service.store.base import ProjectStorage
from llm_tracer_service.store.exact import dump
from llm_tracer_service.store.outcomes import OUTCOMES_MAX, Outcome, Sender, SenderTotals
from llm_tracer_service.store.rows import dump_rows
from llm_tracer_service.waiting import place_of


class HeldTrace:
    """One trace: its spans by id, fragments included. Each change of it makes a new Trace."""

    def __init__(self, number: int) -> None:
        self.number = number
        """Numbers traces in the order in which they first arrived."""
        self.spans: dict[str, SpanData] = {}
        """In the form `kept`."""
        self.blobs: set[str] = set()
        self.trace: Trace | None = None
        self.last_received_unix_nano = 0
        self.pinned = False
        self.revision = 0
        self.reader_version = ""

    def responses(self) -> list[tuple[str, str]]:
        """Each span that reports a response, with the response id."""
        rows = () if self.trace is None else self.trace.rows
        return [(row.span_id, row.reading.response_id) for row in rows if row.reading.response_id]


class HeldProject:
    """What one project holds."""

    def __init__(self) -> None:
        self.held: dict[str, HeldTrace] = {}
        self.blobs: dict[str, Blob] = {}
        self.deleted: dict[str, int] = {}
        """Deleted trace ids, and the revisions at which they were deleted."""
        self.outcomes: deque[Outcome] = deque(maxlen=OUTCOMES_MAX)
        self.sender_totals: dict[Sender, SenderTotals] = {}

    def traces(self) -> Iterator[Trace]:
        """The traces that are in lists."""
        return (held.trace for held in self.held.values() if held.trace is not None)

    def trace(self, trace_id: str) -> Trace | None:
        """A trace that is in lists, by id."""
        held = self.held.get(trace_id)
        return None if held is None else held.trace

    def storage(self, name: str) -> ProjectStorage:
        """What the project would take up if it were written down plainly."""
        starts = [trace.summary.start_time_unix_nano for trace in self.traces()]
        rows = [row for trace in self.traces() for row in trace.rows]
        return ProjectStorage(
            name,
            traces=len(starts),
            spans=len(rows),
            pinned=sum(held.pinned for held in self.held.values()),
            oldest_unix_nano=min(starts, default=None),
            newest_unix_nano=max(starts, default=None),
            bodies_bytes=sum(len(dump(span)) for held in self.held.values() for span in held.spans.values()),
            rows_bytes=len(dump_rows(rows)) if rows else 0,
            blobs_bytes=sum(len(blob.data) for blob in self.blobs.values()),
        )


class Held:
    """Everything the store holds, in order of arrival."""

    def __init__(self) -> None:
        self.projects: defaultdict[str, HeldProject] = defaultdict(HeldProject)
        self.last_span_at: int | None = None
        """When a span last arrived; never earlier than before, whatever the clock says."""
        self.revision = 0
        """The number of the last change."""
        self._numbers = count(1)

    def next_revision(self) -> int:
        """The number for a new change."""
        self.revision += 1
        return self.revision

    def new_trace(self) -> HeldTrace:
        """A trace that has no spans yet."""
        return HeldTrace(next(self._numbers))

    def delete(self, project: HeldProject, trace_id: str) -> bool:
        """Deletes a trace, what waits for its responses, and the blobs that only it has; returns whether it was in
        lists."""
        held = project.held.pop(trace_id, None)
        if held is None:
            return False
        for _, response_id in held.responses():
            place, _ = place_of(response_id)
            project.held.pop(place, None)
        left = {sha256 for each in project.held.values() for sha256 in each.blobs}
        for sha256 in held.blobs - left:
            del project.blobs[sha256]
        if held.trace is None:
            return False
        project.deleted[trace_id] = self.next_revision()
        return True

    def oldest_first(self) -> list[tuple[HeldProject, str, int]]:
        """The traces that may be deleted, by last arrival; ties by first arrival."""
        unpinned = [
            (held.last_received_unix_nano, held.number, project, trace_id)
            for project in self.projects.values()
            for trace_id, held in project.held.items()
            if not held.pinned
        ]
        unpinned.sort(key=lambda each: each[:2])
        return [(project, trace_id, received) for received, _, project, trace_id in unpinned]

    def size_bytes(self) -> int:
        """What everything would take up."""
        return sum(project.storage("").total_bytes for project in self.projects.values())
