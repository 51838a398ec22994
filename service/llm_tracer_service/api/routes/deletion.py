"""Deleting. When the answer comes, traces are gone from every list, search, count and blob."""

from __future__ import annotations

from typing import Annotated

from llm_tracer.model.text import counted
from msgspec import Meta, Struct
from starlette.responses import Response

from llm_tracer_service.api import answers
from llm_tracer_service.api.ids import trace_id_in_path
from llm_tracer_service.api.operation import Call, Operation
from llm_tracer_service.api.params import Query, Selection
from llm_tracer_service.api.responses import json_response
from llm_tracer_service.errors import Problem, no_such

_TRACES_AT_ONCE = 1_000


class DeleteParams(Selection, kw_only=True):
    """`DELETE /api/traces`. `q` has no default: a misspelt parameter must not empty a project."""

    q: Query
    confirm: Annotated[bool, Meta(description="Must be `true`, or nothing is deleted.")] = False


class DeleteProjectParams(Struct, forbid_unknown_fields=True):
    """`DELETE /api/project`."""

    confirm: Annotated[str, Meta(description="Must be the name of the project, or nothing is deleted.")] = ""


def _delete_one(call: Call) -> Response:
    deleted = call.service.store.delete_traces(call.project, [trace_id_in_path(call.path)])
    if not deleted:
        raise no_such("trace")
    return _deleted(call, deleted)


def _delete_many(call: Call) -> Response:
    params: DeleteParams = call.params
    store = call.service.store
    ids = _found(call, params)
    if not params.confirm:
        pinned = len(store.pinned(call.project, ids))
        raise _unconfirmed(len(ids), pinned, "Add confirm=true to delete every trace that `q` matches.")
    deleted = 0
    for start in range(0, len(ids), _TRACES_AT_ONCE):
        deleted += store.delete_traces(call.project, ids[start : start + _TRACES_AT_ONCE])
    return _deleted(call, deleted)


def _found(call: Call, params: DeleteParams) -> list[str]:
    """All traces that match, collected before the first is deleted: cursors are good only while nothing changes."""
    query, time_range = params.query(), params.time_range(call.service.clock())
    ids: list[str] = []
    cursor: str | None = None
    while True:
        page = call.service.store.find_traces(
            call.project, query, time_range, limit=_TRACES_AT_ONCE, cursor=cursor
        )
        ids += [trace.trace_id for trace in page.traces]
        cursor = page.next_cursor
        if cursor is None:
            return ids


def _delete_project(call: Call) -> Response:
    if call.params.confirm != call.project:
        (storage,) = call.service.store.storage(call.project)
        hint = f"Add confirm={call.project} to delete all that this project has."
        raise _unconfirmed(storage.traces, storage.pinned, hint)
    return _deleted(call, call.service.store.delete_project(call.project))


def _deleted(call: Call, traces: int) -> Response:
    call.service.bell.ring(call.project)
    return json_response(answers.Deleted(traces), call.headers)


def _unconfirmed(traces: int, pinned: int, hint: str) -> Problem:
    of_them = f", {pinned} of them pinned" if pinned else ""
    facts = {"matches": traces, "pinned": pinned}
    return Problem(
        422, f"Nothing was deleted. {counted(traces, 'trace')} would be{of_them}.", hint, facts=facts
    )


OPERATIONS = [
    Operation(
        "DELETE",
        "/api/traces/{trace_id}",
        _delete_one,
        "Delete a trace",
        "Pinned or not. If more of its spans arrive later, the trace starts anew.",
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
        "Every trace that `q` matches, pinned or not; an empty `q` is all of the project. Without `confirm` it is "
        "refused, and the refusal says how many `matches` there are and how many of them are `pinned`.",
        tag="Deleting",
        need="write",
        params=DeleteParams,
        answer=answers.Deleted,
        refusals=(400, 422, 503),
    ),
    Operation(
        "DELETE",
        "/api/project",
        _delete_project,
        "Delete the project",
        "All traces of the key's project, and its ingest log. Keys are kept.",
        tag="Deleting",
        need="write",
        params=DeleteProjectParams,
        answer=answers.Deleted,
        refusals=(422, 503),
    ),
]
