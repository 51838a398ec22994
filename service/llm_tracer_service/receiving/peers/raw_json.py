"""Records of JSON whose members are read one by one, and kept as they were written where nothing has to be read."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, TypeAlias

import msgspec
from llm_tracer.model.span import Value

from llm_tracer_service.receiving.decoded import UnusableSpan
from llm_tracer_service.receiving.depth import TOO_DEEP
from llm_tracer_service.receiving.json_text import repaired

Members: TypeAlias = dict[str, bytes]
"""The members of an object by name, each as the text of JSON that it was."""

_raw_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_raw_items = msgspec.json.Decoder(list[msgspec.Raw])

_INT64 = range(-(2**63), 2**63)


def members_of(text: bytes) -> Members:
    """The members of an object. Raises UnusableSpan if it is none."""
    return {name: bytes(raw) for name, raw in _decoded(_raw_members, text, "an object").items()}


def items_of(text: bytes) -> list[bytes]:
    """The items of a list. Raises UnusableSpan if it is none."""
    return [bytes(raw) for raw in _decoded(_raw_items, text, "a list")]


def value_of(text: bytes) -> Any:
    """What it says. Raises UnusableSpan if it is no JSON."""
    return _decoded(_any, text, "JSON")


_any = msgspec.json.Decoder(Any)


def _decoded(decoder: msgspec.json.Decoder[Any], text: bytes, what: str) -> Any:
    try:
        try:
            return decoder.decode(text)
        except msgspec.ValidationError:
            raise
        except (msgspec.DecodeError, UnicodeDecodeError):
            return decoder.decode(repaired(text))
    except RecursionError:
        raise UnusableSpan(TOO_DEEP) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise UnusableSpan(f"not {what}: {written(text)[:40]!r}") from None


def text_member(members: Mapping[str, bytes], name: str) -> str:
    """A member that is a text; "" where it is missing, null or something else."""
    sent = value_of(members[name]) if name in members else None
    return sent if isinstance(sent, str) else ""


def written(text: bytes) -> str:
    """The text of JSON, as it was written."""
    return text.decode("utf-8", "replace")


def attribute(text: bytes) -> Value:
    """A value as an attribute: texts, numbers and truths as such; lists and objects, and what is beyond all numbers, as the
    text of JSON."""
    if text[:1] not in b"[{":
        with suppress(UnusableSpan):
            value = value_of(text)
            if not isinstance(value, int) or value in _INT64:
                return value
    return written(text)


def is_empty(text: bytes) -> bool:
    """Whether nothing is said: null, or an object, a list or a text without content."""
    return len(text) < 5 and text.translate(None, b" \t\r\n") in (b"", b"null", b"{}", b"[]", b'""')
