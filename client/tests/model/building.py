"""Small traces, readable: spans have words for ids, and times in milliseconds since START."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hypothesis import strategies as st
from llm_tracer.model.reading import Cost, Reading, Text, Usage
from llm_tracer.model.row import SpanRow
from llm_tracer.model.span import SpanData
from llm_tracer.model.trace import Trace

START = 1_700_000_000_000_000_000
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"


def nano(ms: float) -> int:
    return START + round(ms * 1e6)


def row(
    span_id: str, parent: str | None = None, at: float = 0, ms: float | None = 1, **facts: Any
) -> SpanRow:
    """A span that starts at `at` and takes `ms`; None: it is open. Facts are fields of Reading; named as its id."""
    end = None if ms is None else nano(at + ms)
    return SpanRow(span_id, parent, nano(at), end, Reading(**{"name": span_id, **facts}))


def llm(
    span_id: str, parent: str | None = None, tokens: int | None = 10, usd: float | None = None, **facts: Any
) -> SpanRow:
    """A model call. `tokens` are input and as many output."""
    return row(span_id, parent, kind="llm", **figures(tokens, usd), **facts)


def figures(tokens: int | None, usd: float | None = None) -> dict[str, Any]:
    usage = None if tokens is None else Usage(input=tokens, output=tokens, total=2 * tokens)
    return {"usage": usage, "cost": None if usd is None else Cost(usd)}


def trace(*rows: SpanRow, spans: Iterable[SpanData] = (), texts: Mapping[str, str] | None = None) -> Trace:
    """A trace of rows; `texts` is what full text search finds in a span, by its id."""
    found = texts or {}
    payloads = {span.span_id: span for span in spans}
    payloads.update({id_: SpanData(TRACE_ID, id_, id_, START) for id_ in found if id_ not in payloads})
    return Trace(
        TRACE_ID,
        rows,
        spans=payloads,
        texts=lambda span: [Text("input", found[span.span_id])] if span.span_id in found else [],
    )


def shape(built: Trace) -> list[str]:
    """The tree as lines, indented by depth."""
    return ["  " * node.depth + node.row.span_id for node in built.nodes]


def counted(built: Trace) -> list[str]:
    return [node.row.span_id for node in built.nodes if node.counted]


# Few ids, so that parents are found, missing and running in circles; few times, so that they are equal.
_IDS = [f"s{number}" for number in range(12)]

readings = st.builds(
    Reading,
    name=st.just("x"),
    kind=st.sampled_from(("llm", "embedding", "tool", "agent", "chain")),
    status=st.sampled_from(("unset", "ok", "error")),
    usage=st.none() | st.builds(Usage, input=st.none() | st.integers(0, 9), total=st.integers(0, 9)),
    cost=st.none() | st.builds(Cost, st.sampled_from((0.1, 0.2, 1e-9))),
    response_id=st.sampled_from((None, None, "r1", "r2")),
    response_model=st.sampled_from((None, "m1", "m2")),
    session_id=st.sampled_from((None, "a", "b")),
    tags=st.lists(st.sampled_from("xyz"), max_size=2).map(tuple),
    input_preview=st.sampled_from((None, "in", "put")),
    output_preview=st.sampled_from((None, "out", "put")),
)

any_rows = st.lists(
    st.builds(
        SpanRow,
        span_id=st.sampled_from(_IDS),
        parent_span_id=st.none() | st.sampled_from([*_IDS, "missing"]),
        start_time_unix_nano=st.integers(0, 5),
        end_time_unix_nano=st.none() | st.integers(0, 9),
        reading=readings,
    ),
    min_size=1,
    max_size=len(_IDS),
    unique_by=lambda row: row.span_id,
)
"""Rows of any trace: forests, orphans, circles, open spans, skewed clocks."""
