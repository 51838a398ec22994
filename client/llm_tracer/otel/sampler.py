"""A tracer's sampling for spans of OpenTelemetry, so that the same traces are recorded, whoever began them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Link, SpanKind, TraceState
    from opentelemetry.util.types import Attributes

    from ..tracer import Tracer


class TracerSampler(Sampler):
    """Decides for root spans, by trace id and name; for use inside `ParentBased`."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        sampler = self._tracer._sampler
        if sampler is None or sampler.keeps(trace_id, name):
            return SamplingResult(Decision.RECORD_AND_SAMPLE, attributes, trace_state)
        return SamplingResult(Decision.DROP)

    def get_description(self) -> str:
        return "TracerSampler"
