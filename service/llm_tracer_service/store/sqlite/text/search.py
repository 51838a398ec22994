"""TextSearch: which traces may contain a text, as an SQL condition. Sound: every trace that contains it meets it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import Any, NamedTuple, TypeAlias

import apsw

from llm_tracer_service.store.base import StoreDamaged, StoreUnavailable
from llm_tracer_service.store.sqlite.connection import fetch, readable_errors
from llm_tracer_service.store.sqlite.labels import ids
from llm_tracer_service.store.sqlite.text import file, words
from llm_tracer_service.store.sqlite.text.vocabulary import words_with

Lend: TypeAlias = Callable[[], AbstractContextManager[apsw.Connection]]

WORDS_MAX = 256
"""A wanted token that is part of more different tokens says little, and looking for all of them would cost more."""

RARE_MAX = 2_000
"""Up to so many bodies are named one by one, which costs 2 µs each; if there are more, trace after trace is checked."""

TAIL_MAX = 2_000
"""Up to so many bodies that are not in the index yet are candidates; if there are more, all traces are."""

_BLOCK = 256
"""How many body numbers one question to the index covers: 50 µs."""


class Answer(NamedTuple):
    """A condition on `traces t` that yields 0 or 1, never NULL. `narrow`: it names its traces one by one."""

    sql: str
    narrow: bool


class TextSearch:
    """Searches one state of the index, which it opens on first use. `expected` is the identity of the store and the version
    of the Reader that the index must have; None uses no index. `damaged`: the index could not be read."""

    def __init__(self, store: apsw.Connection, lend: Lend, expected: tuple[bytes, str] | None) -> None:
        self._store = store
        self._lend = lend
        self._expected = expected
        self._held = ExitStack()
        self._index: _Index | None = None
        self._opened = False
        self._answers: dict[str, Answer | None] = {}
        self._asked: list[_Common] = []
        self.damaged = False

    def where(self, text: str) -> Answer | None:
        """The traces that may contain a text; None if the index cannot tell."""
        if text not in self._answers:
            self._answers[text] = self._look_up(text)
        return self._answers[text]

    def _look_up(self, text: str) -> Answer | None:
        try:
            with readable_errors(file.TEXT_INDEX):
                index = self._open()
                return None if index is None else self._where(index, text)
        except (StoreDamaged, apsw.SQLError):  # the latter: some of its tables are missing
            self.damaged = True
            return None
        except StoreUnavailable:  # there is no index yet
            return None

    def verbatim_bodies(self, trace: int) -> frozenset[int]:
        """The bodies of a trace whose bytes show which words are not in them (verbatim.py). To be called after `where`."""
        try:
            return frozenset() if self._index is None else self._index.verbatim_bodies(trace)
        except apsw.Error:
            self.damaged = True
            return frozenset()

    def close(self) -> None:
        """Gives back the connection to the index."""
        if self._asked:
            self._store.create_scalar_function(_HOLDS, None)
        self._held.close()

    def _open(self) -> _Index | None:
        if not self._opened and self._expected is not None:
            self._opened = True
            connection = self._held.enter_context(self._lend())
            last_body = file.last_body(connection, *self._expected)
            if last_body is not None:
                self._index = _Index(connection, last_body)
        return self._index

    def _where(self, index: _Index, text: str) -> Answer | None:
        wanted = words.wanted(text)
        top: int = self._store.execute("SELECT ifnull(max(number), 0) FROM bodies").get
        if not wanted or top - index.last_body > TAIL_MAX:
            return None
        expression = index.expression(wanted)
        if expression is None:
            return None
        tail = [trace for (trace,) in fetch(self._store, _TAIL, (index.last_body,))]
        bodies = index.bodies(expression, RARE_MAX + 1) if expression else []
        if len(bodies) <= RARE_MAX:
            return Answer(f"(t.id IN ({ids({*tail, *index.traces_of(bodies)})}))", narrow=True)
        self._asked.append(_Common(index, expression))
        if len(self._asked) == 1:
            self._store.create_scalar_function(_HOLDS, self._holds, 2)
        common = f"{_HOLDS}({len(self._asked) - 1}, t.id)"
        return Answer(f"(t.id IN ({ids(set(tail))}) OR {common})", narrow=False)

    def _holds(self, *arguments: Any) -> bool:
        number, trace = arguments
        common: _Common = self._asked[number]
        try:
            return common.may_stand_in(trace)
        except apsw.Error:
            self.damaged = True
            return True


class _Index:
    """The tables of the index."""

    def __init__(self, connection: apsw.Connection, last_body: int) -> None:
        self._connection = connection
        self.last_body = last_body
        self._rows: list[bytes] | None = None

    def expression(self, wanted: Sequence[words.Wanted]) -> str | None:
        """The expression for FTS5; "" if no body can match, None if any may."""
        parts: list[str] = []
        for token in wanted:
            if token.pair and token.place == "start":
                parts.append(f'"{token.word}" *')
                continue
            whole = token.place == "whole"
            found = [token.word] if whole else words_with(self._vocabulary(), token, WORDS_MAX)
            if found is not None:
                terms = [f'"{word}"' for word in found]
                parts.append(f"({' OR '.join(terms)})" if terms else "")
        if not parts:
            return None
        return " AND ".join(parts) if all(parts) else ""

    def bodies(self, expression: str, limit: int) -> list[int]:
        """The bodies that match an expression, at most `limit`."""
        found = fetch(
            self._connection, "SELECT rowid FROM tokens WHERE tokens MATCH ? LIMIT ?", (expression, limit)
        )
        return [body for (body,) in found]

    def traces_of(self, bodies: Iterable[int]) -> list[int]:
        """The traces of these bodies."""
        return [trace for (trace,) in fetch(self._connection, _TRACES.format(bodies=ids(bodies)))]

    def verbatim_bodies(self, trace: int) -> frozenset[int]:
        """The bodies of a trace that are in the index and verbatim."""
        return frozenset(body for (body,) in self._connection.execute(_VERBATIM, (trace,)))

    def bodies_among(self, expression: str, first: int, last: int) -> set[int]:
        """The bodies from `first` to `last` that match an expression."""
        found = fetch(self._connection, _AMONG, (expression, first, last))
        return {body for (body,) in found}

    def bodies_of(self, trace: int) -> Iterable[int]:
        """The bodies of a trace that are in the index."""
        return (body for (body,) in self._connection.execute(_OF_TRACE, (trace,)))

    def _vocabulary(self) -> list[bytes]:
        if self._rows is None:
            self._rows = [row for (row,) in fetch(self._connection, "SELECT words FROM vocabulary")]
        return self._rows


class _Common:
    """An expression that many bodies match, checked trace by trace."""

    def __init__(self, index: _Index, expression: str) -> None:
        self._index = index
        self._expression = expression
        self._blocks: dict[int, set[int]] = {}

    def may_stand_in(self, trace: int) -> bool:
        return any(body in self._block(body // _BLOCK) for body in self._index.bodies_of(trace))

    def _block(self, number: int) -> set[int]:
        block = self._blocks.get(number)
        if block is None:
            first = number * _BLOCK
            block = self._blocks[number] = self._index.bodies_among(
                self._expression, first, first + _BLOCK - 1
            )
        return block


_HOLDS = "text_holds"
_TAIL = "SELECT DISTINCT id >> 24 FROM bodies WHERE number > ?"
_TRACES = "SELECT DISTINCT trace FROM documents WHERE body IN ({bodies})"
_VERBATIM = "SELECT body FROM documents WHERE trace = ? AND verbatim"
_AMONG = "SELECT rowid FROM tokens WHERE tokens MATCH ? AND rowid BETWEEN ? AND ?"
_OF_TRACE = "SELECT body FROM documents WHERE trace = ?"
