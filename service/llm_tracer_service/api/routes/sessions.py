"""Sessions: the traces of one conversation."""

from __future__ import annotations

from llm_tracer.model.session import summarise_session
from starlette.responses import Response

from llm_tracer_service.api import answers, render
from llm_tracer_service.api.operation import Call, Operation
from llm_tracer_service.api.params import Page
from llm_tracer_service.api.responses import json_response
from llm_tracer_service.errors import no_such


def _list(call: Call) -> Response:
    params: Page = call.params
    time_range = params.time_range(call.service.clock())
    page = call.service.store.find_sessions(
        call.project, params.query(), time_range, params.limit, params.cursor
    )
    sessions = tuple(map(render.session_summary, page.sessions))
    more = page.next_cursor is not None
    return json_response(answers.SessionList(sessions, page.next_cursor, more, len(sessions)), call.headers)


def _detail(call: Call) -> Response:
    session_id = call.path["session_id"]
    turns = call.service.store.get_session(call.project, session_id)
    if not turns:
        raise no_such("session")
    session = render.session_summary(summarise_session(session_id, turns))
    return json_response(
        answers.SessionDetail(session, tuple(map(render.trace_summary, turns))), call.headers
    )


OPERATIONS = [
    Operation(
        "GET",
        "/api/sessions",
        _list,
        "List sessions",
        "The sessions that have a trace which `q` matches, last activity first.",
        params=Page,
        answer=answers.SessionList,
        refusals=(400, 422, 503),
    ),
    Operation(
        "GET",
        # A session id is the sender's own text and may have slashes in it.
        "/api/sessions/{session_id:path}",
        _detail,
        "Read a session",
        "Its traces in order, each with what was asked and what was answered.",
        answer=answers.SessionDetail,
        refusals=(404, 503),
    ),
]
