"""Sessions: the traces of one conversation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from llm_tracer.model.session import summarise_session
from llm_tracer.model.trace import TraceSummary
from msgspec import Meta, Struct
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.responses import Response

from llm_tracer_service.api import answers, render
from llm_tracer_service.api.lookup import start_after
from llm_tracer_service.api.operation import Call, Operation
from llm_tracer_service.api.params import Cursor, Page, SessionOrder
from llm_tracer_service.api.responses import json_response
from llm_tracer_service.conversation.turns import Turn, left_out, turn_of
from llm_tracer_service.errors import no_such


class _AnyText(PathConvertor):
    """A session id is the sender's own text, and may contain slashes and line breaks."""

    regex = "(?s:.*)"


register_url_convertor("text", _AnyText())


class ListParams(Page, kw_only=True):
    """`GET /api/sessions`."""

    sort: SessionOrder = "-last_activity"


class DetailParams(Struct, forbid_unknown_fields=True):
    """`GET /api/sessions/{session_id}`."""

    limit: Annotated[int, Meta(ge=1, le=200, description="How many turns, 1 to 200; default 100.")] = 100
    cursor: Cursor = None
    outline: Annotated[
        bool, Meta(description="`true`: also the `outline`, which has all turns in a few bytes each.")
    ] = False


def _list(call: Call) -> Response:
    params: ListParams = call.params
    time_range = params.time_range(call.service.clock())
    page = call.service.store.find_sessions(
        call.project, params.query(), time_range, params.limit, params.cursor, params.sort
    )
    sessions = tuple(map(render.session_summary, page.sessions))
    return json_response(answers.SessionList(sessions, **render.page(page, len(sessions))), call.headers)


def _detail(call: Call) -> Response:
    params: DetailParams = call.params
    session_id = call.path["session_id"]
    summaries = call.service.store.get_session(call.project, session_id)
    if not summaries:
        raise no_such("session")
    start = start_after(params.cursor, (each.trace_id for each in summaries), "session")
    shown = summaries[start : start + params.limit]
    more = start + len(shown) < len(summaries)
    pins = call.service.store.pinned(call.project, [summary.trace_id for summary in shown])
    detail = answers.SessionDetail(
        session=render.session_summary(summarise_session(session_id, summaries)),
        traces=tuple(render.trace_summary(summary, pins) for summary in shown),
        turns=_turns(call, shown, summaries[start - 1] if start and shown else None),
        next_cursor=shown[-1].trace_id if more else None,
        outline=render.session_outline(summaries) if params.outline else None,
    )
    return json_response(detail, call.headers)


def _turns(call: Call, shown: Sequence[TraceSummary], previous: TraceSummary | None) -> list[answers.Turn]:
    """The turns of a page; `previous` is the last turn of the page before."""
    before = None if previous is None else _turn(call, previous)
    turns = []
    for summary in shown:
        turn = _turn(call, summary)
        turns.append(render.turn(summary, turn, left_out(turn, before)))
        before = turn
    return turns


def _turn(call: Call, summary: TraceSummary) -> Turn:
    trace = call.service.store.get_trace(call.project, summary.trace_id)
    found = trace is not None and len(trace.rows) > 0  # otherwise it was deleted meanwhile
    return turn_of(trace, call.service.reader) if trace and found else Turn()


OPERATIONS = [
    Operation(
        "GET",
        "/api/sessions",
        _list,
        "List sessions",
        "The sessions with a trace that `q` matches, a page at a time.",
        params=ListParams,
        answer=answers.SessionList,
        refusals=(400, 422, 503),
    ),
    Operation(
        "GET",
        "/api/sessions/{session_id:text}",
        _detail,
        "Read a session",
        "Its traces in order, a page at a time. `turns` hold the last user message and the answer of each trace, whole.",
        params=DetailParams,
        answer=answers.SessionDetail,
        refusals=(400, 404, 422, 503),
    ),
]
