"""What the logs of all programs become: the spans of one turn, which is a prompt and all that followed until the next.

Ids are made of the log's own, so the same log gives the same spans, and a longer one adds to them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypeAlias

import msgspec
from llm_tracer.model.span import Resource, Scope, SpanData, StatusCode

START_SOURCE = "llm_tracer.start_time.source"
"""The attribute that says where a start comes from which the log does not hold: the time of the latest input."""

INTERRUPTED = "interrupted"
REJECTED = "rejected"
HOOK_REFUSED = "hook_refused"
TOOL_ERROR = "tool_error"
"""Types of errors that are called alike for every program."""

More: TypeAlias = Mapping[str, Any] | None
"""Further attributes; those that are None are left out."""

_SCOPE = Scope("llm-tracer.session-logs")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


Report: TypeAlias = Callable[[int, str], None]
"""Takes the lines that cannot be read: which, and why."""


class BadRecord(ValueError):
    """A line of a log that is no record of it."""


@contextmanager
def reported(line: int, program: str, report: Report) -> Iterator[None]:
    """Reports the line that the block reads if it is no record of the program."""
    try:
        yield
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, BadRecord) as fault:
        report(line, f"This is not a record of {program}: {fault}.")


class Failure(NamedTuple):
    """Why a span failed."""

    type: str
    message: str


@dataclass(frozen=True, slots=True)
class Session:
    """What the spans of a session share. `program` names the service, `agent` is for people."""

    program: str
    agent: str
    id: str
    version: str | None = None


class LoggedSpan(NamedTuple):
    """A span, and the number of the line of the log that it begins with."""

    line: int
    span: SpanData


def hashed_id(digits: int, *parts: str) -> str:
    """An id of so many hexadecimal digits, made of texts."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:digits]


def unix_nano(timestamp: str) -> int:
    """A time as the logs write it, `2026-11-23T14:00:00.123Z`, as nanoseconds since 1970. Raises BadRecord."""
    try:
        moment = datetime.fromisoformat(timestamp)
    except ValueError:
        raise BadRecord(f"its timestamp is not a time: {timestamp[:40]!r}") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    found = (moment - _EPOCH) // timedelta(microseconds=1) * 1000
    if not 0 < found < 2**63:
        raise BadRecord(f"its timestamp is no time of a program: {timestamp[:40]!r}")
    return found


@dataclass(slots=True)
class Turn:
    """The spans of one trace, made one after another; in the end the root is the first.

    `key` is the log's own id of the turn, for all ids to be made of. Ends are None while something runs.
    """

    session: Session
    key: str
    spans: list[LoggedSpan] = field(default_factory=list)

    def id_of(self, *parts: str) -> str:
        """The id of the span that the log knows by these texts."""
        return hashed_id(16, self.session.program, self.key, *parts)

    def agent(
        self, line: int, span_id: str, parent_id: str | None, start: int, end: int | None, *,
        name: str, given: Any, answered: Any, failure: Failure | None = None, attributes: More = None, at: int = 0,
    ) -> None:  # fmt: skip
        """An agent at work: the whole turn, or a sub-agent. `given` and `answered` are texts or content blocks. Its own spans are
        there already, from the index `at` on: only then is it known how it ended."""
        self._add(
            line, span_id, parent_id, f"invoke_agent {name}", start, end, failure,
            {
                "llm_tracer.span.kind": "agent", "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": name,
                "llm_tracer.input": given, "llm_tracer.output": answered, **(attributes or {}),
            },
            at,
        )  # fmt: skip

    def call(
        self, line: int, span_id: str, parent_id: str, start: int, end: int, *,
        model: str | None, given: list[Any], answered: list[Any], failure: Failure | None = None, attributes: More = None,
    ) -> None:  # fmt: skip
        """A model call; `given` are the messages that are new since the call before. No log holds its start.

        `model` is for its name; an attribute says whether it is the one that was asked or that answered.
        """
        self._add(
            line, span_id, parent_id, f"chat {model}" if model else "chat", min(start, end), end, failure,
            {
                "llm_tracer.span.kind": "llm", "gen_ai.operation.name": "chat",
                "llm_tracer.input.new_messages": given or None, "gen_ai.output.messages": answered or None,
                START_SOURCE: "latest input", **(attributes or {}),
            },
        )  # fmt: skip

    def tool(
        self, line: int, span_id: str, parent_id: str, start: int, end: int | None, *,
        name: str, call_id: str, arguments: Any, result: Any = None, failure: Failure | None = None, attributes: More = None,
    ) -> None:  # fmt: skip
        """A tool at work, from its call to its result."""
        self._add(
            line, span_id, parent_id, f"execute_tool {name}", start, end, failure,
            {
                "llm_tracer.span.kind": "tool", "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name,
                "gen_ai.tool.call.id": call_id, "gen_ai.tool.call.arguments": arguments,
                "gen_ai.tool.call.result": result, **(attributes or {}),
            },
        )  # fmt: skip

    def step(
        self, line: int, span_id: str, parent_id: str, start: int, end: int, *,
        kind: str, name: str, answered: Any = None, failure: Failure | None = None, attributes: More = None,
    ) -> None:  # fmt: skip
        """Something else that happened: a compaction, an interruption, a hook that refused."""
        self._add(
            line, span_id, parent_id, name, min(start, end), end, failure,
            {"llm_tracer.span.kind": kind, "llm_tracer.output": answered, **(attributes or {})},
        )  # fmt: skip

    def _add(
        self, line: int, span_id: str, parent_id: str | None, name: str, start: int, end: int | None,
        failure: Failure | None, attributes: Mapping[str, Any], at: int | None = None,
    ) -> None:  # fmt: skip
        code: StatusCode = "unset" if failure is None else "error"
        told = {key: value for key, value in attributes.items() if value is not None}
        told["gen_ai.conversation.id"] = self.session.id
        if failure is not None:
            told["error.type"] = failure.type
        span = SpanData(
            trace_id=hashed_id(32, self.session.program, self.key),
            span_id=span_id,
            name=name,
            start_time_unix_nano=start,
            end_time_unix_nano=end if end is None else max(start, end),
            parent_span_id=parent_id,
            status_code=code,
            status_message=None if failure is None else failure.message,
            attributes=told,
            resource=self._resource(),
            scope=_SCOPE,
        )
        self.spans.insert(len(self.spans) if at is None else at, LoggedSpan(line, span))

    def _resource(self) -> Resource:
        version = {"service.version": self.session.version} if self.session.version else {}
        return Resource({"service.name": self.session.program, **version})
