"""Sent values as the types that the canonical fields have. None is "not this type": the next key is then asked."""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Iterator
from typing import Any

import msgspec
from llm_tracer.model.span import Value

_decode = msgspec.json.Decoder().decode
NUMBER_MAX = 10**15
"""Larger numbers are no tokens, ports or dollars: they are not taken."""

NOTHING = ("null", "None", "undefined")
"""What JSON, Python and JavaScript print where there is nothing."""

_INDENT_MAX = 64
"""How far into a text its first letter is looked for, which tells whether it may be JSON."""

_PYTHON_CHARS_MAX = 4_000
_DEPTH_MAX = 100
"""How deep values are walked. Deeper ones are kept and shown, but nothing is looked for in them."""


def parsed(value: Value) -> Any:
    """The value of JSON in a string (semconv.md rule 2.4); anything else, and broken JSON, as it is."""
    if not isinstance(value, str):
        return value
    first = value[:1]
    if first.isspace():
        first = value[:_INDENT_MAX].lstrip()[:1]
    if not first or first not in '{["':
        return value
    try:
        return _decode(value)
    except (msgspec.DecodeError, UnicodeError):
        return _parsed_leniently(value)
    except RecursionError:
        return value


def _parsed_leniently(value: str) -> Any:
    # Python's json writes NaN and Infinity, which are not JSON; only its own reader takes them.
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
    """A finite number of 0 or more; text that says one is taken."""
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
    """True or False, in words too."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False, "1": True, "0": False}.get(str(value).lower()[:8])


def texts(value: Value) -> list[str] | None:
    """A list of texts: an array, a JSON array, comma separated text, or one text."""
    value = parsed(value)
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",")]
    if not isinstance(value, list | tuple):
        return None
    found = [item for item in map(text, value) if item is not None]
    return found or None


def untyped(value: Any) -> Any:
    """The value inside LangWatch's note of its type: {"type": "chat_messages", "value": [...]}. Others as they are."""
    if isinstance(value, dict) and value.keys() == {"type", "value"} and value["type"] in _TYPES:
        return parsed(value["value"])
    return value


_TYPES = ("text", "json", "list", "chat_messages")


def mapping(value: Value) -> dict[str, Any] | None:
    """An object that is not empty, or the JSON of one."""
    value = parsed(value)
    return value if isinstance(value, dict) and value else None


def python_mapping(value: Value) -> dict[str, Any] | None:
    """An object that is not empty, from the text that Python prints of one: LiteLLM writes its usage so."""
    found = python_literal(value) if isinstance(value, str) and value.startswith("{'") else None
    return found if isinstance(found, dict) else None


def python_literal(text: str) -> Any:
    """The value of the text that Python prints of one; None where it is none, or longer than 4,000 characters."""
    if len(text) > _PYTHON_CHARS_MAX:
        return None
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None


def at(value: Value, path: tuple[str, ...]) -> Value:
    """The member of (JSON) `value` at a path; None where it is missing. A number in a path picks from a list."""
    value = parsed(value)
    if isinstance(value, str) and path:
        value = python_mapping(value)  # LiteLLM's proxy writes what it was sent so
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
"""What libraries write around the arguments of a call: which member holds them, and the members that may be there.
Python's decorators, LlamaIndex, DSPy, smolagents; OpenLLMetry for MCP; OpenLLMetry for LangChain."""

_SIGNS = {"arguments": frozenset(("tool_name",)), "inputs": frozenset(("input_str",))}
"""Without one of these it is no wrapper: a tool may have a parameter of that name."""


def keyword_arguments(value: Any) -> Any:
    """The arguments of a call without what a library wrote around them; positional ones are kept as they are."""
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
