"""MessagePack that loses nothing: Python values come back exactly as they were.

Bytes stay bytes, 1.0 stays a float and NaN stays NaN. MessagePack cannot express two things: text with lone surrogates
(JSON allows `"\\ud800"`) and integers beyond 64 bits. A value that contains one is encoded again as a whole, with these
escaped, and its leading byte says so; all other values take the fast way.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any, Generic, TypeVar

import msgspec

from llm_tracer_service.store.base import StoreError

T = TypeVar("T")

_PLAIN = b"\x01"
_SPELLED_OUT = b"\x02"
_INTEGER = 1
_ESCAPED = "\0"
"""Begins a text written with Python's escapes. It has to be a text: keys of dictionaries cannot be extensions."""

_encode = msgspec.msgpack.Encoder().encode


def dump(value: object) -> bytes:
    """A value of builtins and dataclasses as bytes. Raises StoreError if it is nested too deeply to be encoded."""
    try:
        return _PLAIN + _encode(value)
    except (UnicodeEncodeError, OverflowError):
        return _SPELLED_OUT + _encode(_spell_out(value))
    except RecursionError:
        raise StoreError("A value is nested too deeply.", "Send it as JSON text.") from None


class Loader(Generic[T]):
    """Reads what `dump` wrote as a value of one type. Raises msgspec.DecodeError for anything else."""

    def __init__(self, type: Any) -> None:  # noqa: A002
        self._type = type
        self._decode = msgspec.msgpack.Decoder(type).decode

    def __call__(self, data: bytes) -> T:
        content = memoryview(data)[1:]
        if data[:1] == _PLAIN:
            return self._decode(content)  # type: ignore[no-any-return]
        if data[:1] == _SPELLED_OUT:
            # A typed decoder accepts no extension for an int: decode to builtins first, then convert.
            value = msgspec.msgpack.decode(content, ext_hook=_integer)
            return msgspec.convert(_restore(value), self._type)  # type: ignore[no-any-return]
        raise msgspec.DecodeError(f"Unknown format {data[:1]!r}.")


def _spell_out(value: Any) -> Any:
    if isinstance(value, str):
        return _ESCAPED + value.encode("unicode_escape").decode() if _needs_escape(value) else value
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return msgspec.msgpack.Ext(_INTEGER, b"%x" % value)
    if isinstance(value, dict):
        return {_spell_out(key): _spell_out(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_spell_out(part) for part in value]
    if is_dataclass(value):
        return {field.name: _spell_out(getattr(value, field.name)) for field in fields(value)}
    return value


def _needs_escape(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return text.startswith(_ESCAPED)


def _restore(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_ESCAPED):
        return value.removeprefix(_ESCAPED).encode().decode("unicode_escape")
    if isinstance(value, dict):
        return {_restore(key): _restore(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_restore(part) for part in value]
    return value


def _integer(code: int, data: memoryview) -> int:
    if code != _INTEGER:
        raise msgspec.DecodeError(f"Unknown extension {code}.")
    return int(bytes(data), 16)
