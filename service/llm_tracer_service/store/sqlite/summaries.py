"""What follows from the spans of the traces that a transaction touches: summaries, labels, and which totals are stale.

It is made once per trace and transaction, however many deliveries of the trace share the transaction.
"""

from __future__ import annotations

from collections.abc import Callable

import apsw
import msgspec
from llm_tracer.model.place import placed
from llm_tracer.model.trace import Trace

from llm_tracer_service.store.records import dump_summary, load_summary
from llm_tracer_service.store.sqlite import repeats, rollups
from llm_tracer_service.store.sqlite.columns import KEEP_TRACE, repeated_values
from llm_tracer_service.store.sqlite.connection import fetch
from llm_tracer_service.store.sqlite.labels import RESPONSE, LabelBook, labels_of
from llm_tracer_service.store.sqlite.states import TraceState, TraceStates

_SETTLED_AT_ONCE_SPANS = 2_000
_SETTLED_AFTER_GROWTH = 1.25
"""A larger trace gets a new summary when it has grown by a quarter, or when somebody reads. So a trace of 25,000 spans
that arrives 100 at a time is summarised 15 times, not 250."""


class Summaries:
    """The traces touched by a transaction, until their summaries are made. `next_revision` numbers changes."""

    def __init__(
        self, connection: apsw.Connection, states: TraceStates, next_revision: Callable[[], int]
    ) -> None:
        self._connection = connection
        self._states = states
        self._next_revision = next_revision
        self._labels = LabelBook(connection)
        self._touched: dict[tuple[int, str], TraceState] = {}
        self._stale: set[tuple[int, int]] = set()
        """Project and start of traces whose totals have changed."""
        self._shared_responses: set[int] = set()
        """Labels of responses that several traces may report."""
        self.is_for_all = False
        """Whether all traces get new summaries, since the rules changed: the responses of others are not known then."""
        self.forget()

    def forget(self) -> None:
        """Drops what was rolled back."""
        self._touched.clear()
        self._stale.clear()
        self._shared_responses.clear()
        self._labels.forget()
        self.unsettled = {(project, key.hex()) for project, key in fetch(self._connection, _UNSETTLED)}
        """Traces whose summaries are older than their spans."""

    def touch(self, state: TraceState) -> None:
        """Notes that something about a trace has changed."""
        self._touched[state.project, state.trace_id] = state

    def is_outdated(self, state: TraceState) -> bool:
        """Whether the summary of a trace is not what its rows say now, perhaps because an earlier version summed them up."""
        if state.start is None:
            return False
        trace = Trace(
            state.trace_id, placed(state.trace_id, self._states.rows_of(state)), state.last_received
        )
        ((stored,),) = fetch(self._connection, "SELECT summary FROM traces WHERE id = ?", (state.id,))
        return dump_summary(trace.summary) != dump_summary(load_summary(stored, state.last_received))

    def start_over(self, state: TraceState) -> None:
        """Makes sure that a trace gets its summary now, however large it is."""
        state.spans_changed = True
        state.summarised_spans = 0
        self.touch(state)

    def unlabelled(self, project: int) -> set[str]:
        """The traces of a project whose labels are older than their spans: those that were touched, and large ones that
        have grown since somebody read."""
        return {trace_id for of, trace_id in (*self._touched, *self.unsettled) if of == project}

    def make(self) -> None:
        """Summarises the traces that were touched. A large trace that has grown a little keeps its older summary."""
        for state in self._touched.values():
            if not state.is_shown:
                self._keep_fragments_only(state)
            elif state.spans_changed and not _may_wait(state):
                self._summarise(state)
            else:
                if state.spans_changed:
                    self._leave_unsettled(state)
                self._connection.execute(
                    "UPDATE traces SET last_received = ?, revision = ? WHERE id = ?",
                    (state.last_received, self._next_revision(), state.id),
                )
            state.spans_changed = False
        self._touched.clear()
        for label in self._shared_responses:
            self._stale.update(repeats.settle(self._connection, label))
        self._shared_responses.clear()

    def mark_totals(self) -> None:
        """Marks the totals that are now stale."""
        if self._stale:
            rollups.mark_stale(self._connection, self._stale, self._next_revision())
            self._stale.clear()

    def remove(self, state: TraceState) -> None:
        """Removes a trace, its summary and its labels."""
        self._leave_settled(state)
        self._connection.execute("DELETE FROM traces WHERE id = ?", (state.id,))
        if state.start is not None:
            self._unlabel(state, state.labels, state.start)
            for label in repeats.shared(self._connection, state.labels):
                self._stale.update(repeats.settle(self._connection, label))
            self._labels.drop_unused(state.labels)
            self._stale.add((state.project, state.start))
            self._connection.execute(
                "INSERT OR REPLACE INTO deletions (project, trace_id, revision) VALUES (?, ?, ?)",
                (state.project, bytes.fromhex(state.trace_id), self._next_revision()),
            )

    def _leave_unsettled(self, state: TraceState) -> None:
        if (state.project, state.trace_id) not in self.unsettled:
            self._connection.execute("INSERT INTO unsettled (trace) VALUES (?)", (state.id,))
            self.unsettled.add((state.project, state.trace_id))

    def _leave_settled(self, state: TraceState) -> None:
        if (state.project, state.trace_id) in self.unsettled:
            self._connection.execute("DELETE FROM unsettled WHERE trace = ?", (state.id,))
            self.unsettled.remove((state.project, state.trace_id))

    def _keep_fragments_only(self, state: TraceState) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO traces (id, project, trace_id, revision, last_received) VALUES (?, ?, ?, 0, ?)",
            (state.id, state.project, bytes.fromhex(state.trace_id), state.last_received),
        )

    def _summarise(self, state: TraceState) -> None:
        trace = Trace(
            state.trace_id, placed(state.trace_id, self._states.rows_of(state)), state.last_received
        )
        summary = trace.summary
        texts = labels_of(trace, summary)
        self._labels.taken_new()
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
        new_labels = self._labels.taken_new()
        self._note_responses(state, responses, new_labels, summary.start_time_unix_nano)
        starts = (summary.start_time_unix_nano, state.start)
        self._stale.update((state.project, start) for start in starts if start is not None)
        state.labels = labels
        state.start = summary.start_time_unix_nano
        state.summarised_spans = summary.span_count
        self._leave_settled(state)

    def _note_responses(self, state: TraceState, responses: set[int], new: set[int], start: int) -> None:
        """Notes which responses may now count in another trace than before. `state` is still the earlier one; no other
        trace has a label that is new."""
        moved = state.start != start or self.is_for_all
        for label in (responses if moved else responses - state.labels) - new:
            holders = fetch(self._connection, "SELECT 1 FROM trace_labels WHERE label = ? LIMIT 2", (label,))
            if len(holders) > 1:
                self._shared_responses.add(label)
        gone = state.labels - responses
        if gone:
            self._shared_responses.update(repeats.shared(self._connection, gone))

    def _label(self, state: TraceState, labels: set[int], start: int) -> None:
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

    def _unlabel(self, state: TraceState, labels: set[int], start: int) -> None:
        self._connection.executemany(
            "DELETE FROM trace_labels WHERE label = ? AND start = ? AND trace = ?",
            [(label, start, state.id) for label in labels],
        )


def _may_wait(state: TraceState) -> bool:
    """Whether the summary may be made later."""
    spans = len(state.places)
    return spans > _SETTLED_AT_ONCE_SPANS and spans < state.summarised_spans * _SETTLED_AFTER_GROWTH


_UNSETTLED = "SELECT t.project, t.trace_id FROM unsettled u JOIN traces t ON t.id = u.trace"
