"""A session: the traces of one conversation, as a line of a list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from llm_tracer.model.figures import Tally
from llm_tracer.model.reading import Score, Usage
from llm_tracer.model.trace import TraceCost, TraceSummary


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """One conversation. `turn_count` is its number of traces, `first_input_preview` the first thing that was asked.

    `scores` are those of the session, not of its turns. `duration_ms` is from the first start to the last end,
    including the person's pauses.
    """

    session_id: str
    turn_count: int
    start_time_unix_nano: int
    last_activity_unix_nano: int
    duration_ms: float
    user_id: str | None
    span_count: int
    error_count: int
    usage: Usage | None
    cost: TraceCost | None
    first_input_preview: str | None
    scores: tuple[Score, ...] = ()


def summarise_session(session_id: str, traces: Iterable[TraceSummary]) -> SessionSummary:
    """The line of a session; `traces` has at least one, in any order."""
    turns: Sequence[TraceSummary] = sorted(
        traces, key=lambda turn: (turn.start_time_unix_nano, turn.trace_id)
    )
    last = max(turn.end_time_unix_nano or turn.start_time_unix_nano for turn in turns)
    spent = Tally()
    for turn in turns:
        spent.spend_sum(turn.usage, turn.cost)
    figures = spent.figures
    return SessionSummary(
        session_id=session_id,
        turn_count=len(turns),
        start_time_unix_nano=turns[0].start_time_unix_nano,
        last_activity_unix_nano=last,
        duration_ms=(last - turns[0].start_time_unix_nano) / 1e6,
        user_id=next((turn.user_id for turn in turns if turn.user_id), None),
        span_count=sum(turn.span_count for turn in turns),
        error_count=sum(turn.status == "error" for turn in turns),
        usage=figures.usage,
        cost=figures.cost,
        first_input_preview=next((turn.input_preview for turn in turns if turn.input_preview), None),
        scores=tuple(
            dict.fromkeys(score for turn in turns for score in turn.scores if score.target == "session")
        ),
    )
