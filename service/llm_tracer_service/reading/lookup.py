"""Finds what the table of keys asks for in the attributes of a span.

A program sends the same sets of attributes over and over. What a set of keys can give is worked out once and remembered,
so that a span costs a look at those of its attributes that matter, however long the table grows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from keyword import iskeyword
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from llm_tracer_service.reading.dialects import Source
from llm_tracer_service.reading.values import at, number, parsed

_SHAPES_MAX = 2_000
_SHAPE_KEYS_MAX = 400
_KEYS_MAX = 20_000
_KEY_CHARS_MAX = 200
"""Bounds on what is remembered: senders may invent keys without end, and long lists make new sets all the time."""

_FAMILY_MARKS = (".span.kind", ".span.type")
"""What a sender says of each span under a prefix of its own. Only beside one of these does a key of that prefix have the
meaning of its last words."""

_NUMBERED = re.compile(r"(.+?)\.(\d{1,18})(?:\.(.+))?", re.DOTALL)


class Entry(NamedTuple):
    """One attribute of a flattened list: the number of the element, the rest of the name, and the value."""

    number: int
    rest: str
    value: Any


class Candidate(NamedTuple):
    """An attribute that may give a field its value. The value of a flattened list is its list of Entry; that of a prefix
    is the object of all attributes with it."""

    source: Source
    key: str
    value: Any


class Pick(NamedTuple):
    """Where a field may take its value from, in a set of keys. `parts` are the attributes of a flattened list or object."""

    source: Source
    key: str
    is_plain: bool
    parts: tuple[tuple[str, int, str], ...] | None


Picks: TypeAlias = dict[str, tuple[Pick, ...]]
"""What a set of keys can give: the picks of each field, in order of precedence."""

_Hit: TypeAlias = tuple[str, int, Source, int, str]
"""One meaning of a key: field, rank among the field's keys, source; for a flattened list, the number and the rest."""

_Prepared = TypeVar("_Prepared")


class Index(Generic[_Prepared]):
    """The keys of some fields, inverted: from a set of attribute keys to what they may mean."""

    def __init__(
        self,
        fields: Mapping[str, Iterable[Source]],
        prepare: Callable[[tuple[str, ...], Picks], _Prepared],
        maps: Iterable[str] = (),
        remainders: Iterable[str] = (),
        taken: frozenset[str] = frozenset(),
    ) -> None:
        """`prepare` takes a set of keys and what they can give; its result is remembered for the set.

        In `maps`, every key with a prefix is a value of its own; in other fields, all of them are one object.
        `remainders` are maps whose prefixes take only keys that no other field names, as a key or as part of a list.
        `taken` are keys that some field names, of these or of others: they belong to no family.
        """
        self._exact: dict[str, list[_Hit]] = {}
        self._prefixes: list[tuple[str, int, Source]] = []
        self._lists: dict[str, list[tuple[str, int, Source]]] = {}
        self._families: list[tuple[str, int, Source]] = []
        self._maps = frozenset(maps)
        self._remainders = frozenset(remainders)
        self._taken = taken
        self._prepare = prepare
        self._remembered_shape = lru_cache(_SHAPES_MAX)(self._shape)
        self._remembered_key = lru_cache(_KEYS_MAX)(self._find)
        for field, sources in fields.items():
            for rank, source in enumerate(sources):
                if source.form == "prefix":
                    self._prefixes.append((field, rank, source))
                elif source.form == "family":
                    self._families.append((field, rank, source))
                elif source.form == "list":
                    self._lists.setdefault(source.key, []).append((field, rank, source))
                elif source.form == "message":
                    for key, name in source.members.items():
                        self._exact.setdefault(key, []).append((field, rank, source, 0, name))
                else:
                    self._exact.setdefault(source.key, []).append((field, rank, source, -1, ""))
        self._prefix_keys = tuple({source.key for _, _, source in self._prefixes})
        self._family_keys = tuple({source.key for _, _, source in self._families})

    def of(self, attributes: Mapping[str, Any]) -> _Prepared:
        """What was prepared for the keys of these attributes."""
        keys = tuple(attributes)
        return self._remembered_shape(keys) if len(keys) <= _SHAPE_KEYS_MAX else self._shape(keys)

    def _shape(self, keys: tuple[str, ...]) -> _Prepared:
        return self._prepare(keys, self._fields(keys))

    def _fields(self, keys: tuple[str, ...]) -> Picks:
        picks: dict[str, list[tuple[int, Pick]]] = {}
        parts: dict[tuple[str, int], list[tuple[str, int, str]]] = {}
        families = {key.removesuffix(mark) for key in keys for mark in _FAMILY_MARKS if key.endswith(mark)}
        for key in keys:
            for field, rank, source, index, rest in self._hits(key):
                if source.form == "family" and key.removesuffix(source.key) not in families:
                    continue
                if index < 0:
                    picks.setdefault(field, []).append((rank, Pick(source, key, source.is_plain, None)))
                else:
                    _part(picks, parts, field, rank, source, (key, index, rest))
        return {field: _ordered(field, ranked, parts) for field, ranked in picks.items()}

    def _hits(self, key: str) -> tuple[_Hit, ...]:
        """The meanings of one key."""
        return self._remembered_key(key) if len(key) <= _KEY_CHARS_MAX else self._find(key)

    def _find(self, key: str) -> tuple[_Hit, ...]:
        exact = self._exact.get(key, [])
        hits = list(exact)
        numbered = _NUMBERED.fullmatch(key)
        is_named = bool(exact) or (numbered is not None and numbered[1] in self._lists)
        # Few keys have one of the prefixes, or an end of a family, and asking for all of them at once takes a fraction of the
        # time.
        for field, rank, source in self._prefixes if key.startswith(self._prefix_keys) else ():
            if key.startswith(source.key) and not (is_named and field in self._remainders):
                index, rest = (-1, "") if field in self._maps else (0, key[len(source.key) :])
                hits.append((field, rank, source, index, rest))
        if numbered is not None:
            index, rest = int(numbered[2]), numbered[3] or "value"
            hits.extend(
                (field, rank, source, index, rest) for field, rank, source in self._lists.get(numbered[1], ())
            )
        if not hits and key.endswith(self._family_keys) and key not in self._taken:
            hits.extend((*family, -1, "") for family in self._families if key.endswith(family[2].key))
        return tuple(hits)


def _part(
    picks: dict[str, list[tuple[int, Pick]]],
    parts: dict[tuple[str, int], list[tuple[str, int, str]]],
    field: str,
    rank: int,
    source: Source,
    part: tuple[str, int, str],
) -> None:
    """Adds one attribute of a flattened list, or object; all of them together are one pick."""
    already = parts.get((field, rank))
    if already is None:
        already = parts[field, rank] = []
        picks.setdefault(field, []).append((rank, Pick(source, source.key, False, ())))
    already.append(part)


def _ordered(
    field: str, ranked: list[tuple[int, Pick]], parts: dict[tuple[str, int], list[tuple[str, int, str]]]
) -> tuple[Pick, ...]:
    ranked.sort(key=lambda item: item[0])
    return tuple(
        pick if pick.parts is None else pick._replace(parts=tuple(parts[field, rank]))
        for rank, pick in ranked
    )


_tuple = tuple.__new__
"""Makes a named tuple in half the time; every span needs several."""


def candidate_of(pick: Pick, attributes: Mapping[str, Any]) -> Candidate | None:
    """A pick with its value; None if the value is empty."""
    if pick.parts is None:
        value = attributes[pick.key]
        if pick.source.form == "named":
            value = _named(value, attributes)
        if value is None or value == "":
            return None
        return _tuple(Candidate, (pick.source, pick.key, value))
    entries = [
        _tuple(Entry, (index, rest, value))
        for key, index, rest in pick.parts
        if (value := attributes[key]) is not None and value != ""
    ]
    if not entries:
        return None
    is_object = pick.source.form == "prefix"
    return Candidate(
        pick.source, pick.key, {e.rest: parsed(e.value) for e in entries} if is_object else entries
    )


def _named(schema: Any, attributes: Mapping[str, Any]) -> dict[str, Any] | None:
    """The arguments of a function among the attributes: those that a JSON schema names, if a parameter can have that name.

    Whoever calls the result "return" beside them, or sends attributes with points in the same schema, names no argument.
    """
    names = at(parsed(schema), ("properties",))
    if not isinstance(names, dict):
        return None
    found = {
        name: parsed(attributes[name])
        for name in names
        if name in attributes and name.isidentifier() and not iskeyword(name)
    }
    return found or None


def sent_value(candidate: Candidate | Pick, value: Any = None, memo: dict[int, Any] | None = None) -> Any:
    """The value that a candidate points to: taken out of JSON, and in the unit of the field.

    `memo` keeps parsed values by the identity of the text, for the life of one span's attributes.
    """
    source = candidate.source
    if isinstance(candidate, Candidate):
        value = candidate.value
    if source.path is not None:
        if memo is not None and isinstance(value, str):
            whole = memo.get(id(value))
            if whole is None:
                whole = memo[id(value)] = parsed(value)
            value = whole
        value = at(value, source.path)
    if source.scale != 1.0:
        sent = number(value)
        value = None if sent is None else sent * source.scale
    return value


def map_name(pick: Pick) -> str:
    """The name of a value in a map: given by the table, or what follows the prefix."""
    source = pick.source
    return pick.key[len(source.key) :] if source.form == "prefix" else source.name
