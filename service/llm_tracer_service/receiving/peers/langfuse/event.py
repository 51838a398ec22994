"""One event of a batch: its envelope and its body, and the ids and times in it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from llm_tracer.model.span import Scope

from llm_tracer_service.receiving.decoded import UnusableSpan
from llm_tracer_service.receiving.depth import TOO_DEEP, is_too_deep
from llm_tracer_service.receiving.otlp.records import check_times
from llm_tracer_service.receiving.peers.ids import trace_id_of
from llm_tracer_service.times import parse_time


@dataclass(frozen=True, slots=True)
class Event:
    """`of` and `action` are the two halves of its type ("span-create"). `scope` is the SDK that sent it."""

    id: str
    of: str
    action: str
    sent_unix_nano: int
    body: Mapping[str, Any]
    scope: Scope

    def text(self, name: str) -> str | None:
        """A member of the body that is a text; None where it is left out or empty. Raises UnusableSpan."""
        value = self.body.get(name)
        if value is None or isinstance(value, str):
            return value or None
        raise UnusableSpan(f"{name} is not a text: {str(value)[:40]!r}")

    def time(self, name: str) -> int | None:
        """A member of the body that is a time, in nanoseconds; None where it is left out. Raises UnusableSpan."""
        sent = self.text(name)
        return None if sent is None else _time(sent, name)

    @property
    def trace_id(self) -> str:
        """The trace that it is about; one that names none is a trace of its own."""
        return trace_id_of(self.text("traceId") or self.text("id") or self.id)


def event_of(sent: Mapping[str, Any], scope: Scope) -> Event:
    """An event from its envelope. Raises UnusableSpan."""
    body, sent_type, id = sent.get("body"), sent.get("type"), sent.get("id")  # noqa: A001
    if not isinstance(body, dict):
        raise UnusableSpan("body is not an object")
    if not isinstance(sent_type, str):
        raise UnusableSpan("type is not a text")
    if not isinstance(id, str) or not id:
        raise UnusableSpan("id is not a text")
    if is_too_deep(body.values()):
        raise UnusableSpan(TOO_DEEP)
    of, _, action = sent_type.partition("-")
    return Event(id, of, action, _time(str(sent.get("timestamp")), "timestamp"), body, scope)


def event_of_score(sent: Any, now_unix_nano: int) -> Event:
    """A score that came without an envelope. Raises UnusableSpan."""
    if not isinstance(sent, dict):
        raise UnusableSpan("the score is not an object")
    if is_too_deep(sent.values()):
        raise UnusableSpan(TOO_DEEP)
    score_id = sent.get("id")
    id = score_id if isinstance(score_id, str) and score_id else secrets.token_hex(16)  # noqa: A001
    event = Event(id, "score", "create", now_unix_nano, sent, Scope("langfuse"))
    return replace(event, sent_unix_nano=event.time("timestamp") or now_unix_nano)


def _time(sent: str, name: str) -> int:
    try:
        if sent[4:5] != "-":  # not relative to now, nor a number in a unit that nobody named
            raise ValueError
        time = parse_time(sent, 0)
    except ValueError:
        raise UnusableSpan(f"{name} is not a time in RFC 3339: {sent[:40]!r}") from None
    return check_times(time, 0) or time
