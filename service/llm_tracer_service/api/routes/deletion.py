"""Deleting: gone from every list, search, count and blob when it answers."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta
from starlette.responses import Response

from llm_tracer_service.api import answers
from llm_tracer_service.api.ids import trace_id_in_path
from llm_tracer_service.api.operation import Call, Operation
from llm_tracer_service.api.params import Query, Selection
from llm_tracer_service.api.responses import json_response
from llm_tracer_service.errors import Problem, no_such

_TRACES_AT_ONCE = 1_000


class DeleteParams(Selection, kw_only=True):
    """`DELETE /api/traces`. `q` is never guessed: a misspelt parameter must not empty a project."""

    q: Query
    confirm: Annotated[bool, Meta(description="`true`, or nothing is deleted.")] = False


def _delete_one(call: Call) -> Response:
    deleted = call.service.store.delete_traces(call.project, [trace_id_in_path(call.path)])
    if not deleted:
        raise no_such("trace")
    call.service.bell.ring(call.project)
    return json_response(answers.Deleted(deleted), call.headers)


def _delete_many(call: Call) -> Response:
    params: DeleteParams = call.params
    query, time_range = params.query(), params.time_range(call.service.clock())
    if not params.confirm:
        raise Problem(422, "Nothing was deleted.", "Add confirm=true to delete every trace that `q` matches.")
    store = call.service.store
    # All are found before the first is deleted: cursors are good only while nothing changes.
    ids: list[str] = []
    cursor: str | None = None
    while True:
        page = store.find_traces(call.project, query, time_range, limit=_TRACES_AT_ONCE, cursor=cursor)
        ids += [trace.trace_id for trace in page.traces]
        cursor = page.next_cursor
        if cursor is None:
            break
    deleted = 0
    for start in range(0, len(ids), _TRACES_AT_ONCE):
        deleted += store.delete_traces(call.project, ids[start : start + _TRACES_AT_ONCE])
    call.service.bell.ring(call.project)
    return json_response(answers.Deleted(deleted), call.headers)


OPERATIONS = [
    Operation(
        "DELETE",
        "/api/traces/{trace_id}",
        _delete_one,
        "Delete a trace",
        tag="Deleting",
        need="write",
        answer=answers.Deleted,
        refusals=(404, 503),
    ),
    Operation(
        "DELETE",
        "/api/traces",
        _delete_many,
        "Delete traces",
        "Every trace that `q` matches; an empty `q` is all of the project.",
        tag="Deleting",
        need="write",
        params=DeleteParams,
        answer=answers.Deleted,
        refusals=(400, 422, 503),
    ),
]
