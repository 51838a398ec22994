from __future__ import annotations

from hypothesis import given
from llm_tracer.model.figures import add, figures_of
from llm_tracer.model.row import row_of
from llm_tracer.model.span import SpanData
from llm_tracer.model.trace import Trace
from llm_tracer_service.store.records import (
    dump_figures,
    dump_summary,
    load_figures,
    load_summary,
)

from .helpers import PlainReader
from .strategies import spans


@given(spans())
def test_summaries_and_figures_come_back(span: SpanData) -> None:
    if span.start_time_unix_nano is None:
        return
    row = row_of(span, PlainReader().read(span))
    summary = Trace(span.trace_id, [row], 7).summary
    assert load_summary(dump_summary(summary), 7) == summary
    figures = add([figures_of(summary)])
    assert load_figures(dump_figures(figures)) == figures
