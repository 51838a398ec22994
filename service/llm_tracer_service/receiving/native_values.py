"""What JSON cannot say, in native spans: bytes, NaN and infinities. Both ways.

`{"$bytes": BASE64}` are bytes and `{"$double": "NaN"}` is a number (also "Infinity" and "-Infinity"). An object that only
looks like one of these is written `{"$object": {...}}`, so that any value comes back as it was.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from llm_tracer.model.span import Value

from llm_tracer_service.json_values import DEPTH_MAX, encode_json, json_value

_BYTES, _DOUBLE, _OBJECT = "$bytes", "$double", "$object"
_TAGS = frozenset({_BYTES, _DOUBLE, _OBJECT})
NO_NUMBER = b'{"$double":"%s"}'
"""How NaN and infinities are spelled."""

_DOUBLES = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def write(value: Value, depth: int = 0) -> Any:
    """A value as what JSON can say. What is nested deeper than DEPTH_MAX becomes a text of JSON."""
    match value:
        case str() | bool() | int() | None:
            return value
        case float() if math.isfinite(value):
            return value
        case float():
            return {_DOUBLE: "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"}
        case bytes():
            return {_BYTES: base64.b64encode(value).decode()}
        case Mapping() | list() | tuple() if depth >= DEPTH_MAX:
            return encode_json(json_value(value)).decode()
        case Mapping():
            written = write_attributes(value, depth + 1)
            return {_OBJECT: written} if len(written) == 1 and not _TAGS.isdisjoint(written) else written
        case list() | tuple():
            return [write(item, depth + 1) for item in value]
        case _:
            return str(value)


def write_attributes(attributes: Mapping[str, Value], depth: int = 0) -> dict[str, Any]:
    """Attributes as what JSON can say; an object of attributes is itself never taken for a value."""
    return {str(key): write(value, depth) for key, value in attributes.items()}


def may_hold_tags(sent: bytes | msgspec.Raw) -> bool:
    """Whether there may be something to `read` in the JSON of a span."""
    return b'"$' in bytes(sent)


def read(value: Any, is_attributes: bool = False) -> Any:
    """What `write` was given, or with `is_attributes` what `write_attributes` was. What is no tag stays as it is."""
    match value:
        case dict() if is_attributes:
            return {key: read(item) for key, item in value.items()}
        case dict() if len(value) == 1:
            ((tag, inner),) = value.items()
            reader = _READERS.get(tag)
            found = None if reader is None else reader(inner)
            return {tag: read(inner)} if found is None else found
        case dict():
            return {key: read(item) for key, item in value.items()}
        case list():
            return [read(item) for item in value]
        case _:
            return value


def _bytes(inner: Any) -> bytes | None:
    try:
        return base64.b64decode(inner, validate=True) if isinstance(inner, str) else None
    except (binascii.Error, ValueError):
        return None


def _double(inner: Any) -> float | None:
    return _DOUBLES.get(inner) if isinstance(inner, str) else None


def _object(inner: Any) -> dict[str, Any] | None:
    return read(inner, is_attributes=True) if isinstance(inner, dict) else None


_READERS: Mapping[str, Callable[[Any], Any]] = {_BYTES: _bytes, _DOUBLE: _double, _OBJECT: _object}
