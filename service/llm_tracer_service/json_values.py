"""Any stored value, as valid JSON."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from typing import Any

import msgspec

DEPTH_MAX = 200
"""How many lists and objects may lie within each other in what is sent, answered and exported. In place of what lies deeper,
an answer says so."""

_encode = msgspec.json.Encoder().encode


def json_value(value: Any, depth: int = 0) -> Any:
    """The value, with what JSON cannot express in another form: bytes as {"$bytes": base64}, NaN and infinities as text.

    Numbers, texts, lists and objects stay as they are; keys that are not text become text.
    """
    # The types that JSON decodes to come first, compared exactly: a value of 20 MB holds a million of them, and `match`
    # would ask of each whether it is any kind of Mapping (100,000 rows of 6 values: 1.1 s, and 0.7 s like this).
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if kind is dict and depth < DEPTH_MAX:
        return {
            str(key): inner if type(inner) in _AS_THEY_ARE else json_value(inner, depth + 1)
            for key, inner in value.items()
        }
    if kind is list and depth < DEPTH_MAX:
        return [inner if type(inner) in _AS_THEY_ARE else json_value(inner, depth + 1) for inner in value]
    match value:
        case str() | bool() | int() | None:
            return value
        case float():
            return value if math.isfinite(value) else _NAMES_OF_FLOATS.get(value, "NaN")
        case bytes():
            return {"$bytes": base64.b64encode(value).decode()}
        case Mapping() if depth < DEPTH_MAX:
            return {str(key): json_value(inner, depth + 1) for key, inner in value.items()}
        case list() | tuple() if depth < DEPTH_MAX:
            return [json_value(inner, depth + 1) for inner in value]
        case Mapping() | list() | tuple():
            return f"(nested deeper than {DEPTH_MAX} levels)"
        case _:
            return str(value)


_AS_THEY_ARE = frozenset({str, bool, int, type(None)})
_NAMES_OF_FLOATS = {math.inf: "Infinity", -math.inf: "-Infinity"}


def encode_json(value: Any) -> bytes:
    """JSON in UTF-8. Lone surrogates, which UTF-8 does not have, become U+FFFD."""
    try:
        return _encode(value)
    except UnicodeEncodeError:
        return _encode(_without_surrogates(msgspec.to_builtins(value)))


def _without_surrogates(value: Any) -> Any:
    match value:
        case str():
            return value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        case dict():
            return {_without_surrogates(key): _without_surrogates(inner) for key, inner in value.items()}
        case list():
            return [_without_surrogates(inner) for inner in value]
        case _:
            return value
