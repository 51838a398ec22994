"""Figures: tokens, cost, latency, counts."""

from __future__ import annotations

from typing import Any

from llm_tracer.model.trace import TraceCost
from msgspec import Struct


class Usage(Struct, frozen=True):
    """Tokens. `input` includes the cache's part, `output` includes reasoning; `total` is both."""

    input: int | None
    output: int | None
    total: int | None
    cache_read: int | None
    cache_write: int | None
    reasoning: int | None
    cache_write_5m: int | None
    cache_write_1h: int | None
    input_audio: int | None
    output_audio: int | None
    input_image: int | None
    extra: dict[str, Any]


class SpanCost(Struct, frozen=True):
    """What one call cost, and who says so."""

    total: float
    input: float | None
    output: float | None
    parts: dict[str, float]
    currency: str
    source: str
    price_version: str | None


class Latency(Struct, frozen=True):
    """Percentiles of the durations of ended traces, in milliseconds, within 2 %."""

    p50: float | None
    p95: float | None
    p99: float | None


class Figures(Struct, frozen=True):
    """Totals over traces. `errors` counts traces in error, `running` those that have not ended; a model call that was
    reported twice counts once."""

    traces: int
    spans: int
    errors: int
    running: int
    llm_calls: int
    tool_calls: int
    usage: Usage | None
    cost: TraceCost | None
    latency_ms: Latency
