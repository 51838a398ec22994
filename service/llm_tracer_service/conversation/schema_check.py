"""Whether a value fits a JSON schema, as far as tool definitions and formats of answers use it.

It checks `type`, `enum`, `const`, `properties`, `required`, `additionalProperties: false`, `items`, `anyOf`, `oneOf`,
`allOf` and local `$ref`s, and ignores everything else in a schema. Everything fits an invalid schema.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

PROBLEMS_MAX = 5
_DEPTH_MAX = 32
_ITEMS_MAX = 1_000
_NAMES_SHOWN = 5


def misfits(value: Any, schema: Any) -> list[str]:
    """What does not fit, at most five problems, each with its place: "`order.id`: a number, not a string"."""
    return list(islice(_misfits(value, schema, "", schema, 0), PROBLEMS_MAX))


def _misfits(value: Any, schema: Any, place: str, whole: Any, depth: int) -> Iterator[str]:
    schema = _resolved(schema, whole)
    if not isinstance(schema, Mapping) or depth > _DEPTH_MAX:
        return
    allowed = schema.get("enum")
    if isinstance(allowed, list) and value not in allowed:
        yield f"{_at(place)}{_shown(value)} is not one of {_listed(allowed)}"
    if "const" in schema and value != schema["const"]:
        yield f"{_at(place)}{_shown(value)} is not {_shown(schema['const'])}"
    wanted = _types(schema)
    if wanted and not any(_is(value, name) for name in wanted):
        yield f"{_at(place)}{_broken_json(value) or _type_of(value)}, not {' or '.join(wanted)}"
        return
    for several in ("anyOf", "oneOf"):
        choices = schema.get(several)
        if isinstance(choices, list) and choices and all(_fails(value, c, whole, depth) for c in choices):
            yield f"{_at(place)}matches none of the {len(choices)} alternatives"
    for each in schema["allOf"] if isinstance(schema.get("allOf"), list) else ():
        yield from _misfits(value, each, place, whole, depth + 1)
    if isinstance(value, Mapping):
        yield from _members(value, schema, place, whole, depth)
    elif isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        for index, item in enumerate(value[:_ITEMS_MAX]):
            yield from _misfits(item, schema["items"], f"{place}[{index}]", whole, depth + 1)


def _broken_json(value: Any) -> str | None:
    """Where a text that was to be JSON is not: of a model that ran out of tokens, or forgot a quote. None of other values."""
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return None
    try:
        json.loads(value)
    except json.JSONDecodeError as error:
        breaks_off = error.pos >= len(value.rstrip())
        return "truncated JSON" if breaks_off else f"invalid JSON at character {error.pos + 1:,}"
    except RecursionError:
        pass
    return None


def _members(
    value: Mapping[str, Any], schema: Mapping[str, Any], place: str, whole: Any, depth: int
) -> Iterator[str]:
    properties = schema.get("properties")
    properties = properties if isinstance(properties, Mapping) else {}
    required = schema.get("required")
    for name in required if isinstance(required, list) else ():
        if isinstance(name, str) and name not in value:
            yield f"{_at(place)}`{name}` is missing"
    for name, member in value.items():
        if name in properties:
            yield from _misfits(
                member, properties[name], f"{place}.{name}" if place else name, whole, depth + 1
            )
        elif schema.get("additionalProperties") is False:
            yield f"{_at(place)}`{name}` is not in the schema"


def _fails(value: Any, schema: Any, whole: Any, depth: int) -> bool:
    return next(_misfits(value, schema, "", whole, depth + 1), None) is not None


def _resolved(schema: Any, whole: Any) -> Any:
    """The schema that local references lead to; None if they lead nowhere or in a circle."""
    for _ in range(_DEPTH_MAX):
        reference = schema.get("$ref") if isinstance(schema, Mapping) else None
        if not isinstance(reference, str):
            return schema
        if not reference.startswith("#"):
            return None
        schema = whole
        for name in filter(None, reference[1:].split("/")):
            name = name.replace("~1", "/").replace("~0", "~")
            schema = schema.get(name) if isinstance(schema, Mapping) else None
    return None


_CHECKS: Mapping[str, Any] = {
    "object": lambda value: isinstance(value, Mapping),
    "array": lambda value: isinstance(value, list | tuple),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "integer": lambda value: _number(value) and float(value).is_integer(),
    "number": lambda value: _number(value),
}


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _types(schema: Mapping[str, Any]) -> list[str]:
    """The types that a schema allows, in lower case (Gemini writes STRING); none if it names no known ones."""
    sent = schema.get("type")
    names = [name.lower() for name in (sent if isinstance(sent, list) else [sent]) if isinstance(name, str)]
    if names and schema.get("nullable") is True:
        names.append("null")
    return names if all(name in _CHECKS for name in names) else []


def _is(value: Any, name: str) -> bool:
    try:
        return bool(_CHECKS[name](value))
    except OverflowError:  # an integer beyond the range of floats
        return True


def _type_of(value: Any) -> str:
    return next(
        (name for name in ("null", "boolean", "integer", *_CHECKS) if _is(value, name)), "something else"
    )


def _at(place: str) -> str:
    return f"`{place}`: " if place else ""


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _listed(values: list[Any]) -> str:
    shown = ", ".join(map(_shown, values[:_NAMES_SHOWN]))
    return f"{shown} and {len(values) - _NAMES_SHOWN} more" if len(values) > _NAMES_SHOWN else shown
