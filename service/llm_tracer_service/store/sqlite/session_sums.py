"""The figures of all sessions of a project, by which they are ordered, remembered by this process.

No index orders sessions, whose figures are sums over their traces. They are added up once, from the covering index, and
afterwards only those of the sessions with a trace that was written since. A trace may also leave a session, because it
is deleted or says later that it belongs to another one. Then more turns are remembered than there are, and everything is
added up again.
"""

from __future__ import annotations

import math
import threading
from bisect import bisect_left, bisect_right, insort
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import apsw

from llm_tracer_service.store.base import SessionSort
from llm_tracer_service.store.paging import UNKNOWN, SessionKey, session_order
from llm_tracer_service.store.sqlite.connection import fetch
from llm_tracer_service.store.sqlite.labels import ids

_PROJECTS_MAX = 4
"""How many projects are remembered: 12 MB each for 20,000 sessions in every order."""

_REFRESHED_MAX = 500
"""If more sessions have changed, all are added up again."""

Place: TypeAlias = tuple[SessionKey, int]
"""What a session is ordered by, as `session_order` gives it, and its label."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one session. `key` is its id, as bytes."""

    key: bytes
    last_activity: int
    duration_ms: float
    cost: float
    tokens: float
    turns: int
    errors: int

    def sort_key(self, sort: SessionSort) -> SessionKey:
        """The key of `paging.session_sort_key`."""
        match sort:
            case "-last_activity":
                return self.last_activity, self.key
            case "-duration_ms":
                return self.duration_ms, self.key
            case "-cost":
                return self.cost, self.key
            case "-tokens":
                return self.tokens, self.key
            case "-turns":
                return self.turns, self.key
            case "-errors":
                return self.errors, self.key


class SessionFigures:
    """All sessions of a project by label, in one state of the file. `turns` is how many traces they have together."""

    def __init__(
        self,
        revision: int,
        of: Mapping[int, Figures],
        turns: int,
        orders: Mapping[SessionSort, Sequence[Place]] | None = None,
    ) -> None:
        self.revision = revision
        self.of = of
        self.turns = turns
        self._orders = dict(orders or {})

    def in_order(self, sort: SessionSort, after: SessionKey | None) -> Iterator[tuple[int, Figures]]:
        """The sessions in an order, from a key on."""
        places = self._orders.get(sort)
        if places is None:
            places = self._orders[sort] = sorted(_place(label, each, sort) for label, each in self.of.items())
        start = 0 if after is None else bisect_right(places, (session_order(after), math.inf))
        for at in range(start, len(places)):
            label = places[at][1]
            yield label, self.of[label]

    def with_changed(self, revision: int, changed: Mapping[int, Figures]) -> SessionFigures:
        """These, with some sessions added or replaced."""
        replaced = {label: self.of[label] for label in changed.keys() & self.of.keys()}
        turns = self.turns + _turns(changed) - _turns(replaced)
        orders = {}
        for sort, known in self._orders.copy().items():
            orders[sort] = places = list(known)
            for label, each in replaced.items():
                del places[bisect_left(places, _place(label, each, sort))]
            for label, each in changed.items():
                insort(places, _place(label, each, sort))
        return SessionFigures(revision, {**self.of, **changed}, turns, orders)


def _place(label: int, each: Figures, sort: SessionSort) -> Place:
    return session_order(each.sort_key(sort)), label


def _turns(of: Mapping[int, Figures]) -> int:
    return sum(each.turns for each in of.values())


class KnownSessions:
    """The sessions of the projects asked about last, shared by the threads of a process."""

    def __init__(self) -> None:
        self._known: OrderedDict[int, SessionFigures] = OrderedDict()
        self._lock = threading.Lock()

    def present(self, connection: apsw.Connection, project: int) -> SessionFigures:
        """The sessions of a project in the state of the file that the connection reads."""
        revision = connection.execute("SELECT revision FROM store").get
        with self._lock:
            known = self._known.get(project)
        if known is not None and known.revision == revision:
            return known
        found = None
        if known is not None and known.revision < revision:
            found = _refreshed(connection, project, revision, known)
        if found is None:
            of = _added_up(connection, fetch(connection, _TURNS, (project,)))
            found = SessionFigures(revision, of, _turns(of))
        with self._lock:
            latest = self._known.get(project)
            if latest is None or latest.revision < revision:
                self._known[project] = found
                self._known.move_to_end(project)
                while len(self._known) > _PROJECTS_MAX:
                    self._known.popitem(last=False)
        return found


def _refreshed(
    connection: apsw.Connection, project: int, revision: int, known: SessionFigures
) -> SessionFigures | None:
    """What was known, brought to this state; None if a trace has left its session, or too many have changed."""
    key = (project, known.revision, _REFRESHED_MAX + 1)
    changed = [label for (label,) in fetch(connection, _CHANGED, key)]
    if len(changed) > _REFRESHED_MAX:
        return None
    turns = fetch(connection, _TURNS_OF.format(labels=ids(changed)))
    found = known.with_changed(revision, _added_up(connection, turns))
    return found if found.turns == connection.execute(_COUNT, (project,)).get else None


def _added_up(connection: apsw.Connection, turns: Iterable[tuple[Any, ...]]) -> dict[int, Figures]:
    """The figures of sessions, from all their turns in any order."""
    by_label: dict[int, list[tuple[Any, ...]]] = {}
    for turn in turns:
        by_label.setdefault(turn[0], []).append(turn)
    names = dict(fetch(connection, _NAMES.format(labels=ids(by_label))))
    return {label: _sum(names[label], of_session) for label, of_session in by_label.items()}


def _sum(key: bytes, turns: Sequence[tuple[Any, ...]]) -> Figures:
    _, starts, ends, statuses, costs, tokens = zip(*turns, strict=True)
    last = max(ends)
    return Figures(
        key,
        last,
        (last - min(starts)) / 1e6,
        _known_sum(costs),
        _known_sum(tokens),
        len(turns),
        statuses.count("error"),
    )


def _known_sum(values: Iterable[float | None]) -> float:
    known = [value for value in values if value is not None]
    return math.fsum(known) if known else UNKNOWN


_VALUES = "t.session, t.start, t.last_activity, t.status, t.cost, t.tokens"
_TURNS = f"""
    SELECT {_VALUES} FROM traces t INDEXED BY traces_by_start WHERE t.project = ? AND t.session IS NOT NULL
"""  # noqa: S608  # of our own
_TURNS_OF = f"SELECT {_VALUES} FROM traces t WHERE t.session IN ({{labels}})"  # noqa: S608
_CHANGED = """
    SELECT DISTINCT t.session FROM traces t INDEXED BY traces_by_revision
    WHERE t.project = ? AND t.revision > ? AND t.session IS NOT NULL LIMIT ?
"""
_COUNT = "SELECT count(*) FROM traces t WHERE t.project = ? AND t.session IS NOT NULL"
_NAMES = "SELECT l.id, l.value FROM labels l WHERE l.id IN ({labels})"
