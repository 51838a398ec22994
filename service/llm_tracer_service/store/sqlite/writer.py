"""What one transaction does: takes in spans, removes traces, keeps totals. Used by one thread at a time.

Everything derived (rows, summaries, labels) is made again from the spans of a trace, once for each trace and
transaction, however many deliveries of it share the transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import apsw
import msgspec
from llm_tracer.model.reading import Reader
from llm_tracer.model.row import SpanRow, placed
from llm_tracer.model.span import SpanData, merge
from llm_tracer.model.trace import Trace

from llm_tracer_service.blobs import BlobOf
from llm_tracer_service.store.base import Clock
from llm_tracer_service.store.ids import trace_key
from llm_tracer_service.store.packing import Pack, PackReader, pack_spans
from llm_tracer_service.store.records import DERIVATION, dump_row, dump_summary, load_row
from llm_tracer_service.store.sqlite import blobs, repeats, rollups
from llm_tracer_service.store.sqlite.columns import KEEP_TRACE, repeated_values
from llm_tracer_service.store.sqlite.connection import fetch, readable_errors
from llm_tracer_service.store.sqlite.deliveries import Delivery, rows_of
from llm_tracer_service.store.sqlite.labels import RESPONSE, LabelBook, as_bytes, labels_of, reporters_of
from llm_tracer_service.store.sqlite.presence import Presence
from llm_tracer_service.waiting import as_content_of, awaited_response, place_of

_TRACES_REMEMBERED_MAX = 200
_ROWS_REMEMBERED_MAX = 10_000
"""Recent traces and their rows (about 12 MB at the most) are remembered for their next delivery, so that a trace that
comes in pieces is not read again for each."""


@dataclass(slots=True)
class _TraceState:
    """What the file holds of one trace, with what this transaction adds."""

    id: int
    project: int
    trace_id: str
    rows: dict[str, SpanRow] = field(default_factory=dict)
    places: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Body and slot of every span, fragments too."""
    labels: set[int] = field(default_factory=set)
    last_received: int = 0
    start: int | None = None
    """As the lists have it: None for a new trace, and while only fragments have arrived."""
    spans_changed: bool = False


class Writer:
    """The jobs of a transaction. `transaction` is what GroupCommit asks for; the jobs are the other public methods."""

    def __init__(self, connection: apsw.Connection, reader: Reader, clock: Clock, presence: Presence) -> None:
        self._connection = connection
        self._reader = reader
        self._clock = clock
        self._presence = presence
        self._labels = LabelBook(connection)
        self._states: dict[tuple[int, str], _TraceState] = {}
        """Of this transaction and of recent ones, the least recently used first."""
        self._touched: dict[tuple[int, str], _TraceState] = {}
        self._stale: set[tuple[int, int]] = set()
        self._deriving = False
        self._unsettled: set[int] = set()
        """Labels of responses that several traces may report."""
        self._projects: dict[str, int] = {}
        self._reader_numbers: dict[str, int] = {}
        self.last_span_at: int | None = None
        self._body_id_max = 0
        self._load_counters()

    def transaction(self, jobs: Sequence[Callable[[], Any]]) -> list[Any]:
        """Runs jobs and commits. Raises StoreError; then nothing of it was kept."""
        with readable_errors():
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                # A clock that was set back would make what arrives now look older than what is there.
                self.now_unix_nano = max(self._clock(), self.last_span_at or 0)
                results = [job() for job in jobs]
                self._finish()
                self._presence.check()
                self._connection.execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise
        self._forget_old_states()
        return results

    def derive_again(self) -> None:
        """Makes the summaries of a file anew where other rules made them: about 1 ms a trace. May be interrupted."""
        if fetch(self._connection, "SELECT derivation FROM store") == [(DERIVATION,)]:
            return
        traces = fetch(self._connection, "SELECT project, trace_id FROM traces WHERE start IS NOT NULL")
        self._deriving = True
        for first in range(0, len(traces), _TRACES_REMEMBERED_MAX):
            batch = traces[first : first + _TRACES_REMEMBERED_MAX]
            self.transaction([partial(self._touch, project, key.hex()) for project, key in batch])
        self._deriving = False
        self._connection.execute("UPDATE store SET derivation = ?", (DERIVATION,))

    def _touch(self, project: int, trace_id: str) -> None:
        state = self._state(project, trace_id)
        state.spans_changed = True
        self._touched[project, trace_id] = state

    # --- the jobs ---------------------------------------------------------------------------------------------------

    def take_in(self, project: str, deliveries: Sequence[Delivery]) -> None:
        """Keeps the spans of one call."""
        self.last_span_at = self.now_unix_nano
        project_id = self._project(project)
        for delivery in deliveries:
            state = self._state(project_id, delivery.trace_id)
            blobs.keep(self._connection, project_id, state.id, delivery.blobs)
            if delivery.merged.keys().isdisjoint(state.places):
                self._keep(state, delivery.packs, delivery.merged, delivery.rows)
            else:
                self._merge(state, delivery.spans)
            state.last_received = self.now_unix_nano
            self._touched[project_id, delivery.trace_id] = state
            self._take_in_waiting(state, delivery.rows)
        for response_id in {awaited_response(span): None for each in deliveries for span in each.spans}:
            if response_id is not None:
                self._bring_to_reporters(project_id, response_id)

    def _take_in_waiting(self, state: _TraceState, rows: Mapping[str, SpanRow]) -> None:
        """Gives spans of a trace what waits for the responses that they report."""
        for span_id, row in rows.items():
            response_id = row.reading.response_id
            if not response_id:
                continue
            place, waiting_id = place_of(response_id)
            waits = self._existing(state.project, place)
            if waits is None or waiting_id not in waits.places:
                continue
            body, slot = waits.places[waiting_id]
            waiting = self._pack(body).span(slot)
            if awaited_response(waiting) == response_id:
                blobs.share(self._connection, waits.id, state.id)
                self._merge(state, [as_content_of(waiting, state.trace_id, span_id)])

    def _bring_to_reporters(self, project: int, response_id: str) -> None:
        """Gives every span that reports a response what waits for it. Traces of this transaction have no labels yet."""
        labelled = reporters_of(self._connection, project, response_id)
        touched = {trace_id for of_project, trace_id in self._touched if of_project == project}
        for trace_id in sorted(touched.union(labelled)):
            state = self._state(project, trace_id)
            reports = {
                span_id: row for span_id, row in state.rows.items() if row.reading.response_id == response_id
            }
            if reports:
                self._take_in_waiting(state, reports)
                state.last_received = self.now_unix_nano
                self._touched[project, trace_id] = state

    def delete(self, project: str, trace_ids: Iterable[str]) -> int:
        """Removes traces with all that was derived from them; how many of them were in lists."""
        self._summarise_touched()
        project_id = self._project(project)
        count = 0
        to_delete = list(trace_ids)
        for trace_id in to_delete:
            state = self._existing(project_id, trace_id)
            if state is None:
                continue
            self._states.pop((project_id, trace_id), None)
            responses = {row.reading.response_id for row in state.rows.values()}
            to_delete += [place_of(response)[0] for response in responses if response]  # what waits for them
            self._connection.execute("DELETE FROM spans WHERE trace = ?", (state.id,))
            blobs.let_go(self._connection, state.id)
            bodies = {body for body, _ in state.places.values()}
            self._connection.executemany("DELETE FROM bodies WHERE id = ?", ((body,) for body in bodies))
            self._connection.execute("DELETE FROM pins WHERE trace = ?", (state.id,))
            self._connection.execute("DELETE FROM traces WHERE id = ?", (state.id,))
            if state.start is not None:
                count += 1
                self._unlabel(state, state.labels, state.start)
                for label in repeats.shared(self._connection, state.labels):
                    self._stale.update(repeats.settle(self._connection, label))
                self._labels.drop_unused(state.labels)
                self._stale.add((project_id, state.start))
                self._connection.execute(
                    "INSERT OR REPLACE INTO deletions (project, trace_id, revision) VALUES (?, ?, ?)",
                    (project_id, bytes.fromhex(trace_id), self._next_revision()),
                )
        return count

    def read_again(self, project: int, trace_id: str) -> bool:
        """Derives all rows of a trace from its spans, whoever derived them before; whether one of them changed."""
        state = self._existing(project, trace_id)
        if state is None:
            return False
        slots: dict[int, list[tuple[int, str]]] = {}
        for span_id, (body, slot) in state.places.items():
            slots.setdefault(body, []).append((slot, span_id))
        reader, changed = self._reader_number(), False
        for body, of_body in slots.items():
            pack = self._pack(body)
            spans = {span_id: pack.span(slot) for slot, span_id in of_body}
            rows = rows_of(spans, self._reader, self._blobs_of(project))
            data = {span_id: dump_row(row) for span_id, row in rows.items()}
            changed = changed or any(
                old is None or dump_row(old) != data[span_id]
                for span_id, old in ((span_id, state.rows.get(span_id)) for span_id in rows)
            )
            self._connection.executemany(
                "UPDATE spans SET reader = ?, row = ? WHERE trace = ? AND span_id = ?",
                [(reader, row, state.id, bytes.fromhex(span_id)) for span_id, row in data.items()],
            )
            state.rows.update(rows)
        if changed:
            state.spans_changed = True
            self._touched[project, trace_id] = state
        return changed

    def present_reader(self) -> int:
        """The number by which the spans know the present version of the Reader."""
        return self._reader_number()

    def keep_totals(self, buckets: Sequence[rollups.Bucket]) -> None:
        """Keeps totals that a reader recomputed."""
        rollups.keep(self._connection, buckets)

    # --- spans ------------------------------------------------------------------------------------------------------

    def _keep(
        self,
        state: _TraceState,
        packs: Sequence[Pack],
        spans: dict[str, SpanData],
        rows: dict[str, SpanRow],
    ) -> None:
        """Writes bodies and rows; what these spans were before is superseded by them."""
        superseded: dict[int, int] = {}
        values: list[tuple[Any, ...]] = []
        reader = self._reader_number()
        for pack in packs:
            body = self._next_body()
            self._connection.execute(
                "INSERT INTO bodies (id, trace, live, pack) VALUES (?, ?, ?, ?)",
                (body, state.id, len(pack.span_ids), pack.data),
            )
            for slot, span_id in enumerate(pack.span_ids):
                if span_id in state.places:
                    old_body, _ = state.places[span_id]
                    superseded[old_body] = superseded.get(old_body, 0) + 1
                state.places[span_id] = (body, slot)
                row = rows.get(span_id)
                data = None if row is None else dump_row(row)
                start = spans[span_id].start_time_unix_nano
                values.append(
                    (
                        state.id,
                        bytes.fromhex(span_id),
                        state.project,
                        start,
                        body,
                        slot,
                        reader,
                        data,
                    )
                )
        self._connection.executemany(_KEEP_SPAN, values)
        for body, count in superseded.items():
            self._connection.execute("UPDATE bodies SET live = live - ? WHERE id = ?", (count, body))
            self._connection.execute("DELETE FROM bodies WHERE id = ? AND live = 0", (body,))
        state.rows.update(rows)
        state.spans_changed = True

    def _merge(self, state: _TraceState, deliveries: Sequence[SpanData]) -> None:
        """Takes in spans of which some are there already; what brings nothing new changes nothing."""
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
            if merged is not old:  # `merge` gives back what it was given where nothing is new
                changed[span.span_id] = merged
        if changed:
            rows = rows_of(changed, self._reader, self._blobs_of(state.project))
            self._keep(state, pack_spans(list(changed.values())), changed, rows)

    def _pack(self, body: int) -> PackReader:
        ((pack,),) = fetch(self._connection, "SELECT pack FROM bodies WHERE id = ?", (body,))
        return PackReader(pack)

    def _blobs_of(self, project: int) -> BlobOf:
        return blobs.blobs_of(lambda: nullcontext(self._connection), project)

    # --- traces -----------------------------------------------------------------------------------------------------

    def _finish(self) -> None:
        self._summarise_touched()
        if self._stale:
            rollups.mark_stale(self._connection, self._stale, self._next_revision())
            self._stale.clear()
        self._connection.execute(
            "UPDATE store SET revision = ?, last_span_at = ?", (self.revision, self.last_span_at)
        )

    def _summarise_touched(self) -> None:
        for state in self._touched.values():
            if not state.rows:
                self._keep_fragments_only(state)
            elif state.spans_changed:
                self._summarise(state)
            else:
                self._connection.execute(
                    "UPDATE traces SET last_received = ?, revision = ? WHERE id = ?",
                    (state.last_received, self._next_revision(), state.id),
                )
            state.spans_changed = False
        self._touched.clear()
        for label in self._unsettled:
            self._stale.update(repeats.settle(self._connection, label))
        self._unsettled.clear()

    def _keep_fragments_only(self, state: _TraceState) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO traces (id, project, trace_id, revision, last_received) VALUES (?, ?, ?, 0, ?)",
            (state.id, state.project, bytes.fromhex(state.trace_id), state.last_received),
        )

    def _summarise(self, state: _TraceState) -> None:
        trace = Trace(state.trace_id, placed(tuple(state.rows.values())), state.last_received)
        summary = trace.summary
        texts = labels_of(trace, summary)
        by_kind = [(kind, self._labels.id_of(state.project, kind, text)) for kind, text in texts]
        labels = {label for _, label in by_kind}
        self._label(state, labels, summary.start_time_unix_nano)
        session = summary.session_id
        columns = (
            state.id,
            state.project,
            bytes.fromhex(state.trace_id),
            self._next_revision(),
            state.last_received,
            msgspec.msgpack.encode(labels),
            dump_summary(summary),
            None if session is None else self._labels.id_of(state.project, "session", session),
            *repeated_values(trace, summary),
        )
        self._connection.execute(KEEP_TRACE, columns)
        responses = {label for kind, label in by_kind if kind == RESPONSE}
        self._note_responses(state, responses, summary.start_time_unix_nano)
        starts = (summary.start_time_unix_nano, state.start)
        self._stale.update((state.project, start) for start in starts if start is not None)
        state.labels = labels
        state.start = summary.start_time_unix_nano

    def _note_responses(self, state: _TraceState, responses: set[int], start: int) -> None:
        """Notes which responses may be counted in another trace than before. `state` is still as it was."""
        moved = state.start != start or self._deriving
        for label in responses if moved else responses - state.labels:
            if (
                len(fetch(self._connection, "SELECT 1 FROM trace_labels WHERE label = ? LIMIT 2", (label,)))
                > 1
            ):
                self._unsettled.add(label)
        gone = state.labels - responses
        if gone:
            self._unsettled.update(repeats.shared(self._connection, gone))

    def _label(self, state: _TraceState, labels: set[int], start: int) -> None:
        moved = state.start is not None and state.start != start
        gone = state.labels if moved else state.labels - labels
        if gone and state.start is not None:
            self._unlabel(state, gone, state.start)
            self._labels.drop_unused(gone - labels)
        added = labels if moved else labels - state.labels
        self._connection.executemany(
            "INSERT INTO trace_labels (label, start, trace) VALUES (?, ?, ?)",
            [(label, start, state.id) for label in added],
        )

    def _unlabel(self, state: _TraceState, labels: set[int], start: int) -> None:
        self._connection.executemany(
            "DELETE FROM trace_labels WHERE label = ? AND start = ? AND trace = ?",
            [(label, start, state.id) for label in labels],
        )

    # --- what is known of the file ----------------------------------------------------------------------------------

    def _state(self, project: int, trace_id: str) -> _TraceState:
        state = self._existing(project, trace_id)
        if state is None:
            state = _TraceState(self._next_trace(), project, trace_id)
            self._states[project, trace_id] = state
        return state

    def _existing(self, project: int, trace_id: str) -> _TraceState | None:
        state = self._states.pop((project, trace_id), None)
        if state is None:
            state = self._read_state(project, trace_id)
        if state is not None:
            self._states[project, trace_id] = state  # now the most recently used
        return state

    def _read_state(self, project: int, trace_id: str) -> _TraceState | None:
        found = self._connection.execute(_FIND_TRACE, (project, trace_key(trace_id))).fetchone()
        if found is None:
            return None
        id, labels, start, last_received = found  # noqa: A001
        state = _TraceState(id, project, trace_id, start=start, last_received=last_received)
        state.labels = msgspec.msgpack.decode(labels, type=set[int]) if labels else set()
        spans = self._connection.execute(
            "SELECT span_id, start, row, body, slot FROM spans WHERE trace = ?", (id,)
        )
        for span_key, span_start, row, body, slot in spans:
            span_id = span_key.hex()
            state.places[span_id] = (body, slot)
            if row is not None:
                state.rows[span_id] = load_row(span_id, span_start, row)
        return state

    def _project(self, name: str) -> int:
        if name not in self._projects:
            key = (as_bytes(name),)
            self._connection.execute("INSERT INTO projects (name) VALUES (?) ON CONFLICT DO NOTHING", key)
            self._projects[name] = self._connection.execute("SELECT id FROM projects WHERE name = ?", key).get
        return self._projects[name]

    def _load_counters(self) -> None:
        ((self.revision, self.last_span_at),) = fetch(
            self._connection, "SELECT revision, last_span_at FROM store"
        )
        ((self._trace_id_max, body_id_max),) = fetch(
            self._connection,
            "SELECT (SELECT ifnull(max(id), 0) FROM traces), (SELECT ifnull(max(id), 0) FROM bodies)",
        )
        self.number_bodies_after(body_id_max)

    def number_bodies_after(self, body: int) -> None:
        """The next body has a higher number, so that none is used twice: the text index goes by them."""
        self._body_id_max = max(self._body_id_max, body)

    def _reader_number(self) -> int:
        version = self._reader.version
        if version not in self._reader_numbers:
            key = (version,)
            self._connection.execute("INSERT INTO readers (version) VALUES (?) ON CONFLICT DO NOTHING", key)
            number = self._connection.execute("SELECT id FROM readers WHERE version = ?", key).get
            self._reader_numbers[version] = int(number)
        return self._reader_numbers[version]

    def _next_revision(self) -> int:
        self.revision += 1
        return int(self.revision)

    def _next_trace(self) -> int:
        self._trace_id_max += 1
        return int(self._trace_id_max)

    def _next_body(self) -> int:
        self._body_id_max += 1
        return int(self._body_id_max)

    def _roll_back(self) -> None:
        """Forgets what was rolled back, and reads the counters again."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        self._states.clear()
        self._touched.clear()
        self._stale.clear()
        self._unsettled.clear()
        self._projects.clear()
        self._reader_numbers.clear()
        self._labels.forget()
        self._load_counters()

    def _forget_old_states(self) -> None:
        while len(self._states) > _TRACES_REMEMBERED_MAX:
            self._states.pop(next(iter(self._states)))
        rows = sum(len(state.places) for state in self._states.values())
        while rows > _ROWS_REMEMBERED_MAX:
            rows -= len(self._states.pop(next(iter(self._states))).places)


_KEEP_SPAN = """
    INSERT OR REPLACE INTO spans (trace, span_id, project, start, body, slot, reader, row)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_FIND_TRACE = "SELECT id, labels, start, last_received FROM traces WHERE project = ? AND trace_id = ?"
