"""A Reader that reads a few plain attributes, a clock that stands still, and short ways to make spans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import apsw
from llm_tracer.model.reading import Content, Cost, Reading, Score, SpanError, Text, Usage
from llm_tracer.model.span import Resource, SpanData, SpanEvent
from llm_tracer.model.text import preview
from llm_tracer_service.waiting import RESPONSE_ID, place_of

START = 1_790_000_000_000_000_000
"""A day in September 2026, in nanoseconds since 1970."""

SECOND = 1_000_000_000


class PlainReader:
    """Reads attributes by names of one word: kind, model, tokens, session, …"""

    version = "plain-1"

    def read(self, span: SpanData) -> Reading:
        at: Mapping[str, Any] = span.attributes
        return Reading(
            name=span.name,
            kind=at.get("kind", "other"),
            status=span.status_code,
            provider=at.get("provider"),
            request_model=at.get("request_model"),
            response_model=at.get("model"),
            usage=Usage(input=at["tokens"], total=at["tokens"]) if "tokens" in at else None,
            cost=Cost(at["cost"]) if "cost" in at else None,
            error=SpanError(at.get("error_type"), span.status_message)
            if span.status_code == "error" or "error_type" in at
            else SpanError(at["raised"], inferred=True)
            if "raised" in at
            else None,
            response_id=at.get("response"),
            ttft_ms=at.get("ttft"),
            tool_name=at.get("tool"),
            agent_name=at.get("agent"),
            service_name=span.resource.attributes.get("service.name"),
            session_id=at.get("session"),
            user_id=at.get("user"),
            tags=tuple(at.get("tags", ())),
            metadata={key: value for key, value in at.items() if key == "meta"},
            scores=(Score("quality", at["score"]),) if "score" in at else (),
            has=tuple(at.get("has", ())),
            input_preview=preview(at["input"]) if "input" in at else None,
        )

    def content(self, span: SpanData) -> Content:
        return Content()

    def texts(self, span: SpanData) -> Iterator[Text]:
        yield Text("name", span.name)
        if "input" in span.attributes:
            yield Text("input", span.attributes["input"])


class ChangingReader(PlainReader):
    """A PlainReader whose table changes: `edition` is part of its version, and of the provider of every span."""

    def __init__(self) -> None:
        self.edition = 1

    @property
    def version(self) -> str:  # type: ignore[override]
        return f"changing-{self.edition}"

    def read(self, span: SpanData) -> Reading:
        reading = super().read(span)
        if self.edition == 1 or span.name == "the same in every edition":
            return reading
        return replace(reading, provider=f"edition {self.edition}", session_id=span.attributes.get("user"))


class StillClock:
    """A clock that moves when it is told."""

    def __init__(self, unix_nano: int = START) -> None:
        self.unix_nano = unix_nano

    def __call__(self) -> int:
        return self.unix_nano

    def advance(self, seconds: float) -> None:
        self.unix_nano += int(seconds * SECOND)


def trace_id(number: int) -> str:
    return f"{number:032x}"


def span_id(number: int) -> str:
    return f"{number:016x}"


def make_span(
    trace: int = 1,
    span: int = 1,
    start_s: float | None = 0,
    dur_s: float | None = 1,
    parent: int | None = None,
    name: str = "work",
    error: str | None = None,
    service: str | None = None,
    **attributes: Any,
) -> SpanData:
    """A span that starts `start_s` after START (None: a fragment) and runs for `dur_s` (None: still)."""
    start = None if start_s is None else START + int(start_s * SECOND)
    return SpanData(
        trace_id=trace_id(trace),
        span_id=span_id(span),
        name=name,
        start_time_unix_nano=start,
        end_time_unix_nano=None if start is None or dur_s is None else start + int(dur_s * SECOND),
        parent_span_id=None if parent is None else span_id(parent),
        status_code="error" if error is not None else "unset",
        status_message=error,
        attributes=attributes,
        resource=Resource({"service.name": service}) if service else Resource(),
    )


def awaiting(response: str, *events: SpanEvent) -> SpanData:
    """A fragment that waits for the spans which report a response."""
    place, span = place_of(response)
    return SpanData(place, span, "", None, attributes={RESPONSE_ID: response}, events=events)


def overwrite_pages(path: Path, table: str) -> None:
    """Spoils a table of a file that nobody has open."""
    connection = apsw.Connection(str(path))
    connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    size = int(str(connection.pragma("page_size")))
    pages = connection.execute("SELECT pageno FROM dbstat WHERE name = ?", (table,)).fetchall()
    connection.close()
    with path.open("r+b") as file:
        for (page,) in pages:
            file.seek((int(str(page)) - 1) * size)
            file.write(b"\xff" * size)
