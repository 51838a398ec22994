"""Totals, over time and by value."""

from __future__ import annotations

from msgspec import Struct

from llm_tracer_service.api.answers.figures import Figures


class Point(Figures, frozen=True, kw_only=True):
    """The figures of one bucket of time, which begins at `time`."""

    time: str


class Group(Figures, frozen=True, kw_only=True):
    """The figures of the traces with one value."""

    value: str | None


class Stats(Struct, frozen=True):
    """Totals, over time (with `bucket`), and by value."""

    totals: Figures
    series: list[Point]
    groups: list[Group]
