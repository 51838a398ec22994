"""What a store answers about its traces, one project at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from llm_tracer.model.figures import Figures
from llm_tracer.model.groups import FacetField, GroupField
from llm_tracer.model.query import TraceQuery
from llm_tracer.model.span import SpanData
from llm_tracer.model.trace import Trace, TraceSummary

from llm_tracer_service.blobs import Blob, SpanForm
from llm_tracer_service.store.base import (
    Aggregate,
    Facets,
    FragmentPage,
    SessionPage,
    SessionSort,
    Sort,
    SpanPage,
    SpanSort,
    TimeRange,
    TracePage,
)


class View(Protocol):
    """One project as a store sees it at one moment. TraceStore documents each method under the same name."""

    def find_traces(
        self, query: TraceQuery, time_range: TimeRange, sort: Sort, limit: int, cursor: str | None
    ) -> TracePage: ...

    def get_trace(self, trace_id: str) -> Trace | None: ...

    def get_summary(self, trace_id: str) -> TraceSummary | None: ...

    def get_span(self, trace_id: str, span_id: str, form: SpanForm) -> SpanData | None: ...

    def find_fragments(self, limit: int, cursor: str | None) -> FragmentPage: ...

    def get_blob(self, sha256: str) -> Blob | None: ...

    def find_trace_of_span(self, span_id: str) -> str | None: ...

    def find_spans(
        self, query: TraceQuery, time_range: TimeRange, limit: int, cursor: str | None, sort: SpanSort
    ) -> SpanPage: ...

    def find_sessions(
        self, query: TraceQuery, time_range: TimeRange, limit: int, cursor: str | None, sort: SessionSort
    ) -> SessionPage: ...

    def get_session(self, session_id: str) -> tuple[TraceSummary, ...]: ...

    def stats(self, query: TraceQuery, time_range: TimeRange) -> Figures: ...

    def aggregate(
        self, query: TraceQuery, time_range: TimeRange, width_s: int | None, group_by: GroupField | None
    ) -> Aggregate: ...

    def facets(self, query: TraceQuery, time_range: TimeRange, fields: Sequence[FacetField]) -> Facets: ...

    def reported_before(self, trace_id: str) -> Mapping[str, str]: ...
