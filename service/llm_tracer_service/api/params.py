"""Query parameters shared by several routes, declared once: types for the reader, descriptions for the document."""

from __future__ import annotations

from typing import Annotated, Literal

from llm_tracer.model.query import TraceQuery
from msgspec import Meta, Struct, field

from llm_tracer_service.errors import Problem
from llm_tracer_service.query import parse
from llm_tracer_service.store.base import SessionSort, SpanSort, TimeRange
from llm_tracer_service.times import EXPECTED_TIME, parse_time

Query = Annotated[str, Meta(description="The query text (docs/query.md), such as `status:error dur>2s`.")]
From = Annotated[str | None, Meta(description=f"Only what started at or after this time: {EXPECTED_TIME}.")]
To = Annotated[str | None, Meta(description="Only what started before this time; written like `from`.")]
Limit = Annotated[int, Meta(ge=1, le=1000, description="How many, 1 to 1000; default 50.")]
Cursor = Annotated[str | None, Meta(description="`next_cursor` of the previous page.")]
Order = Annotated[
    Literal["-start_time", "start_time", "-duration_ms", "-cost", "-tokens"],
    Meta(description="The order: -start_time (newest first), start_time, -duration_ms, -cost or -tokens."),
]

SpanOrder = Annotated[
    SpanSort,
    Meta(
        description="The order: -start_time (newest first), -duration_ms, -cost or -tokens, the span's own."
    ),
]

SessionOrder = Annotated[
    SessionSort,
    Meta(
        description="The order: -last_activity (latest first), -duration_ms, -cost, -tokens, -turns or -errors, those of the "
        "whole session."
    ),
]


class Selection(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which traces."""

    q: Query = ""
    start: From = field(default=None, name="from")
    end: To = field(default=None, name="to")

    def query(self) -> TraceQuery:
        """The query in `q`. Raises QueryError."""
        return parse(self.q)

    def time_range(self, now_unix_nano: int) -> TimeRange:
        """The times between `from` and `to`. Raises Problem 422 if one of them is not a time."""
        return TimeRange(_time("from", self.start, now_unix_nano), _time("to", self.end, now_unix_nano))


class Page(Selection, kw_only=True):
    """Which traces, and which page of them."""

    limit: Limit = 50
    cursor: Cursor = None


def _time(name: str, text: str | None, now_unix_nano: int) -> int | None:
    if not text:
        return None
    try:
        return parse_time(text, now_unix_nano)
    except ValueError as fault:
        raise Problem(422, f"`{name}` is not a time: {text!r}.", f"{fault}.") from None
