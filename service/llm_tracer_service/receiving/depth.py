"""How deep values may be nested. What is read back takes several calls a level, and Python has a thousand."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from llm_tracer_service.json_values import DEPTH_MAX

TOO_DEEP = f"values nested deeper than {DEPTH_MAX} levels"

_NESTING = frozenset({dict, list})


def is_flat(values: Collection[Any]) -> bool:
    """Whether none of the values is a list or an object. 0.5 µs for the attributes of a usual span."""
    return _NESTING.isdisjoint(map(type, values))


def is_too_deep(values: Collection[Any]) -> bool:
    """Whether one of the values is nested deeper than answers and exports write it. A text of JSON is one value, however deep
    it is."""
    level = values
    for _ in range(DEPTH_MAX + 1):
        if is_flat(level):
            return False
        level = [
            inner
            for value in level
            if type(value) in _NESTING
            for inner in (value.values() if type(value) is dict else value)
        ]
    return True
