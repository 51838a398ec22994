"""The app: its pages, the proxy beside them, and the one task that follows the Tracer API."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import reflex as rx
from starlette.types import ASGIApp

from . import settings, state
from .api import TracerApi
from .live import Live, Snapshot
from .pages import (
    compare,
    errors,
    ingest,
    missing,
    overview,
    patterns,
    session,
    sessions,
    spans,
    trace,
    traces,
)
from .pages import settings as settings_page
from .proxy import starlette_app
from .serve import Guard
from .state import LiveState

_api: TracerApi | None = None


def tracer_api() -> TracerApi:
    """The process's client, made at the first use, inside the loop that uses it."""
    global _api  # one pool a process
    if _api is None:
        _api = TracerApi(settings.current())
    return _api


def connected() -> list[str]:
    """The tokens of the sessions with a connected browser."""
    namespace = app.event_namespace
    return list(namespace.token_to_sid) if namespace is not None else []


async def push(snapshot: Snapshot) -> None:
    """Send a snapshot to every connected session. It is no error if one disconnects meanwhile."""
    state.remember(snapshot)
    for token in connected():
        with contextlib.suppress(Exception):
            async with app.modify_state(rx.BaseStateToken(ident=token, cls=LiveState)) as root:
                (await root.get_state(LiveState)).show(snapshot)


_live = Live(tracer_api, lambda: bool(connected()), push)


async def known() -> str:
    """The state of the news that any answer requested now includes."""
    return state.word_of(await _live.up_to_date())


@contextlib.asynccontextmanager
async def follow() -> AsyncIterator[None]:
    """Run the follower while the process serves, then close the client."""
    task = asyncio.create_task(_live.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await tracer_api().close()


def guarded(backend: ASGIApp) -> ASGIApp:
    """The launcher's guard for those who run the sources, so that foreign pages cannot read traces from there
    either."""
    if settings.is_serving():
        return backend  # the launcher has put it in front of everything
    return Guard(backend, True, settings.current().allowed_hosts, settings.dev_origins())


app = rx.App(
    stylesheets=["/dashboard.css", "/list.css", "/trace.css", "/conversations.css", "/figures.css"],
    reset_style=False,
    html_lang="en",
    app_wraps={},  # none of Reflex's toasts and overlays: the frame shows the connection itself
    toaster=None,
    head_components=[rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml")],
    api_transformer=[starlette_app(tracer_api, known), guarded],
)
app.register_lifespan_task(follow)
for page, route, title in (
    (traces, "/", "Traces"),
    (traces, "/traces", "Traces"),
    (trace, "/trace/[trace_id]", "Trace"),
    (sessions, "/sessions", "Sessions"),
    (session, "/session/[session_id]", "Session"),
    (spans, "/spans", "Spans"),
    (compare, "/compare", "Compare"),
    (overview, "/overview", "Overview"),
    (errors, "/errors", "Errors"),
    (patterns, "/patterns", "Patterns"),
    (ingest, "/ingest", "Ingest"),
    (settings_page, "/settings", "Settings"),
    (missing, "404", "Not found"),
):
    app.add_page(page.page, route=route, title=f"{title} · LLM Tracer", on_load=LiveState.arrive)
