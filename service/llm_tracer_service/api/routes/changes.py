"""Changes, by long polling and as server-sent events. Neither holds a thread while it waits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated

from msgspec import Meta, Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from llm_tracer_service.api import answers, render
from llm_tracer_service.api.operation import Call, Operation
from llm_tracer_service.api.responses import json_response
from llm_tracer_service.errors import Problem
from llm_tracer_service.json_values import encode_json
from llm_tracer_service.service.bell import Waiter

WAIT_S_MAX = 30
GATHER_S = 0.1
"""How long changes are gathered after the first: a burst of writes gets one answer, not one each."""

LOOK_AGAIN_S = 5.0
"""How often to look anyway: other processes may write to the same store without ringing the bell."""

POLL_AFTER_S = 2.0
"""How often to poll where waiting costs money: a thousand requests in half an hour."""

_HEARTBEAT_S = 15.0
_STREAM_LIMIT = 100


class ChangesParams(Struct, forbid_unknown_fields=True):
    """`GET /api/changes`."""

    after: Annotated[
        str | None,
        Meta(description="`cursor` of the previous answer; without it, only the current cursor is returned."),
    ] = None
    wait_s: Annotated[
        float, Meta(ge=0, le=WAIT_S_MAX, description="How long to wait for a change, 0 to 30 seconds.")
    ] = 0
    limit: Annotated[int, Meta(ge=1, le=1000, description="How many, 1 to 1000; default 100.")] = 100


class StreamParams(Struct, forbid_unknown_fields=True):
    """`GET /api/stream`."""

    after: Annotated[str | None, Meta(description="A cursor; without it, from now on.")] = None


async def _changes(call: Call) -> Response:
    params: ChangesParams = call.params
    deadline = time.monotonic() + params.wait_s
    with call.service.bell.listen(call.project) as waiter:
        page = await _look(call, params.after, params.limit)
        while params.after is not None and _is_empty(page) and not waiter.closed and call.service.can_wait:
            left_s = deadline - time.monotonic()
            if left_s <= 0 or not await _wait(call.request, waiter, min(left_s, LOOK_AGAIN_S)):
                break
            page = await _look(call, params.after, params.limit)
    return json_response(page, call.headers)


async def _wait(request: Request, waiter: Waiter, timeout_s: float) -> bool:
    """Waits until something may have changed or the time is up; False if the client has left."""
    left = asyncio.ensure_future(_leaving(request))
    rung = asyncio.ensure_future(waiter.wait(timeout_s))
    try:
        await asyncio.wait({left, rung}, return_when=asyncio.FIRST_COMPLETED)
        if left.done():
            return False
        if rung.result():
            await asyncio.sleep(min(GATHER_S, timeout_s))
        return True
    finally:
        for task in (left, rung):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _leaving(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _look(call: Call, after: str | None, limit: int) -> answers.Changes:
    return await run_in_threadpool(_changes_after, call, after, limit)


def _changes_after(call: Call, after: str | None, limit: int) -> answers.Changes:
    store = call.service.store
    page = store.changes(call.project, after, limit)
    pins = store.pinned(call.project) if page.traces else frozenset()
    traces = tuple(render.trace_summary(trace, pins) for trace in page.traces)
    poll_after_s = 0 if call.service.can_wait or page.has_more else POLL_AFTER_S
    return answers.Changes(traces, page.deleted, page.cursor, page.has_more, poll_after_s)


def _is_empty(page: answers.Changes) -> bool:
    return not page.traces and not page.deleted


async def _stream(call: Call) -> Response:
    if not call.service.can_wait:
        raise Problem(501, "Streaming is not available here.", "Poll `GET /api/changes` instead.")
    # A browser that lost the connection says by itself where it was.
    after = call.headers.get("last-event-id") or call.params.after
    first = await _look(call, after, _STREAM_LIMIT)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(call, first), headers=headers, media_type="text/event-stream")


async def _events(call: Call, page: answers.Changes) -> AsyncIterator[bytes]:
    """The events of a stream. Starlette ends the generator when the client leaves."""
    yield _event(page)
    with call.service.bell.listen(call.project) as waiter:
        silent_s = 0.0
        while not waiter.closed:
            if not page.has_more:
                if await waiter.wait(LOOK_AGAIN_S):
                    await asyncio.sleep(GATHER_S)
                else:
                    silent_s += LOOK_AGAIN_S
            page = await _look(call, page.cursor, _STREAM_LIMIT)
            if not _is_empty(page):
                silent_s = 0.0
                yield _event(page)
            elif silent_s >= _HEARTBEAT_S:
                silent_s = 0.0
                yield b": still here\n\n"


def _event(page: answers.Changes) -> bytes:
    return b"id: %s\nevent: changes\ndata: %s\n\n" % (page.cursor.encode(), encode_json(page))


OPERATIONS = [
    Operation(
        "GET",
        "/api/changes",
        _changes,
        "Wait for changes",
        "The traces that changed after a cursor, as they are now. Waits up to `wait_s` for the first.",
        params=ChangesParams,
        answer=answers.Changes,
        refusals=(400, 422, 503),
    ),
    Operation(
        "GET",
        "/api/stream",
        _stream,
        "Stream changes",
        "The same as server-sent events: `event: changes`, the cursor as `id`.",
        params=StreamParams,
        answer=answers.Changes,
        answer_media=("text/event-stream",),
        refusals=(400, 501, 503),
    ),
]
