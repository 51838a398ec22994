"""Messages told apart by what they say, not by the ids that they were given."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import msgspec
from llm_tracer.model.reading import Content, Message, Part

from llm_tracer_service.json_values import encode_json, json_value

_IDS = frozenset(("id", "call_id", "origin_index"))
"""Fields of a part that name it. Senders make them anew for the same message."""

_decode = msgspec.json.Decoder().decode
_sorted = msgspec.json.Encoder(order="sorted").encode


def fingerprint(message: Message) -> str:
    """16 hexadecimal digits: of the SHA-256 of the message as canonical JSON, without ids and finish reason.

    Two messages with the same role, name and parts have the same; a field without a value is as if not there.
    """
    return _digest({"role": message.role, "name": message.name, "parts": list(map(_plain, message.parts))})


def fingerprint_of_system(system: Sequence[Part]) -> str | None:
    """Of the system instructions of a call, None where there are none."""
    return _digest({"system": list(map(_plain, system))}) if system else None


def fingerprints(content: Content) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of the input and of the output messages, in their order."""
    return tuple(map(fingerprint, content.input_messages)), tuple(map(fingerprint, content.output_messages))


def canonical(value: Any) -> bytes:
    """A value as JSON with sorted names: equal for values that mean the same. A text that is JSON is what it says."""
    value = json_value(value)
    if isinstance(value, str) and value[:1] in ("{", "["):
        with suppress(msgspec.DecodeError, RecursionError):
            value = json_value(_decode(value))
    return _encoded(value)


def _digest(value: Any) -> str:
    return hashlib.sha256(_encoded(json_value(value))).hexdigest()[:16]


def _encoded(value: Any) -> bytes:
    try:
        return _sorted(value)
    except UnicodeEncodeError:  # halves of surrogate pairs
        return _sorted(_decode(encode_json(value)))


def _plain(part: Part) -> Mapping[str, Any]:
    return {name: value for name, value in part.items() if value is not None and name not in _IDS}
