"""What the records of other products have in common: JSON objects whose members become attributes as they were written. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import msgspec
from llm_tracer.model.span import Value

from llm_tracer_service.receiving.decoded import MalformedBody, UnusableSpan
from llm_tracer_service.receiving.formats import members_of
from llm_tracer_service.receiving.json_text import repaired
from llm_tracer_service.receiving.otlp.records import TIME_MAX
from llm_tracer_service.times import parse_time

Members: TypeAlias = Mapping[str, msgspec.Raw]
"""A JSON object whose members are not read yet: what is only passed on, stays as it was written."""

_texts = msgspec.json.Decoder(list[str]).decode
_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def body_of(body: bytes) -> Members:
    """The members of a body. Raises MalformedBody."""
    try:
        try:
            return members_of(body)
        except msgspec.ValidationError:
            raise
        except (msgspec.DecodeError, UnicodeDecodeError):
            return members_of(repaired(body))
    except msgspec.ValidationError as fault:
        raise MalformedBody(f"Expected a JSON object: {fault}", "$") from None
    except _FAULTS as fault:
        raise MalformedBody(f"The body is not JSON: {fault}") from None


def list_of(body: Members, name: str) -> list[msgspec.Raw]:
    """The records of a body that has them in this member. Raises MalformedBody."""
    if name not in body:
        raise MalformedBody(f"Expected an object with `{name}`", "$")
    try:
        return _list(body[name])
    except _FAULTS:
        raise MalformedBody("Expected a list of records", f"$.{name}") from None


def object_of(record: bytes | msgspec.Raw, what: str = "the record") -> Members:
    """The members of a record. Raises UnusableSpan."""
    try:
        return members_of(record)
    except _FAULTS:
        raise UnusableSpan(f"{what} is no object") from None


def text_of(members: Members, name: str) -> str | None:
    """A member that is a text; None where it is absent, null or something else."""
    value = value_of(members[name]) if name in members else None
    return value if isinstance(value, str) else None


def needed_text(members: Members, name: str) -> str:
    """A member that must be a text. Raises UnusableSpan."""
    text = text_of(members, name)
    if not text:
        raise UnusableSpan(f"the record has no {name}")
    return text


def time_of(members: Members, name: str) -> int | None:
    """A member that is a time of RFC 3339, as nanoseconds since 1970; None where it is absent or null. Raises UnusableSpan."""
    text = text_of(members, name)
    if text is None:
        return None
    try:
        found = parse_time(text, 0)
    except ValueError:
        found = 0
    if not 0 < found <= TIME_MAX or text[:1] == "-":
        raise UnusableSpan(f"{name} is no time: {text[:40]!r}")
    return found


def value_of(sent: msgspec.Raw) -> Value:
    """What a member becomes as an attribute: texts, numbers and lists of texts as they are, other lists and objects as the text
    of their JSON, as the exporters of OpenTelemetry write them."""
    start = bytes(memoryview(sent)[:1])
    if start == b"{":
        return _spelled(sent)
    if start == b"[":
        try:
            return _texts(sent)
        except _FAULTS:
            return _spelled(sent)
    return _scalar(sent)


def attributes_of(prefix: str, members: Members, besides: frozenset[str] = frozenset()) -> dict[str, Value]:
    """The members as attributes whose names begin alike; without those that are null."""
    values = {f"{prefix}{name}": value_of(sent) for name, sent in members.items() if name not in besides}
    return {name: value for name, value in values.items() if value is not None}


def _scalar(sent: msgspec.Raw) -> Any:
    """A number that the stores cannot hold is the text that was sent."""
    try:
        value = msgspec.json.decode(sent)
    except _FAULTS:
        return _spelled(sent)
    return _spelled(sent) if type(value) is int and not -(2**63) <= value < 2**63 else value


def _spelled(sent: msgspec.Raw) -> str:
    return bytes(sent).decode("utf-8", "replace")
