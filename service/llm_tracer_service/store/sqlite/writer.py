"""What one transaction does: it takes in spans, removes traces, keeps totals. Used by one thread at a time.

Everything derived (rows, summaries, labels) is made again from the spans of a trace, once per trace and transaction,
however many deliveries of the trace share the transaction.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any

import apsw
from llm_tracer.model.reading import Reader
from llm_tracer.model.row import SpanRow
from llm_tracer.model.span import SpanData, merge

from llm_tracer_service.blobs import BlobOf
from llm_tracer_service.store.base import Clock
from llm_tracer_service.store.deliveries import Delivery, rows_of
from llm_tracer_service.store.packing import Pack, PackReader, pack_spans
from llm_tracer_service.store.records import DERIVATION
from llm_tracer_service.store.rows import equal_rows
from llm_tracer_service.store.sqlite import blobs, bodies, bundles, rollups
from llm_tracer_service.store.sqlite.connection import fetch, readable_errors, roll_back
from llm_tracer_service.store.sqlite.labels import as_bytes, reporters_of
from llm_tracer_service.store.sqlite.presence import Presence
from llm_tracer_service.store.sqlite.states import TraceState, TraceStates
from llm_tracer_service.store.sqlite.summaries import Summaries
from llm_tracer_service.waiting import as_content_of, awaited_response, place_of

_TRACES_DERIVED_AT_ONCE = 200


class Writer:
    """The jobs of a transaction. `transaction` is for GroupCommit; the other public methods are jobs."""

    def __init__(self, connection: apsw.Connection, reader: Reader, clock: Clock, presence: Presence) -> None:
        self._connection = connection
        connection.execute(bundles.NOTE_BROKEN)
        self._reader = reader
        self._clock = clock
        self._presence = presence
        self._states = TraceStates(connection)
        self._summaries = Summaries(connection, self._states, self._next_revision)
        self._span_ids: list[tuple[str, int]] = []
        """Spans that are new in this transaction, each with the number of its trace."""
        self._projects: dict[str, int] = {}
        self._reader_numbers: dict[str, int] = {}
        self.last_span_at: int | None = None
        self.committed_s = time.monotonic()
        """When the last transaction was committed, by the monotonic clock."""
        self._look_again()

    def transaction(self, jobs: Sequence[Callable[[], Any]]) -> list[Any]:
        """Runs jobs and commits. Raises StoreError; then nothing of them was kept."""
        with readable_errors():
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                if not self._knows_file:
                    self._look_again()
                # A clock that was set back must not make what arrives now look older than what is there.
                self.now_unix_nano = max(self._clock(), self.last_span_at or 0)
                results = [job() for job in jobs]
                self._finish()
                self._presence.check()
                self._connection.execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise
        self.committed_s = time.monotonic()
        self._states.forget_old()
        return results

    def derive_again(self) -> None:
        """Makes all summaries again if they were made by other rules: about 1 ms a trace. May be interrupted."""
        if fetch(self._connection, "SELECT derivation FROM store") == [(DERIVATION,)]:
            return
        traces = fetch(self._connection, "SELECT project, trace_id FROM traces WHERE start IS NOT NULL")
        self._summaries.is_for_all = True
        for first in range(0, len(traces), _TRACES_DERIVED_AT_ONCE):
            batch = traces[first : first + _TRACES_DERIVED_AT_ONCE]
            self.transaction([partial(self._touch, project, key.hex()) for project, key in batch])
        self._summaries.is_for_all = False
        self._connection.execute("UPDATE store SET derivation = ?", (DERIVATION,))

    def _touch(self, project: int, trace_id: str) -> None:
        self._summaries.start_over(self._states.get(project, trace_id))

    @property
    def unsettled(self) -> Collection[tuple[int, str]]:
        """Project and id of the traces whose summaries are older than their spans."""
        return self._summaries.unsettled

    # --- the jobs ---------------------------------------------------------------------------------------------------

    def take_in(self, project: str, deliveries: Sequence[Delivery]) -> None:
        """Keeps the spans of one call."""
        self.last_span_at = self.now_unix_nano
        project_id = self._project(project)
        for delivery in deliveries:
            state = self._states.get(project_id, delivery.trace_id)
            blobs.keep(self._connection, project_id, state.id, delivery.blobs)
            if delivery.merged.keys().isdisjoint(state.places):
                if delivery.base is not None and not bodies.exists(self._connection, state.id, delivery.base):
                    delivery.pack_alone()
                rows = delivery.rows
                self._keep(state, delivery.packs, rows)
            else:
                rows = self._merge(state, delivery.spans)
            state.last_received = self.now_unix_nano
            self._summaries.touch(state)
            self._take_in_waiting(state, rows)
        for response_id in {awaited_response(span): None for each in deliveries for span in each.spans}:
            if response_id is not None:
                self._bring_to_reporters(project_id, response_id)

    def _take_in_waiting(self, state: TraceState, rows: Mapping[str, SpanRow]) -> None:
        """Merges what waits for a response into the spans of a trace that report it. `rows` are those spans."""
        if (
            not self._states.may_have_fragments
        ):  # the usual case; looking for each response would take 2 µs a span
            return
        for span_id, row in rows.items():
            response_id = row.reading.response_id
            if not response_id:
                continue
            place, waiting_id = place_of(response_id)
            waits = self._states.existing(state.project, place)
            if waits is None or waiting_id not in waits.places:
                continue
            body, slot = waits.places[waiting_id]
            waiting = self._pack(body).span(slot)
            if awaited_response(waiting) == response_id:
                blobs.share(self._connection, waits.id, state.id)
                self._merge(state, [as_content_of(waiting, state.trace_id, span_id)])

    def _bring_to_reporters(self, project: int, response_id: str) -> None:
        """Merges what waits for a response into every span that reports it."""
        labelled = reporters_of(self._connection, project, response_id)
        for trace_id in sorted(self._summaries.unlabelled(project).union(labelled)):
            state = self._states.get(project, trace_id)
            reports = {
                row.span_id: row
                for row in self._states.rows_of(state)
                if row.reading.response_id == response_id
            }
            if reports:
                self._take_in_waiting(state, reports)
                state.last_received = self.now_unix_nano
                self._summaries.touch(state)

    def derive(self) -> None:
        """Makes what follows from the spans that this transaction has taken in so far."""
        self._summaries.make()
        self._note_span_ids()

    def delete(self, project: str, trace_ids: Iterable[str]) -> int:
        """Removes traces and everything derived from them; returns how many of them were in lists."""
        self.derive()
        project_id = self._project(project)
        count = 0
        to_delete = list(trace_ids)
        for trace_id in to_delete:
            state = self._states.existing(project_id, trace_id)
            if state is None:
                continue
            responses = {row.reading.response_id for row in self._states.rows_of(state)}
            to_delete += [place_of(response)[0] for response in responses if response]  # what waits for them
            self._states.remove(state)
            bodies.remove(self._connection, state.id, state.places)
            blobs.let_go(self._connection, state.id)
            self._connection.execute("DELETE FROM pins WHERE trace = ?", (state.id,))
            self._summaries.remove(state)
            count += state.start is not None
        return count

    def take_over(
        self, project: int, trace_id: str, packs: Iterable[tuple[Pack, dict[str, SpanRow]]]
    ) -> None:
        """Keeps packs of a trace of an older file, the earliest first, each with the rows of its spans."""
        state = self._states.get(project, trace_id)
        for pack, rows in packs:
            self._keep(state, [pack], rows)
        self._summaries.touch(state)

    def read_again(self, project: int, trace_id: str) -> None:
        """Derives all rows of a trace again from its spans, and what is summed up of them."""
        state = self._states.existing(project, trace_id)
        if state is None:
            return
        reader, changed = self.present_reader(), False
        for body in bodies.of_trace(self._connection, state.id):
            pack = self._pack(body.id)
            spans = {span_id: pack.span(slot) for slot, span_id in body.live_slots()}
            rows = rows_of(spans, self._reader, self.blobs_of(project))
            by_slot = [rows.get(span_id) if span_id in spans else None for span_id in body.span_ids]
            old = bodies.rows_as_kept(self._connection, body)
            if not equal_rows(by_slot, [row and old.get(row.span_id) for row in by_slot]):
                changed = True
                bodies.replace_rows(self._connection, body, by_slot)
            self._connection.execute("UPDATE bodies SET reader = ? WHERE id = ?", (reader, body.id))
            if state.rows is not None:
                state.rows.update(rows)
        changed = changed or self._summaries.is_outdated(state)
        if changed:
            self._summaries.start_over(state)

    def present_reader(self) -> int:
        """The number under which the file knows the present version of the Reader."""
        version = self._reader.version
        if version not in self._reader_numbers:
            key = (version,)
            self._connection.execute("INSERT INTO readers (version) VALUES (?) ON CONFLICT DO NOTHING", key)
            number = self._connection.execute("SELECT id FROM readers WHERE version = ?", key).get
            self._reader_numbers[version] = int(number)
        return self._reader_numbers[version]

    def settle(self) -> None:
        """Makes the summaries of large traces that are older than their spans."""
        for project, trace_id in tuple(self.unsettled):
            self._touch(project, trace_id)

    def keep_totals(self, buckets: Sequence[rollups.Bucket]) -> None:
        """Keeps totals that were recomputed for an answer."""
        rollups.keep(self._connection, buckets)

    # --- spans ------------------------------------------------------------------------------------------------------

    def _keep(self, state: TraceState, packs: Sequence[Pack], rows: dict[str, SpanRow]) -> None:
        """Writes packs as bodies, with these rows; the spans supersede their earlier versions."""
        superseded: dict[int, list[int]] = {}
        reader = self.present_reader()
        for pack in packs:
            body = state.next_body
            state.next_body += 1
            self._last_body += 1
            bodies.add(self._connection, body, self._last_body, state.project, reader, pack)
            for slot, span_id in enumerate(pack.span_ids):
                old = state.places.get(span_id)
                if old is not None:
                    superseded.setdefault(old[0], []).append(old[1])
                state.places[span_id] = (body, slot)
        for body, slots in superseded.items():
            bodies.supersede(self._connection, body, slots)
        self._span_ids += [(span_id, state.id) for span_id in rows]
        if state.rows is not None:
            state.rows.update(rows)
        state.is_shown = state.is_shown or bool(rows)
        self._states.may_have_fragments = self._states.may_have_fragments or not state.is_shown
        state.spans_changed = True

    def _merge(self, state: TraceState, deliveries: Sequence[SpanData]) -> dict[str, SpanRow]:
        """Takes in spans of which some exist already; what brings nothing new changes nothing. Returns the rows of the
        spans that changed, as they are now."""
        packs: dict[int, PackReader] = {}

        def stored(span_id: str) -> SpanData:
            body, slot = state.places[span_id]
            if body not in packs:
                packs[body] = self._pack(body)
            return packs[body].span(slot)

        changed: dict[str, SpanData] = {}
        for span in deliveries:
            old = changed.get(span.span_id)
            if old is None and span.span_id in state.places:
                old = stored(span.span_id)
            merged = span if old is None else merge(old, span)
            if merged is not old:  # `merge` returns `old` itself if nothing is new
                changed[span.span_id] = merged
        if not changed:
            return {}
        rows = rows_of(changed, self._reader, self.blobs_of(state.project))
        self._keep(state, pack_spans(list(changed.values()), rows), rows)
        return rows

    def _pack(self, body: int) -> PackReader:
        pack = bodies.open_pack(self._connection, body)
        assert pack is not None, "its trace refers to it"
        return pack

    def blobs_of(self, project: int) -> BlobOf:
        """Loads blobs of a project, as this transaction sees them."""
        return blobs.blobs_of(lambda: nullcontext(self._connection), project)

    # --- the end of a transaction -----------------------------------------------------------------------------------

    def _finish(self) -> None:
        self.derive()
        bundles.dissolve_broken(self._connection)
        self._summaries.mark_totals()
        self._connection.execute(
            "UPDATE store SET revision = ?, last_span_at = ?, last_body = ?",
            (self.revision, self.last_span_at, self._last_body),
        )

    def _note_span_ids(self) -> None:
        bodies.note_ids(self._connection, self._span_ids)
        self._span_ids.clear()

    def _roll_back(self) -> None:
        """Rolls back and looks again at what is there: now or, if the file cannot be read now, before the next
        transaction."""
        self._knows_file = False
        roll_back(self._connection)
        self._look_again()

    # --- what is known of the file ----------------------------------------------------------------------------------

    def _project(self, name: str) -> int:
        if name not in self._projects:
            key = (as_bytes(name),)
            self._connection.execute("INSERT INTO projects (name) VALUES (?) ON CONFLICT DO NOTHING", key)
            self._projects[name] = self._connection.execute("SELECT id FROM projects WHERE name = ?", key).get
        return self._projects[name]

    def _look_again(self) -> None:
        """Forgets what may not be in the file, and reads the counters."""
        self._states.forget()
        self._summaries.forget()
        self._span_ids.clear()
        self._projects.clear()
        self._reader_numbers.clear()
        ((self.revision, self.last_span_at, self._last_body),) = fetch(
            self._connection, "SELECT revision, last_span_at, last_body FROM store"
        )
        self._knows_file = True

    def _next_revision(self) -> int:
        self.revision += 1
        return int(self.revision)
