"""Sent values as the types of the canonical fields. None means "not this type", and the next key is tried."""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from llm_tracer.model.span import Value

_decode = msgspec.json.Decoder().decode
NUMBER_MAX = 10**15
"""Larger numbers are not tokens, ports or dollars, and are ignored."""

NOTHING = ("null", "None", "undefined")
"""What JSON, Python and JavaScript print for nothing."""

_INDENT_MAX = 64
"""How far into a text its first letter is looked for, which shows whether it may be JSON."""

_PYTHON_CHARS_MAX = 4_000
_DEPTH_MAX = 100
"""How deep values are walked. Deeper ones are kept and shown, but not searched."""


def without_empty(attributes: Mapping[str, Value]) -> Mapping[str, Value]:
    """The attributes that say something: a null or an empty text means the same as no attribute at all."""
    sent = attributes.values()
    # Asking whether all are true takes a third of the time, and hardly any span has more than zeros that are not.
    if all(sent) or (None not in sent and "" not in sent):
        return attributes
    return {key: value for key, value in attributes.items() if value is not None and value != ""}


def parsed(value: Value) -> Any:
    """The value of JSON in a string; anything else, and broken JSON, as it is."""
    if not isinstance(value, str) or not may_be_json(value):
        return value
    try:
        return _decode(value)
    except (msgspec.DecodeError, UnicodeError):
        return _parsed_leniently(value)
    except RecursionError:
        return value


def may_be_json(text: str) -> bool:
    """Whether a text begins as the JSON of an object, a list or a text does."""
    first = text[:1]
    if first.isspace():
        first = text[:_INDENT_MAX].lstrip()[:1]
    return first != "" and first in '{["'


def _parsed_leniently(value: str) -> Any:
    # Python's json writes NaN and Infinity, which are not JSON; only its own parser accepts them.
    if "NaN" not in value and "Infinity" not in value:
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def text(value: Value) -> str | None:
    """A text that is not empty; numbers are written out."""
    if isinstance(value, str):
        return value if value and not value.isspace() else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return str(value)


def number(value: Value) -> float | None:
    """A finite number of 0 or more, also as text."""
    if isinstance(value, str):
        try:
            value = float(value) if len(value) <= 40 else math.nan
        except ValueError:
            return None
    elif isinstance(value, dict) and len(value) == 1:
        # Vercel's provider metadata may hold OTLP's own form: {"intValue": 5}.
        ((name, value),) = value.items()
        return number(value) if name in ("intValue", "doubleValue") else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if 0 <= value <= NUMBER_MAX else None


def integer(value: Value) -> int | None:
    """A whole number of 0 or more."""
    if type(value) is int:
        return value if 0 <= value <= NUMBER_MAX else None
    found = number(value)
    return int(found) if found is not None and found == int(found) else None


def boolean(value: Value) -> bool | None:
    """True or False, also in words."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False, "1": True, "0": False}.get(str(value).lower()[:8])


def texts(value: Value) -> list[str] | None:
    """A list of texts: an array, a JSON array, one that Python printed, comma separated text, or one text."""
    value = parsed(value)
    if isinstance(value, str) and value.startswith("['"):
        value = python_literal(value) or value
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",")]
    if not isinstance(value, list | tuple):
        return None
    found = [item for item in map(text, value) if item is not None]
    return found or None


def untyped(value: Any) -> Any:
    """The value inside LangWatch's type note: {"type": "chat_messages", "value": [...]}. Other values as they are."""
    if isinstance(value, dict) and value.keys() == {"type", "value"} and value["type"] in _TYPES:
        return parsed(value["value"])
    return value


_TYPES = ("text", "json", "list", "chat_messages")


def mapping(value: Value) -> dict[str, Any] | None:
    """An object that is not empty, or the JSON of one."""
    value = parsed(value)
    return value if isinstance(value, dict) and value else None


def python_mapping(value: Value) -> dict[str, Any] | None:
    """A non-empty object, from the text that Python prints for one, as LiteLLM writes its usage."""
    found = python_literal(value) if isinstance(value, str) and value.startswith("{'") else None
    return found if isinstance(found, dict) else None


def python_literal(text: str) -> Any:
    """The value that a text printed by Python stands for; None if it is none, or longer than 4,000 characters."""
    if len(text) > _PYTHON_CHARS_MAX:
        return None
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None


def at(value: Value, path: tuple[str, ...]) -> Value:
    """The member of (JSON) `value` at a path; None if it is missing. A number in a path picks from a list."""
    value = parsed(value)
    if isinstance(value, str) and path:
        value = python_mapping(value)  # how LiteLLM's proxy writes what it was sent
    for name in path:
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.lstrip("-").isdecimal():
            try:
                value = value[int(name)]
            except IndexError:
                return None
        else:
            return None
        value = parsed(value) if isinstance(value, str) else value
    return value


_ARGUMENTS = {
    "kwargs": frozenset(("args", "kwargs", "sanitize_inputs_outputs")),
    "arguments": frozenset(("tool_name", "arguments")),
    "inputs": frozenset(("input_str", "inputs", "tags", "metadata", "kwargs")),
}
"""The wrappers that libraries put around the arguments of a call: the member that holds them, and all members there may be.
From Python's decorators, LlamaIndex, DSPy and smolagents; OpenLLMetry for MCP; OpenLLMetry for LangChain."""

_SIGNS = {"arguments": frozenset(("tool_name",)), "inputs": frozenset(("input_str",))}
"""Without one of these members it is no wrapper: a tool may have a parameter of that name."""


def keyword_arguments(value: Any) -> Any:
    """The arguments of a call, without a library's wrapper; positional ones are kept as they are."""
    if not isinstance(value, dict) or value.get("args"):
        return value
    for name, members in _ARGUMENTS.items():
        inner = value.get(name)
        if isinstance(inner, dict) and value.keys() <= members and value.keys() & _SIGNS.get(name, members):
            return inner
    return value


def leaves(value: Any) -> Iterator[str]:
    """Every text in a value, depth first, JSON strings decoded."""
    stack = [(value, 0)]
    while stack:
        item, depth = stack.pop()
        if depth > _DEPTH_MAX:
            continue
        if isinstance(item, str):
            decoded = parsed(item) if depth < 8 else item
            if isinstance(decoded, str):
                if decoded:
                    yield decoded
            else:
                stack.append((decoded, depth + 1))
        elif isinstance(item, dict):
            stack.extend((member, depth + 1) for member in reversed(list(item.values())))
        elif isinstance(item, list | tuple):
            stack.extend((member, depth + 1) for member in reversed(item))


def compact(value: Any) -> str:
    """A value as one text: text itself, anything else as compact JSON."""
    if isinstance(value, str):
        return value
    try:
        return msgspec.json.encode(value).decode("utf-8", "replace")
    except (TypeError, ValueError, OverflowError, RecursionError):
        return _shallow(value)


def _shallow(value: Any) -> str:
    return f"({type(value).__name__})"
