"""Deleting traces and projects.

First a note lists what belongs to a trace; then its head is deleted, so that the trace is gone from everywhere; then the
rest, and the note once the journal reports the deletion. An interruption leaves the note, and maintenance goes on from
it if the head is gone: a head that is there was not deleted, or was written since.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from llm_tracer_service.store.base import ALWAYS
from llm_tracer_service.store.dynamodb import keys, outside
from llm_tracer_service.store.dynamodb.blobs import Blobs
from llm_tracer_service.store.dynamodb.bodies import keys_of
from llm_tracer_service.store.dynamodb.client import Client, Conflict
from llm_tracer_service.store.dynamodb.heads import Head, Heads, RowPage, is_same_life
from llm_tracer_service.store.dynamodb.journal import LISTED_AFTER_NS, Journal
from llm_tracer_service.store.dynamodb.listing import Listing
from llm_tracer_service.store.dynamodb.outcomes import OutcomeLog
from llm_tracer_service.store.dynamodb.pins import Pins
from llm_tracer_service.store.dynamodb.projects import Projects
from llm_tracer_service.store.dynamodb.writer import Touched
from llm_tracer_service.waiting import place_of

TRACES_A_STEP = 100
"""How many traces one row of the journal reports."""


@dataclass(frozen=True, slots=True, eq=False)
class Deletion:
    """Deletes traces: the head first, so that the trace is gone from everywhere, then what belonged to it."""

    _client: Client
    _heads: Heads
    _blobs: Blobs
    _pins: Pins
    _listing: Listing
    _journal: Journal
    _outcomes: OutcomeLog
    _projects: Projects

    def delete(
        self, project: str, trace_ids: Iterable[str], may_go: Callable[[Head], bool] = lambda head: True
    ) -> int:
        """Deletes the traces for which `may_go` holds as they are now; returns how many of them were in lists."""
        count = 0
        gone: list[Head] = []
        for trace_id in dict.fromkeys(trace_ids):
            gone += self._delete(project, trace_id, may_go)
            if len(gone) >= TRACES_A_STEP:
                count += self._tell(project, gone)
                gone = []
        return count + self._tell(project, gone)

    def delete_project(self, project: str) -> int:
        """Deletes everything of a project but the journal, which reports the deletion; returns how many traces there
        were."""
        # The index may not show yet what was written just now.
        recent = self._journal.recent(project, LISTED_AFTER_NS)
        self._outcomes.forget(project)
        self.finish(project)
        entries = self._listing.newest_first(project, ALWAYS)
        count = self.delete(project, (entry.trace_id for entry in entries))
        self.delete(project, self._listing.fragments(project))
        count += self.delete(project, sorted(recent))
        for sha256, _ in list(self._blobs.all_of(project)):
            self._blobs.let_go(project, "", [sha256])
        return count

    def _tell(self, project: str, gone: Sequence[Head], kept: Collection[str] = ()) -> int:
        """Ends deletions: reports them in the journal, then removes their notes and what is needed to read a note, except
        what is `kept`; returns how many traces were in lists."""
        shown = [touched for head in gone if (touched := _touched(head)).starts]
        if shown:
            self._journal.append(project, shown)
        for head in gone:
            partition = keys.trace(project, head.trace_id)
            self._client.delete_many(
                [key for name in head.outside.difference(kept) for key in outside.keys_of(partition, name)]
            )
        self._client.delete_many([(keys.deletions(project), head.trace_id) for head in gone])
        return len(shown)

    def _delete(
        self, project: str, trace_id: str, may_go: Callable[[Head], bool] = lambda head: True
    ) -> list[Head]:
        """Deletes a trace and what waited for its responses; returns what is left to `_tell`."""
        while True:
            head = self._heads.load(project, trace_id, consistent=True)
            if head is None or not may_go(head):
                return []
            self._client.put(self._heads.intent(head))
            try:
                self._client.delete_version(head.key, head.version)
                break
            except Conflict as conflict:
                if conflict.item is None or not is_same_life(head.version, int(conflict.item["v"])):
                    break  # the answer was lost, or another process deleted it too
        self._drop_rest(head)
        gone: list[Head] = []
        if self._projects.has_waiting(project):
            responses = {row.reading.response_id for row in head.rows() if row.reading.response_id}
            for response_id in responses:
                gone += self._delete(project, place_of(response_id)[0])
        return [_emptied(head), *gone]

    def finish(self, project: str) -> None:
        """Finishes deletions that were interrupted between a head and the rest."""
        for item in list(self._client.query(keys.deletions(project), consistent=True)):
            trace_id = str(item["sk"])
            noted = self._heads.of_item(project, trace_id, item)
            if noted is None:  # only the note is left
                self._client.delete((keys.deletions(project), trace_id))
                continue
            present = self._heads.load(project, trace_id, consistent=True)
            self._drop_rest(noted, present)
            self._tell(project, [_emptied(noted)], () if present is None else present.outside)

    def _drop_rest(self, head: Head, present: Head | None = None) -> None:
        """Deletes what belonged to a deleted head, except what the head now `present` in its place has."""
        project, trace_id = head.project, head.trace_id
        names = set() if present is None else {part.name for part in present.parts}
        blobs = frozenset() if present is None else present.blobs
        parts = [part for part in head.parts if part.name not in names]
        bodies = [key for part in parts for key in keys_of(project, trace_id, part)]
        self._client.delete_many(bodies)
        if head.pinned:
            self._pins.follow(project, trace_id)
        self._blobs.let_go(
            project, trace_id, head.blobs - blobs, lambda: self._heads.blobs_now(project, trace_id)
        )


def _emptied(head: Head) -> Head:
    """A head without its rows: of many heads, memory holds only what will be reported."""
    return replace(head, pages=tuple(RowPage((), page.name) for page in head.pages), tail=(), inline=None)


def _touched(head: Head) -> Touched:
    summary = None if head.entry is None else head.entry.summary
    starts = () if summary is None else (summary.start_time_unix_nano,)
    return Touched(head.trace_id, starts, is_deleted=True)
