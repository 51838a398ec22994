"""The embedded pages: the list of traces and one trace. Server-rendered, without JavaScript, everything escaped.

They are for a service without its dashboard, and for browsers in which nothing else runs.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct, field
from starlette.responses import Response

from llm_tracer_service.api import html, page_view, render
from llm_tracer_service.api.ids import trace_id_in_path
from llm_tracer_service.api.lookup import as_of_now, steps_of
from llm_tracer_service.api.operation import Call, Operation
from llm_tracer_service.api.params import Cursor, From, Selection
from llm_tracer_service.api.project_shown import Project, project_shown
from llm_tracer_service.api.references import by_reference
from llm_tracer_service.errors import no_such
from llm_tracer_service.exporting.headline import headline_of
from llm_tracer_service.hints import hints_of
from llm_tracer_service.query import QueryError
from llm_tracer_service.store.base import TracePage

TRACES_A_PAGE = 50
ROWS_A_PAGE = 500
RANGES = (("", "any time"), ("-15m", "15 minutes"), ("-1h", "1 hour"), ("-1d", "1 day"), ("-7d", "7 days"),
          ("-30d", "30 days"))  # fmt: skip


class ListParams(Struct, forbid_unknown_fields=True):
    """`GET /`."""

    q: str = ""
    start: From = field(default=None, name="from")
    cursor: Cursor = None
    project: Project = ""


class TraceParams(Struct, forbid_unknown_fields=True):
    """`GET /traces/{trace_id}`."""

    span: Annotated[str, Meta(description="The span to show.")] = ""
    row: Annotated[int, Meta(ge=0, description="The first row of the tree to show.")] = 0
    project: Project = ""


def _list(call: Call) -> Response:
    params: ListParams = call.params
    project = project_shown(call, params.project)
    now = call.service.clock()
    selection = Selection(q=params.q, start=params.start)
    fault: QueryError | None = None
    found = TracePage(())
    try:
        found = call.service.store.find_traces(
            project, selection.query(), selection.time_range(now), limit=TRACES_A_PAGE, cursor=params.cursor
        )
    except QueryError as error:
        fault = error
    return html.page(
        "list.html",
        status=400 if fault else 200,
        title="Traces",
        traces=[(trace, page_view.ago((now - trace.start_time_unix_nano) / 1e9)) for trace in found.traces],
        fault=fault,
        params=params,
        ranges=RANGES if params.start in {None, *(value for value, _ in RANGES)} else (*RANGES, (params.start, params.start)),
        project=project,
        shown_project=params.project,
        address=str(call.request.base_url).rstrip("/"),
        link=page_view.link,
        time=render.time,
        next_link=page_view.link(
            "/", q=params.q, from_=params.start, project=params.project, cursor=found.next_cursor
        ) if found.next_cursor else None,
    )  # fmt: skip


def _trace(call: Call) -> Response:
    params: TraceParams = call.params
    project = project_shown(call, params.project)
    service = call.service
    trace_id = trace_id_in_path(call.path)
    trace = service.store.get_trace(project, trace_id)
    if trace is None or not trace.rows:
        raise no_such("trace")
    summary, silent = as_of_now(call, trace)
    # What one wants to see first: the chosen span, or else where the trace broke, or else the root.
    first = summary.error.span_id if summary.error else summary.root_span_id
    span_id = params.span or first or trace.nodes[0].row.span_id
    span = service.store.get_span(project, trace_id, span_id, "read")
    if span is None:
        raise no_such("span")
    reader = service.reader
    reading = reader.read(span).placed(span_id not in trace.parent_ids)
    shown_nodes = trace.nodes[params.row : params.row + ROWS_A_PAGE]
    return html.page(
        "trace.html",
        title=summary.name,
        summary=summary,
        headline=headline_of(trace, summary),
        hints=hints_of(steps_of(call, trace)),
        ago=page_view.ago((service.clock() - summary.start_time_unix_nano) / 1e9),
        rows=page_view.tree_rows(
            shown_nodes, page_view.extent(summary, trace.nodes), span_id, "abandoned" if silent else "open"
        ),
        row_count=len(trace.nodes),
        rows_a_page=ROWS_A_PAGE,
        span=by_reference(render.span_detail(span, reading, reader.content(span), silent, reader.version)),
        params=params,
        project=project,
        shown_project=params.project,
        link=page_view.link,
        time=render.time,
        shown=page_view.shown,
        first_of=page_view.first_of,
        items_max=page_view.ITEMS_MAX,
        told=page_view.told,
        failure=page_view.failure,
        part_body=page_view.part_body,
    )


OPERATIONS = [
    Operation(
        "GET",
        "/",
        _list,
        "The list of traces as a page",
        tag="Pages",
        params=ListParams,
        answer_media=("text/html",),
        refusals=(400, 422, 503),
    ),
    Operation(
        "GET",
        "/traces/{trace_id}",
        _trace,
        "One trace as a page",
        tag="Pages",
        params=TraceParams,
        answer_media=("text/html",),
        refusals=(404, 422, 503),
    ),
]
