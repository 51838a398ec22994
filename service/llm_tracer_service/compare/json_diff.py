"""Compares two JSON values, place by place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal, TypeAlias

from llm_tracer_service.compare.common import Key, common
from llm_tracer_service.conversation.fingerprints import canonical

CHANGES_MAX = 1_000

_PLAIN_NAME = re.compile(r"[A-Za-z_$][\w$]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class JsonChange:
    """A place where two values differ. `path` is its place in the first value, or in the second for what was added; in
    lists the two may have different positions. What was added or removed has None on the other side."""

    path: str
    change: Literal["added", "removed", "changed"]
    a: Any = None
    b: Any = None


@dataclass(frozen=True, slots=True)
class JsonDiff:
    """The changes in order; `complete` is False if there are more than CHANGES_MAX."""

    changes: tuple[JsonChange, ...]
    complete: bool


_Paths: TypeAlias = tuple[str, str]
"""A place in the first value and in the second."""

_Step: TypeAlias = JsonChange | tuple[_Paths, Any, Any]
"""A change that was found, or a place where two values are still to be compared."""


def json_diff(a: Any, b: Any) -> JsonDiff:
    """Where two JSON values differ. The elements of lists are aligned, so that an inserted one is one change."""
    found = tuple(islice(_changes(a, b), CHANGES_MAX + 1))
    return JsonDiff(found[:CHANGES_MAX], len(found) <= CHANGES_MAX)


def _changes(a: Any, b: Any) -> Iterator[JsonChange]:
    stack: list[_Step] = [(("$", "$"), a, b)]
    while stack:
        step = stack.pop()
        if isinstance(step, JsonChange):
            yield step
            continue
        paths, mine, theirs = step
        if isinstance(mine, Mapping) and isinstance(theirs, Mapping):
            stack += reversed([*_in_objects(paths, mine, theirs)])
        elif isinstance(mine, list | tuple) and isinstance(theirs, list | tuple):
            stack += reversed([*_in_lists(paths, mine, theirs)])
        elif type(mine) is not type(theirs) or mine != theirs:
            yield JsonChange(paths[0], "changed", mine, theirs)


def _in_objects(paths: _Paths, a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[_Step]:
    in_a, in_b = paths
    for name, value in a.items():
        step = _named(str(name))
        yield (
            ((in_a + step, in_b + step), value, b[name])
            if name in b
            else JsonChange(in_a + step, "removed", value)
        )
    for name, value in b.items():
        if name not in a:
            yield JsonChange(in_b + _named(str(name)), "added", None, value)


def _in_lists(paths: _Paths, a: Sequence[Any], b: Sequence[Any]) -> Iterator[_Step]:
    in_a, in_b = paths
    keys_a: list[Key] = [(canonical(each).decode(),) for each in a]
    keys_b: list[Key] = [(canonical(each).decode(),) for each in b]
    from_a = from_b = 0
    for at_a, at_b in [*common(keys_a, keys_b), (len(a), len(b))]:
        both = min(at_a - from_a, at_b - from_b)
        for index_a, index_b in zip(range(from_a, from_a + both), range(from_b, from_b + both), strict=True):
            yield (f"{in_a}[{index_a}]", f"{in_b}[{index_b}]"), a[index_a], b[index_b]
        for index in range(from_a + both, at_a):
            yield JsonChange(f"{in_a}[{index}]", "removed", a[index])
        for index in range(from_b + both, at_b):
            yield JsonChange(f"{in_b}[{index}]", "added", None, b[index])
        from_a, from_b = at_a + 1, at_b + 1


def _named(name: str) -> str:
    return f".{name}" if _PLAIN_NAME.fullmatch(name) else f"[{canonical(name).decode()}]"
