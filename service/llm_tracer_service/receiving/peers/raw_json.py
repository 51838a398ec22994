"""Records of JSON whose members are read one by one, and kept as they were written where nothing has to be read. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec
from llm_tracer.model.span import SpanData, Value

from llm_tracer_service.malformed import MalformedBody
from llm_tracer_service.receiving.decoded import Decoded, Rejected, UnusableSpan
from llm_tracer_service.receiving.depth import TOO_DEEP
from llm_tracer_service.receiving.json_text import decode_leniently
from llm_tracer_service.receiving.otlp.records import TIME_MAX
from llm_tracer_service.times import parse_time

Members: TypeAlias = dict[str, bytes]
"""The members of an object by name, each as the text of JSON that it was."""

_raw_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_raw_items = msgspec.json.Decoder(list[msgspec.Raw])
_texts = msgspec.json.Decoder(list[str])
_any = msgspec.json.Decoder(Any)

_INT64 = range(-(2**63), 2**63)


def body_of(body: bytes) -> Members:
    """The members of a body. Raises MalformedBody if it is no object."""
    try:
        return members_of(body)
    except UnusableSpan as fault:
        raise MalformedBody(f"The body is {fault}", "$") from None


def list_of(body: Members, name: str) -> list[bytes]:
    """The records of a body that has them in this member. Raises MalformedBody."""
    if name not in body:
        raise MalformedBody(f"Expected an object with `{name}`", "$")
    try:
        return items_of(body[name])
    except UnusableSpan as fault:
        raise MalformedBody(f"`{name}` is {fault}", f"$.{name}") from None


def decoded_records(body: bytes, name: str, span_of: Callable[[Members], SpanData]) -> Decoded:
    """The spans of the records that a body has in this member. Raises MalformedBody if it can keep none of them; one that
    it cannot keep, for which `span_of` raises UnusableSpan, is in `rejected`."""
    decoded = Decoded()
    for index, item in enumerate(list_of(body_of(body), name)):
        try:
            decoded.spans.append(span_of(members_of(item)))
        except UnusableSpan as fault:
            decoded.rejected.append(Rejected(str(fault), f"$.{name}[{index}]", index))
    if decoded.rejected and not decoded.spans:
        first = decoded.rejected[0]
        raise MalformedBody(f"Nothing of the body can be kept: {first.reason}", first.where)
    return decoded


def members_of(text: bytes) -> Members:
    """The members of an object. Raises UnusableSpan if it is none."""
    return {name: bytes(raw) for name, raw in _decoded(_raw_members, text, "an object").items()}


def items_of(text: bytes) -> list[bytes]:
    """The items of a list. Raises UnusableSpan if it is none."""
    return [bytes(raw) for raw in _decoded(_raw_items, text, "a list")]


def value_of(text: bytes) -> Any:
    """What it says. Raises UnusableSpan if it is no JSON."""
    return _decoded(_any, text, "JSON")


def _decoded(decoder: msgspec.json.Decoder[Any], text: bytes, what: str) -> Any:
    try:
        return decode_leniently(decoder.decode, text)
    except RecursionError:
        raise UnusableSpan(TOO_DEEP) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise UnusableSpan(f"not {what}: {written(text)[:40]!r}") from None


def object_member(members: Mapping[str, bytes], name: str) -> Members:
    """A member that is an object; {} where it is missing or empty. Raises UnusableSpan for anything else."""
    text = members.get(name, b"")
    return {} if is_empty(text) else members_of(text)


def text_member(members: Mapping[str, bytes], name: str) -> str:
    """A member that is a text; "" where it is missing, null or something else."""
    sent = value_of(members[name]) if name in members else None
    return sent if isinstance(sent, str) else ""


def needed_text(members: Mapping[str, bytes], name: str) -> str:
    """A member that must be a text. Raises UnusableSpan."""
    text = text_member(members, name)
    if not text:
        raise UnusableSpan(f"the record has no {name}")
    return text


def time_member(members: Mapping[str, bytes], name: str) -> int | None:
    """A member that is a time of RFC 3339, as nanoseconds since 1970; None where it is missing or no text. Raises
    UnusableSpan."""
    text = text_member(members, name)
    if not text:
        return None
    try:
        found = parse_time(text, 0)
    except ValueError:
        found = 0
    if not 0 < found <= TIME_MAX or text[:1] == "-":
        raise UnusableSpan(f"{name} is no time: {text[:40]!r}")
    return found


def written(text: bytes) -> str:
    """The text of JSON, as it was written."""
    return text.decode("utf-8", "replace")


def attribute(text: bytes) -> Value:
    """A value as an attribute: texts, numbers, truths and lists of texts as such; other lists and objects, and what is beyond
    all numbers, as the text of JSON, as the exporters of OpenTelemetry write them."""
    if text[:1] == b"{":
        return written(text)
    try:
        value = _decoded(_texts, text, "texts") if text[:1] == b"[" else value_of(text)
    except UnusableSpan:
        return written(text)
    return written(text) if isinstance(value, int) and value not in _INT64 else value


def attributes_of(
    prefix: str, members: Mapping[str, bytes], besides: frozenset[str] = frozenset()
) -> dict[str, Value]:
    """The members as attributes whose names begin alike; without those that are null."""
    values = {f"{prefix}{name}": attribute(text) for name, text in members.items() if name not in besides}
    return {name: value for name, value in values.items() if value is not None}


def is_empty(text: bytes) -> bool:
    """Whether nothing is said: null, or an object, a list or a text without content."""
    if len(text) > 4:
        return False
    return text.strip() in (b"", b"null", b'""') or text.translate(None, b" \t\r\n") in (b"{}", b"[]")
