"""`/ui-api/…`: the part of the Tracer API that pages may read, on the dashboard's own origin.

Only GET, a closed list of paths, and ids of the right shape. The key is added here and never reaches the browser.
Bodies stream through unread and still compressed; ETag, conditional and range headers pass both ways.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final
from urllib.parse import quote

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from . import settings, view
from .api import TracerApi, Unreachable

TRACE: Final = r"[0-9a-f]{32}"
SPAN: Final = r"[0-9a-f]{16}"
NAMES: Final = (
    "traces", "sessions", "spans", "compare", "stats", "facets", "fields", "explain", "errors", "patterns", "scores", "ingest",
    "storage", "prices", "keys", "configuration",
)  # fmt: skip
"""Paths with the same name on both sides."""

PATHS: Final = {
    **{re.compile(f"/{name}"): f"/api/{name}" for name in NAMES},
    # A session id is any text of a sender; it stays one segment.
    re.compile(r"/sessions/(?P<session>.+)", re.DOTALL): "/api/sessions/{session}",
    re.compile(r"/compare/content"): "/api/compare/content",
    re.compile(r"/explain/spans"): "/api/explain/spans",
    re.compile(rf"/traces/(?P<trace>{TRACE})/hints"): "/api/traces/{trace}/hints",
    re.compile(rf"/traces/(?P<trace>{TRACE})/skeleton"): "/api/traces/{trace}/skeleton",
    re.compile(rf"/traces/(?P<trace>{TRACE})/find"): "/api/traces/{trace}/find",
    re.compile(rf"/traces/(?P<trace>{TRACE})/transcript"): "/api/traces/{trace}/transcript",
    re.compile(rf"/traces/(?P<trace>{TRACE})/spans/(?P<span>{SPAN})"): "/api/traces/{trace}/spans/{span}",
    re.compile(
        rf"/traces/(?P<trace>{TRACE})/spans/(?P<span>{SPAN})/replay"
    ): "/api/traces/{trace}/spans/{span}/replay",
    re.compile(r"/blobs/(?P<blob>[0-9a-f]{64})"): "/api/blobs/{blob}",
}
SENT_ON: Final = ("accept", "accept-encoding", "if-none-match", "if-range", "range")
SENT_BACK: Final = (
    "content-type", "content-encoding", "content-length", "content-range", "content-disposition", "accept-ranges",
    "etag", "last-modified", "retry-after", "vary", "cache-control",
)  # fmt: skip
LIVE: Final = "x-live"
SAFE_MEDIA: Final = re.compile(r"(image/(png|jpeg|gif|webp|avif)|audio/[\w.+-]+|video/[\w.+-]+)\b")
MAX_QUERY: Final = 16_384


def upstream_path(path: str) -> str | None:
    """The Tracer API's path for a path below `/ui-api`, or None if pages may not read it.

    >>> upstream_path("/traces"), upstream_path("/traces/../keys"), upstream_path("/traces/" + "0" * 32)
    ('/api/traces', None, None)
    """
    for pattern, target in PATHS.items():
        if match := pattern.fullmatch(path):
            return target.format(**{name: _segment(value) for name, value in match.groupdict().items()})
    return None


def _segment(text: str) -> str:
    """Any text as a single segment of a path. Dots are escaped too, since `..` would lead elsewhere."""
    return quote(text, safe="").replace(".", "%2E")


def problem(status: int, title: str, detail: str, hint: str) -> JSONResponse:
    """An error of the dashboard itself, in the form that the Tracer API also uses (RFC 9457)."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "hint": hint}
    return JSONResponse(body, status, media_type="application/problem+json")


def routes(api: Callable[[], TracerApi], known: Callable[[], Awaitable[str]]) -> list[Route]:
    """The routes to mount. `api` gives the process's client, made when the loop runs; `known` the word of the news that
    an answer has in it, so that the page does not ask again when it is told of these."""

    async def about(_: Request) -> Response:
        """Texts that depend on this process's settings; small, and the same for everybody."""
        url = api().url
        return JSONResponse(
            {
                "api_url": url,
                "project": api().project,
                "snippets": view.snippets(url),
                "keys": view.key_groups(),
                "can_sign_out": bool(settings.current().password),
            },
            headers={"Cache-Control": "no-cache"},
        )

    async def forward(request: Request) -> Response:
        """Answer from the Tracer API, or say why not."""
        path = upstream_path("/" + request.path_params["path"])
        if path is None:
            return problem(404, "Not found", "The dashboard does not serve this path.", "See docs/api.md.")
        if len(request.url.query) > MAX_QUERY:
            return problem(
                414,
                "Query too long",
                f"The query can have at most {MAX_QUERY} characters.",
                "Shorten the query.",
            )
        headers = {name: request.headers[name] for name in SENT_ON if name in request.headers}
        headers.setdefault("accept-encoding", "identity")
        word = await known()
        try:
            answer = await api().open(path, request.url.query, headers)
        except Unreachable as error:
            told = view.health("disconnected", api().url, str(error))
            return problem(502, told["label"], told["detail"], told["advice"])
        if answer.status_code in (401, 403):
            await answer.aclose()
            told = view.health("refused", api().url, f"HTTP {answer.status_code}")
            return problem(answer.status_code, told["label"], told["detail"], told["advice"])
        back = {name: answer.headers[name] for name in SENT_BACK if name in answer.headers}
        if path.startswith("/api/blobs/"):
            _tame(back)
        else:
            back["cache-control"] = "no-cache"  # revalidate: an ETag makes that cheap
        back[LIVE] = word
        return StreamingResponse(_body(answer), answer.status_code, back)

    return [
        Route("/ui-api/about", about, methods=["GET"]),
        Route("/ui-api/{path:path}", forward, methods=["GET"]),
    ]


def _tame(headers: dict[str, str]) -> None:
    """A stored value must never run as a page of this origin, so anything but plain media is a download."""
    headers["content-security-policy"] = "sandbox; default-src 'none'"
    if not SAFE_MEDIA.match(headers.get("content-type", "")):
        headers["content-disposition"] = "attachment"
        headers["content-type"] = "application/octet-stream"


async def _body(answer: httpx.Response) -> AsyncIterator[bytes]:
    """The bytes as they came. Also closes the answer if the browser goes away."""
    try:
        async for chunk in answer.aiter_raw():
            yield chunk
    finally:
        await answer.aclose()


def starlette_app(api: Callable[[], TracerApi], known: Callable[[], Awaitable[str]]) -> Any:
    """The routes as an application, for `rx.App(api_transformer=…)`."""
    from starlette.applications import Starlette

    return Starlette(routes=routes(api, known))
