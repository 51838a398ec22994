"""Tells messages apart by what they say, regardless of their ids."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import msgspec
from llm_tracer.model.reading import Content, Message, Part

from llm_tracer_service.json_values import encode_json, json_value

IDS_OF_PARTS = frozenset(("id", "call_id", "origin_index"))
"""The fields of a part that identify it. Senders make new ones for the same message."""

_decode = msgspec.json.Decoder().decode
_sorted = msgspec.json.Encoder(order="sorted").encode


def fingerprint(message: Message) -> str:
    """16 hexadecimal digits of the SHA-256 of the message as canonical JSON, without ids and finish reason.

    It is equal for messages with the same role, name and parts. A field without a value counts as missing.
    """
    return _digest({"role": message.role, "name": message.name, "parts": list(map(_plain, message.parts))})


def fingerprint_of_system(system: Sequence[Part]) -> str | None:
    """The fingerprint of the system instructions of a call; None if it has none."""
    return _digest({"system": list(map(_plain, system))}) if system else None


def fingerprints(content: Content) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The fingerprints of the input messages and of the output messages, in their order."""
    return tuple(map(fingerprint, content.input_messages)), tuple(map(fingerprint, content.output_messages))


def canonical(value: Any) -> bytes:
    """A value as JSON with sorted names, equal for equal values. A text that is JSON counts as what it contains."""
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
    except UnicodeEncodeError:  # lone surrogates
        return _sorted(_decode(encode_json(value)))


def _plain(part: Part) -> Mapping[str, Any]:
    return {name: value for name, value in part.items() if value is not None and name not in IDS_OF_PARTS}
