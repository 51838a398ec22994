"""The compiled frontend as an ASGI application around Reflex's backend, and the guard in front of both.

Files are few and small, so they are kept in memory. Every answer, also of the backend, gets the headers of
`SECURITY`; a page gets a Content-Security-Policy that allows its own inline scripts by hash, and no foreign hosts.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
}
SECURITY: Final = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "x-frame-options": "DENY",
}
POLICY: Final = (
    "default-src 'none'; script-src 'self'{hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "media-src 'self'; font-src 'self'; worker-src 'self'; connect-src 'self'{sockets}; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
WORKER_POLICY: Final = "default-src 'none'; connect-src 'self'; frame-ancestors 'none'"
"""For scripts: it applies to those that run as workers, which fetch."""
HEALTH: Final = "/_health"
BACKEND: Final = ("/_event", "/ui-api/", "/ping", HEALTH)
PAGES: Final = re.compile(
    r"/(((traces|sessions|spans|compare|overview|errors|patterns|ingest|settings)|trace/[^/]+|session/.+)/?)?",
    re.DOTALL,
)
"""The routes of dashboard.py. Anything else that is not a file is not found."""
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
INLINE_SCRIPT: Final = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)
ENDPOINTS: Final = re.compile(r"`(http|ws)://localhost:\d+(/[\w-]+)`")


@dataclass(frozen=True, slots=True)
class File:
    """A file as it is served. `packed` is its gzipped form, None if that saves nothing."""

    body: bytes
    packed: bytes | None
    type: str
    etag: str
    forever: bool
    policy: str | None


class Frontend:
    """Serves `client`, the compiled frontend, and passes requests for the backend on to `backend`."""

    def __init__(self, client: Path, backend: ASGIApp, public_url: str = "") -> None:
        """`public_url` is where browsers find the backend; "" means at the address of the page."""
        self._backend = backend
        self._elsewhere = f" {public_url} {_as_socket(public_url)}" if public_url else ""
        self._files = {
            f"/{f.relative_to(client).as_posix()}": _load(f, public_url)
            for f in client.rglob("*")
            if _is_served(f)
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(BACKEND):
            await self._backend(scope, receive, send)
        else:
            await self._answer(scope)(scope, receive, send)

    def _answer(self, scope: Scope) -> Response:
        path = scope["path"]
        if scope["method"] not in ("GET", "HEAD"):
            return PlainTextResponse("Only GET is allowed.\n", 405, {"Allow": "GET, HEAD"})
        file, status = self._files.get(path), 200
        if file is None:
            name, status = _page(path)
            file = self._files.get(name)
        if file is None:
            return PlainTextResponse("Not found.\n", 404)
        asked = Headers(scope=scope)
        headers = {
            "content-type": file.type,
            "etag": file.etag,
            "vary": "Accept-Encoding",
            "cache-control": "public, max-age=31536000, immutable" if file.forever else "no-cache",
        }
        if file.policy:
            host = asked.get("host", "")
            sockets = f" ws://{host} wss://{host}" if re.fullmatch(r"[\w.:\[\]-]+", host) else ""
            headers["content-security-policy"] = file.policy.replace("{sockets}", sockets + self._elsewhere)
        if asked.get("if-none-match") == file.etag:
            return Response(None, 304, headers)
        if file.packed is not None and "gzip" in asked.get("accept-encoding", ""):
            return Response(file.packed, status, headers | {"content-encoding": "gzip"})
        return Response(file.body, status, headers)


class Guard:
    """Refuses requests that no page of ours sends, and adds `SECURITY` to every answer.

    On a loopback address, only loopback names (and `allowed_hosts`) are answered to, so that a foreign page whose
    name was made to point here (DNS rebinding) is refused. The Origin of a request must be the host that it asks, or
    one of `origins`. It is then dropped, so that a dashboard behind another port or a proxy works without a setting.
    The health may be asked for under any name: a load balancer knows only an address.
    """

    def __init__(
        self, app: ASGIApp, loopback: bool, allowed_hosts: Iterable[str], origins: Iterable[str]
    ) -> None:
        self._app = app
        self._hosts = LOOPBACK | set(allowed_hosts) if loopback or set(allowed_hosts) else None
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = None if scope["path"] == HEALTH else self._refusal(headers)
        if refusal and scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 4403, "reason": refusal})
            return
        send = _with_headers(send)
        if refusal:
            await PlainTextResponse(refusal + "\n", 403)(scope, receive, send)
            return
        if "origin" in headers:
            scope = {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != b"origin"]}
        await self._app(scope, receive, send)

    def _refusal(self, headers: Headers) -> str | None:
        host = headers.get("host", "")
        name = _address(f"//{host}").hostname or ""
        if self._hosts is not None and name not in self._hosts:
            return (
                "This dashboard answers to local names only. Allow other names with TRACER_DASHBOARD_HOSTS."
            )
        origin = headers.get("origin")
        if origin is None or origin in self._origins:
            return None
        if _address(origin).netloc.lower() != host.lower():
            return "This dashboard does not answer to pages of other origins."
        return None


def _address(text: str) -> SplitResult:
    """An address, parsed; empty if it is not an address, such as `//[`."""
    try:
        return urlsplit(text)
    except ValueError:
        return urlsplit("")


def _page(path: str) -> tuple[str, int]:
    """The compiled page for a path that is not a file, and its status. A missing file has no page.

    >>> _page("/trace/0af7"), _page("/traces/"), _page("/nope"), _page("/assets/x.js")
    (('/__spa-fallback.html', 200), ('/traces/index.html', 200), ('/404.html', 404), ('', 404))
    """
    if not PAGES.fullmatch(path):
        return ("" if "." in path.rsplit("/", 1)[-1] else "/404.html"), 404
    known = {"/": "/index.html", "/traces": "/traces/index.html"}
    return known.get(path.rstrip("/") or "/", "/__spa-fallback.html"), 200


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY.items():
                headers.setdefault(name, value)
            headers.setdefault("content-security-policy", "default-src 'none'; frame-ancestors 'none'")
        await send(message)

    return sending


def _is_served(file: Path) -> bool:
    return file.is_file() and file.suffix in TYPES


def _load(file: Path, public_url: str) -> File:
    """Read a file. Pages and scripts get their policies, the script with addresses its addresses."""
    body = file.read_bytes()
    beside = file.with_name(file.name + ".gz")
    packed = beside.read_bytes() if beside.is_file() else None
    forever = file.parent.name == "assets"
    if file.name.startswith("reflex-env-"):
        body = with_addresses(body.decode(), public_url).encode()
        packed, forever = None, False
    policy = WORKER_POLICY if file.suffix == ".js" else None
    if file.suffix == ".html":
        hashes = "".join(f" 'sha256-{digest}'" for digest in script_hashes(body.decode()))
        policy = POLICY.replace("{hashes}", hashes)
    if packed is not None and len(packed) >= len(body):
        packed = None
    etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    return File(body, packed, TYPES[file.suffix], etag, forever, policy)


def with_addresses(code: str, public_url: str = "") -> str:
    """Replace the compiled addresses of the backend by ones that follow the address of the page, or by `public_url`.

    >>> with_addresses("{PING:`http://localhost:8000/ping`,EVENT:`ws://localhost:8000/_event`}")
    '{PING:location.origin+`/ping`,EVENT:location.origin.replace(/^http/,`ws`)+`/_event`}'
    >>> with_addresses("{EVENT:`ws://localhost:8000/_event`}", "https://events.example")
    '{EVENT:`wss://events.example/_event`}'
    """

    def address(match: re.Match[str]) -> str:
        is_socket = match[1] == "ws"
        if public_url:
            return f"`{_as_socket(public_url) if is_socket else public_url}{match[2]}`"
        socket = ".replace(/^http/,`ws`)" if is_socket else ""
        return f"location.origin{socket}+`{match[2]}`"

    return ENDPOINTS.sub(address, code)


def _as_socket(url: str) -> str:
    return "ws" + url.removeprefix("http")


def script_hashes(html: str) -> list[str]:
    """The CSP hashes (SHA-256, base64) of a page's inline scripts, in order, each only once.

    >>> script_hashes("<script src='/a.js'></script><script>1</script>")
    ['a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s=']
    """
    digests = (hashlib.sha256(code.encode()).digest() for code in INLINE_SCRIPT.findall(html))
    return list(dict.fromkeys(base64.b64encode(digest).decode() for digest in digests))
