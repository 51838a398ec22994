"""Which responses of a trace an earlier trace of the project counts.

There is no index of responses: one write unit per model call would cost a third of everything else. So counting looks at
the entries before what it counts: those within WINDOW_NS, but at most TRACES_BEFORE_MAX of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

from llm_tracer.model.trace import Trace

from llm_tracer_service.store.base import TimeRange
from llm_tracer_service.store.dynamodb.entries import Entry, response_hash
from llm_tracer_service.store.dynamodb.listing import Listing, start_of

WINDOW_NS = 48 * 3_600 * 1_000_000_000
TRACES_BEFORE_MAX = 2_000


class FirstReports:
    """Which of the noted traces reports each response first."""

    def __init__(self) -> None:
        self._first: dict[bytes, tuple[int, str]] = {}

    @classmethod
    def among(cls, entries: Sequence[Entry], listing: Listing, project: str) -> FirstReports:
        """Notes these entries, which are the newest first, and those before them."""
        firsts = cls()
        for entry in entries:
            firsts.note(entry)
        if any(entry.counted for entry in entries):
            firsts.note_before(listing, project, start_of(entries[-1]))
        return firsts

    def note(self, entry: Entry) -> None:
        """Notes a trace; the order does not matter."""
        key = (start_of(entry), entry.trace_id)
        for response in entry.counted:
            known = self._first.get(response)
            if known is None or key < known:
                self._first[response] = key

    def note_before(self, listing: Listing, project: str, start_unix_nano: int) -> None:
        """Notes the traces that started before a time."""
        since = TimeRange(start_unix_nano - WINDOW_NS, start_unix_nano)
        for entry in islice(listing.newest_first(project, since), TRACES_BEFORE_MAX):
            self.note(entry)

    def elsewhere(self, entry: Entry, trace: Trace) -> Mapping[str, str]:
        """The response ids of a trace that an earlier trace counts, and the id of that trace."""
        hashes = {
            response: first[1]
            for response in entry.counted
            if (first := self._first.get(response)) is not None and first[1] != entry.trace_id
        }
        if not hashes:
            return {}
        by_id = {response: hashes.get(response_hash(response)) for response in trace.responses}
        return {response: trace_id for response, trace_id in by_id.items() if trace_id is not None}
