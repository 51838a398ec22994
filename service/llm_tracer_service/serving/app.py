"""The Tracer API as an ASGI application: only the wiring."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from llm_tracer.model.reading import Reader
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from llm_tracer_service.api.envelope import Envelope
from llm_tracer_service.api.not_served import not_served
from llm_tracer_service.api.operation import routes_of
from llm_tracer_service.api.refusals import problem_response
from llm_tracer_service.api.routes import OPERATIONS
from llm_tracer_service.errors import problem_of
from llm_tracer_service.reading.pricing import PriceBook
from llm_tracer_service.service import make_service
from llm_tracer_service.serving.maintenance import Maintenance, flushing, upkeep_of
from llm_tracer_service.settings import Settings
from llm_tracer_service.store.base import Clock
from llm_tracer_service.store.contract import TraceStore


def create_app(
    settings: Settings,
    store: TraceStore,
    reader: Reader,
    clock: Clock = time.time_ns,
    prices: PriceBook | None = None,
    can_wait: bool = True,
) -> Starlette:
    """The application over an open store, which the caller closes. Raises BadSetting for invalid keys.

    `prices` are those that the reader uses, for the answer about their origin. Without `can_wait` no request waits for
    changes: the answer comes at once and says when to ask again.

    `app.state.service` has the parts, for the server that runs it and for other entrances (gRPC, Lambda).
    """
    service = make_service(settings, store, reader, clock, prices, can_wait)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        limits = settings.retention_days, settings.max_store_bytes
        maintenance = Maintenance([flushing(service.ingest_log), upkeep_of(store, *limits)])
        maintenance.start()
        yield
        service.bell.close()
        maintenance.stop()

    app = Starlette(
        routes=routes_of(OPERATIONS, service),
        middleware=[Middleware(Envelope)],
        exception_handlers={HTTPException: _refuse},
        lifespan=lifespan,
    )
    # A redirected POST would confuse its sender.
    app.router.redirect_slashes = False
    app.router.default = _without_spare_slashes(app.router)
    app.state.service = service
    return app


def _without_spare_slashes(router: Router) -> ASGIApp:
    """What answers where no route fits: exporters put `/v1/traces` behind a base that ends with a slash. Only what is sent is
    taken so: a question or a deletion whose id is empty is another one."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        path = re.sub("/{2,}", "/", scope["path"]).rstrip("/")
        is_sent = scope["type"] == "http" and scope["method"] == "POST"
        if is_sent and path not in ("", scope["path"]):
            await router({**scope, "path": path}, receive, send)
        else:
            await router.not_found(scope, receive, send)

    return answer


async def _refuse(request: Request, fault: Exception) -> Response:
    problem = problem_of(fault)
    if problem.status in (404, 405):
        problem = not_served(request.url.path) or problem
    return problem_response(problem, request)
