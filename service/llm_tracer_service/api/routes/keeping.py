"""What is kept, and how much room it takes: pins, and the storage of a project."""

from __future__ import annotations

from starlette.responses import Response

from llm_tracer_service.api import answers, render
from llm_tracer_service.api.ids import trace_id_in_path
from llm_tracer_service.api.operation import Call, Operation
from llm_tracer_service.api.responses import json_response
from llm_tracer_service.errors import no_such


def _pin(call: Call) -> Response:
    return _set_pin(call, pinned=True)


def _unpin(call: Call) -> Response:
    return _set_pin(call, pinned=False)


def _set_pin(call: Call, pinned: bool) -> Response:
    trace_id = trace_id_in_path(call.path)
    if not call.service.store.pin(call.project, trace_id, pinned):
        raise no_such("trace")
    return json_response(answers.Pin(trace_id, pinned), call.headers)


def _storage(call: Call) -> Response:
    service = call.service
    (storage,) = service.store.storage(call.project)
    settings = service.settings
    # The size of the whole file would tell one project about the others.
    info, is_shown = service.store.info(counting=False), service.gate.is_keyless
    return json_response(
        answers.Storage(
            traces=storage.traces,
            spans=storage.spans,
            pinned=storage.pinned,
            oldest=render.time(storage.oldest_unix_nano),
            newest=render.time(storage.newest_unix_nano),
            bytes=answers.BytesByKind(
                total=storage.total_bytes,
                bodies=storage.bodies_bytes,
                rows=storage.rows_bytes,
                blobs=storage.blobs_bytes,
                loose=storage.loose_bytes,
            ),
            retention_days=settings.retention_days,
            max_store_bytes=settings.max_store_bytes,
            store_bytes=info.size_bytes if is_shown else None,
            store_live_bytes=info.live_bytes if is_shown else None,
            text_index_bytes=info.text_index_bytes if is_shown else None,
            problem=info.problem,
        ),
        call.headers,
    )


OPERATIONS = [
    Operation(
        "PUT",
        "/api/traces/{trace_id}/pin",
        _pin,
        "Pin a trace",
        "It is then not deleted by age or by the size of the store, until it is unpinned or deleted.",
        tag="Keeping",
        need="write",
        answer=answers.Pin,
        refusals=(404, 503),
    ),
    Operation(
        "DELETE",
        "/api/traces/{trace_id}/pin",
        _unpin,
        "Unpin a trace",
        tag="Keeping",
        need="write",
        answer=answers.Pin,
        refusals=(404, 503),
    ),
    Operation(
        "GET",
        "/api/storage",
        _storage,
        "Read what is stored",
        "What the project takes up by kind, the limits of the store, and why the store is degraded, if it is. Scans every "
        "span: about a second for a million.",
        tag="Keeping",
        answer=answers.Storage,
        refusals=(503,),
    ),
]
