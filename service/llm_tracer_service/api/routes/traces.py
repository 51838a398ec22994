"""Traces: the list, one of them, its skeleton, and where a text stands in it."""

from __future__ import annotations

import hashlib
from itertools import islice
from typing import Annotated

from llm_tracer.model.trace import TraceSummary
from msgspec import Meta, Struct
from msgspec.structs import replace
from starlette.responses import Response

from llm_tracer_service.api import answers, render
from llm_tracer_service.api.etags import is_known
from llm_tracer_service.api.lookup import as_of_now, found_summary, found_trace, is_silent, start_after
from llm_tracer_service.api.operation import Call, Operation
from llm_tracer_service.api.params import Cursor, Order, Page
from llm_tracer_service.api.repeats import notes_of
from llm_tracer_service.api.responses import bytes_response, json_response
from llm_tracer_service.api.skeleton import skeleton
from llm_tracer_service.json_values import encode_json
from llm_tracer_service.media import JSON
from llm_tracer_service.store.hits import hits_in_span

SPANS_A_PAGE = 5_000
HITS_MAX = 1_000


class ListParams(Page, kw_only=True):
    """`GET /api/traces`."""

    sort: Order = "-start_time"


class DetailParams(Struct, forbid_unknown_fields=True):
    """`GET /api/traces/{trace_id}`."""

    cursor: Cursor = None


class FindParams(Struct, forbid_unknown_fields=True):
    """`GET /api/traces/{trace_id}/find`."""

    text: Annotated[str, Meta(min_length=1, description="What to look for; case-insensitive.")]


def _list(call: Call) -> Response:
    params: ListParams = call.params
    now = call.service.clock()
    page = call.service.store.find_traces(
        call.project, params.query(), params.time_range(now), params.sort, params.limit, params.cursor
    )
    pins = call.service.store.pinned(call.project)
    traces = tuple(
        replace(render.trace_summary(summary, pins), hit=render.hit(hit))
        for summary, hit in zip(page.traces, page.hits, strict=True)
    )
    return json_response(answers.TraceList(traces, **render.page(page, len(traces))), call.headers)


def _detail(call: Call) -> Response:
    trace = found_trace(call)
    summary, silent = as_of_now(call, trace)
    nodes = trace.nodes
    start = start_after(call.params.cursor, (node.row.span_id for node in nodes), "trace")
    shown = nodes[start : start + SPANS_A_PAGE]
    more = start + len(shown) < len(nodes)
    detail = answers.TraceDetail(
        trace=render.trace_summary(summary, call.service.store.pinned(call.project, [trace.trace_id])),
        spans=tuple(render.span_row(node.row, node.depth, node.orphan, silent) for node in shown),
        span_count=len(nodes),
        next_cursor=shown[-1].row.span_id if more else None,
        notes=notes_of(call.service.store.reported_before(call.project, trace.trace_id)),
    )
    return json_response(detail, call.headers)


def _skeleton(call: Call) -> Response:
    summary = found_summary(call)
    pins = call.service.store.pinned(call.project, [summary.trace_id])
    etag = _etag(summary, pins, call.service.reader.version)
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if is_known(call.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=headers)
    trace = found_trace(call)
    if trace.last_received_unix_nano != summary.last_received_unix_nano:  # spans came in between
        summary, _ = as_of_now(call, trace)
        headers["ETag"] = _etag(summary, pins, call.service.reader.version)
    silent = is_silent(call, trace.last_received_unix_nano)
    body = encode_json(skeleton(trace, summary, pins, silent))
    return bytes_response(body, JSON, call.headers, headers=headers)


def _etag(summary: TraceSummary, pins: frozenset[str], reader_version: str) -> str:
    """Changes whenever a span of the trace came, it was pinned, time made it abandoned, or it is read in another way.

    Weak: the same columns may be sent compressed or not.
    """
    seen = encode_json([render.trace_summary(summary, pins), summary.last_received_unix_nano, reader_version])
    return f'W/"{hashlib.blake2b(seen, digest_size=12).hexdigest()}"'


def _find(call: Call) -> Response:
    trace = found_trace(call)
    wanted = call.params.text
    found = (hit for node in trace.nodes for hit in hits_in_span(trace, node.row.span_id, wanted))
    hits = [answers.Hit(hit.span_id, hit.where, hit.snippet) for hit in islice(found, HITS_MAX + 1)]
    return json_response(answers.Hits(hits[:HITS_MAX], len(hits) > HITS_MAX), call.headers)


OPERATIONS = [
    Operation(
        "GET",
        "/api/traces",
        _list,
        "List traces",
        "The traces that `q` matches, a page at a time. `hit` is a place where the first word of `q` stands.",
        params=ListParams,
        answer=answers.TraceList,
        refusals=(400, 422, 503),
    ),
    Operation(
        "GET",
        "/api/traces/{trace_id}",
        _detail,
        "Read a trace",
        "Its spans in tree order, 5,000 a page, without their payloads.",
        params=DetailParams,
        answer=answers.TraceDetail,
        refusals=(400, 404, 503),
    ),
    Operation(
        "GET",
        "/api/traces/{trace_id}/skeleton",
        _skeleton,
        "Read a trace in columns",
        "For drawing big traces: at most 80 bytes a span, with an ETag.",
        answer=answers.Skeleton,
        other_answers=(304,),
        refusals=(404, 503),
    ),
    Operation(
        "GET",
        "/api/traces/{trace_id}/find",
        _find,
        "Search a trace for a text",
        "In names, inputs, outputs and errors; at most 1,000 places.",
        params=FindParams,
        answer=answers.Hits,
        refusals=(404, 422, 503),
    ),
]
