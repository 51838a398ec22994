"""What the file holds of the traces being written: read once, and remembered for their next delivery."""

from __future__ import annotations

from dataclasses import dataclass, field

import apsw
import msgspec
from llm_tracer.model.row import SpanRow

from llm_tracer_service.store.ids import trace_key
from llm_tracer_service.store.sqlite import bodies
from llm_tracer_service.store.sqlite.bodies import Place
from llm_tracer_service.store.sqlite.connection import fetch

_TRACES_REMEMBERED_MAX = 200
_SPANS_REMEMBERED_MAX = 30_000
"""How many traces and spans may have their places remembered (some 6 MB), so that a trace that arrives in pieces is not
read again for each of them."""

_ROWS_REMEMBERED_MAX = 500
"""The rows of a larger trace are not remembered (1.2 KB each), but read again when its summary is made."""


@dataclass(slots=True)
class TraceState:
    """What the file holds of one trace, together with what this transaction adds."""

    id: int
    project: int
    trace_id: str
    places: dict[str, Place] = field(default_factory=dict)
    """Body and slot of every span, fragments included."""
    next_body: int = 0
    rows: dict[str, SpanRow] | None = field(default_factory=dict)
    """None if they have to be read from the file."""
    is_shown: bool = False
    """Whether it has a span that is not a fragment."""
    labels: set[int] = field(default_factory=set)
    last_received: int = 0
    start: int | None = None
    """As in the lists: None for a new trace, and while only fragments have arrived."""
    summarised_spans: int = 0
    """How many spans its summary covers."""
    spans_changed: bool = False
    spans_remembered: int = 0
    """How many spans it had after the last transaction that used it."""


class TraceStates:
    """The states of this transaction and of recent ones, ordered by their last use."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._states: dict[tuple[int, str], TraceState] = {}
        self._used: dict[int, TraceState] = {}
        """Those of this transaction, by id."""
        self._trace_id_max: int = connection.execute("SELECT ifnull(max(id), 0) FROM traces").get
        """Never falls, whatever is deleted or rolled back: a number that came again would lead those who still look at the
        deleted trace to another one, perhaps of another project."""
        self.forget()

    def existing(self, project: int, trace_id: str) -> TraceState | None:
        """The state of a trace; None if there is no such trace."""
        state = self._states.pop((project, trace_id), None) or self._read(project, trace_id)
        if state is not None:
            self._use(state)
        return state

    def get(self, project: int, trace_id: str) -> TraceState:
        """The state of a trace, a new one if there is none."""
        state = self.existing(project, trace_id)
        if state is None:
            self._trace_id_max += 1
            state = TraceState(self._trace_id_max, project, trace_id)
            state.next_body = bodies.first_body(state.id)
            self._use(state)
        return state

    def _use(self, state: TraceState) -> None:
        self._states[state.project, state.trace_id] = state  # now the most recently used
        self._used[state.id] = state

    def rows_of(self, state: TraceState) -> list[SpanRow]:
        """All rows of a trace, in no particular order."""
        if state.rows is not None:
            return list(state.rows.values())
        rows = bodies.rows(self._connection, state.id)
        if len(state.places) <= _ROWS_REMEMBERED_MAX:
            state.rows = {row.span_id: row for row in rows}
        return rows

    def remove(self, state: TraceState) -> None:
        """Forgets a trace that was deleted."""
        if self._states.pop((state.project, state.trace_id), None) is not None:
            self._used.pop(state.id, None)
            self._spans -= state.spans_remembered

    def forget(self) -> None:
        """Forgets everything, after a transaction was rolled back."""
        self._states.clear()
        self._used.clear()
        self._spans = 0
        self.may_have_fragments = bool(fetch(self._connection, _FRAGMENTS_ONLY))
        """Whether there may be a trace of which only fragments have arrived, such as content that waits for a response."""

    def forget_old(self) -> None:
        """Forgets the least recently used states, after a transaction."""
        for state in self._used.values():
            self._spans += len(state.places) - state.spans_remembered
            state.spans_remembered = len(state.places)
            if len(state.places) > _ROWS_REMEMBERED_MAX:
                state.rows = None
        self._used.clear()
        while len(self._states) > _TRACES_REMEMBERED_MAX or (
            self._spans > _SPANS_REMEMBERED_MAX and len(self._states) > 1
        ):
            self._spans -= self._states.pop(next(iter(self._states))).spans_remembered

    def _read(self, project: int, trace_id: str) -> TraceState | None:
        found = self._connection.execute(_FIND_TRACE, (project, trace_key(trace_id))).fetchone()
        if found is None:
            return None
        id, labels, start, last_received, span_count = found  # noqa: A001
        of_trace = bodies.of_trace(self._connection, id)
        return TraceState(
            id,
            project,
            trace_id,
            places=bodies.places(of_trace),
            next_body=of_trace[-1].id + 1 if of_trace else bodies.first_body(id),
            rows=None,
            is_shown=start is not None,
            labels=msgspec.msgpack.decode(labels, type=set[int]) if labels else set(),
            last_received=last_received,
            start=start,
            summarised_spans=span_count or 0,
        )


_FRAGMENTS_ONLY = """
    SELECT 1 FROM projects p WHERE EXISTS (SELECT 1 FROM traces WHERE project = p.id AND start IS NULL) LIMIT 1
"""
_FIND_TRACE = """
    SELECT id, labels, start, last_received, span_count FROM traces WHERE project = ? AND trace_id = ?
"""
