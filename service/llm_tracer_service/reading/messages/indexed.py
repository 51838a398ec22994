"""Lists that were flattened into attribute names: `gen_ai.prompt.3.content`, `llm.tools.0.tool.json_schema`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from llm_tracer_service.reading.lookup import Entry


def unflattened(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """The elements in order of their numbers (10 after 9, gaps closed), dotted names as nested objects."""
    elements: dict[int, dict[str, Any]] = {}
    for entry in entries:
        element = elements.setdefault(entry.number, {})
        _put(element, entry.rest.split(".", 12), entry.value)
    return [_lists(elements[index]) for index in sorted(elements)]


def _put(into: dict[str, Any], path: list[str], value: Any) -> None:
    for name in path[:-1]:
        inner = into.get(name)
        if not isinstance(inner, dict):
            # A value and members under one name ("content" and "content.0"): the members win, the value moves in.
            inner = {} if inner is None else {"value": inner}
            into[name] = inner
        into = inner
    last = path[-1]
    if isinstance(into.get(last), dict):
        into[last]["value"] = value
    else:
        into[last] = value


def _lists(value: dict[str, Any]) -> Any:
    """Turns objects whose names are all numbers into lists."""
    if (
        value
        and next(iter(value)).isdecimal()  # most objects are not lists, as their first name shows
        and all(name.isdecimal() and len(name) <= 18 for name in value)
    ):
        return [_member(value[name]) for name in sorted(value, key=int)]
    return {name: _member(member) for name, member in value.items()}


def _member(value: Any) -> Any:
    return _lists(value) if isinstance(value, dict) else value
