"""Sessions and their turns."""

from __future__ import annotations

from llm_tracer.model.trace import TraceCost
from msgspec import UNSET, Struct, UnsetType

from llm_tracer_service.api.answers.figures import Usage
from llm_tracer_service.api.answers.list_page import ListPage
from llm_tracer_service.api.answers.spans import Message
from llm_tracer_service.api.answers.statuses import Status
from llm_tracer_service.api.answers.traces import Score, TraceError, TraceSummary


class SessionSummary(Struct, frozen=True):
    """One conversation: each of its traces is a turn, and `q` finds them; `error_count` turns are in error. `scores` are
    those of the session, not those of its turns."""

    session_id: str
    turn_count: int
    start_time: str
    last_activity: str
    duration_ms: float
    user_id: str | None
    span_count: int
    error_count: int
    usage: Usage | None
    cost: TraceCost | None
    first_input_preview: str | None
    q: str
    scores: tuple[Score, ...]
    shortened: tuple[str, ...] | UnsetType = UNSET
    """As in a trace."""


class SessionList(ListPage, frozen=True):
    """A page of sessions. A search that no index can answer stops after a while: then `complete` is
    false, `scanned` and `scanned_until` say how far it got, and `next_cursor` continues it."""

    sessions: tuple[SessionSummary, ...]


class SaidMessage(Struct, frozen=True):
    """A message, whole, and the span that carried it."""

    span_id: str
    message: Message


class ToolUse(Struct, frozen=True):
    """A tool that a trace called; `span_id` is its first failure, or else its first call."""

    name: str
    calls: int
    errors: int
    span_id: str


class Turn(Struct, frozen=True):
    """One trace of a session: what the person said last and what was answered, whole; null if nothing says so.

    `left_out` counts messages that the model was given in the turn before, but not in this one. `tools` are in the order
    of their first use. `error_count` counts spans in error, `error` is the first of them.
    """

    trace_id: str
    name: str
    status: Status
    start_time: str
    duration_ms: float | None
    asked: SaidMessage | None
    answered: SaidMessage | None
    left_out: int
    usage: Usage | None
    cost: TraceCost | None
    llm_calls: int
    tool_calls: int
    tools: tuple[ToolUse, ...]
    error_count: int
    error: TraceError | None


class SessionOutline(Struct, frozen=True):
    """All turns of a session in order of their start, as columns: about 100 bytes a turn. Times are microseconds since 1970;
    a turn with an unchanged `received_us` has not changed. `cost` is in US dollars, at least so much; null is unknown."""

    trace_id: tuple[str, ...]
    start_us: tuple[int, ...]
    duration_ms: tuple[float | None, ...]
    status: tuple[Status, ...]
    error_count: tuple[int, ...]
    tokens: tuple[int | None, ...]
    cost: tuple[float | None, ...]
    received_us: tuple[int, ...]


class SessionDetail(Struct, frozen=True):
    """One session with figures over all its turns, and a page of turns: the summaries of the traces, and what was said in
    them, in order of their start. `outline` is null unless it was asked for."""

    session: SessionSummary
    traces: tuple[TraceSummary, ...]
    turns: list[Turn]
    next_cursor: str | None
    outline: SessionOutline | None
