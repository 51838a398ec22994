"""Sign-in: before it, only the sign-in page, its style and icon, and the health are served.

People sign in with a password, which gives a session cookie, or a configured proxy says in a header who they are.
"""

from __future__ import annotations

import math
import re
import time
from html import escape
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, quote, urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .attempts import Attempts
from .peers import Peer, peer_of
from .proxy import problem
from .serve import HEALTH, PAGES, script_hashes
from .session_cookie import SESSION_S, SessionCookies
from .settings import Settings

COOKIE: Final = "llm_tracer_session"
SIGN_IN_HEADER: Final = "x-sign-in"
OPEN: Final = frozenset({"/dashboard.css", "/sign-in.css", "/favicon.svg", HEALTH})
MAX_FORM_BYTES: Final = 4096
SIGN_IN_FIRST: Final[Message] = {"type": "websocket.close", "code": 4401, "reason": "Sign in first."}
TEMPLATE: Final = (Path(__file__).parent / "sign_in.html").read_text(encoding="utf-8")
POLICY: Final = (
    "default-src 'none'; script-src {hashes}; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
).format(hashes=" ".join(f"'sha256-{digest}'" for digest in script_hashes(TEMPLATE)))


class Door:
    """Lets those in who have signed in. `settings` have a password or a user header."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._cookies = SessionCookies(settings.password, time.time) if settings.password else None
        self._attempts = Attempts(time.monotonic)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        peer = peer_of(scope, headers, self._settings.proxies)
        if scope["type"] == "websocket":
            if self._is_in(headers, peer):
                await self._app(scope, receive, self._while_in(headers, peer, send))
            else:
                await receive()
                await send(SIGN_IN_FIRST)
        elif scope["path"] in ("/sign-in", "/sign-out") and self._cookies:
            await (await self._own_page(Request(scope, receive), peer, self._cookies))(scope, receive, send)
        elif scope["path"] in OPEN or self._is_in(headers, peer):
            await self._app(scope, receive, send)
        else:
            await self._turn_away(scope)(scope, receive, send)

    def _is_in(self, headers: Headers, peer: Peer) -> bool:
        if self._settings.user_header and peer.is_named_proxy and headers.get(self._settings.user_header):
            return True
        return self._cookies is not None and self._cookies.holds(_cookie(headers))

    def _while_in(self, headers: Headers, peer: Peer, send: Send) -> Send:
        """A socket's `send` until its session ends; then the socket is closed and nothing more is sent."""
        is_closed = False

        async def guarded(message: Message) -> None:
            nonlocal is_closed
            if is_closed:
                return
            if not self._is_in(headers, peer):
                is_closed, message = True, SIGN_IN_FIRST
            await send(message)

        return guarded

    def _turn_away(self, scope: Scope) -> Response:
        """A page redirects to the sign-in, which leads back; any other request gets an error."""
        path = scope["path"]
        if self._cookies is None:
            return PlainTextResponse(
                "This dashboard can only be reached through its proxy, which signs you in.\n", 403
            )
        if scope["method"] in ("GET", "HEAD") and PAGES.fullmatch(path):
            asked = quote(path) + (
                "?" + scope["query_string"].decode("latin-1") if scope["query_string"] else ""
            )
            return RedirectResponse(
                f"/sign-in?next={quote(asked, safe='/')}", 303, {"cache-control": "no-store"}
            )
        answer = problem(401, "Signed out", "You have to sign in to read this.", "Sign in at /sign-in.")
        answer.headers[SIGN_IN_HEADER] = (
            "/sign-in"  # an open page goes there; a 401 of the Tracer API is another matter
        )
        return answer

    async def _own_page(self, request: Request, peer: Peer, cookies: SessionCookies) -> Response:
        if request.url.path == "/sign-out":
            return self._sign_out(request, peer, cookies)
        if request.method == "POST":
            return await self._sign_in(request, peer, cookies)
        if request.method not in ("GET", "HEAD"):
            return PlainTextResponse("Only GET and POST are allowed.\n", 405, {"Allow": "GET, HEAD, POST"})
        return page(request.query_params.get("next", "/"))

    async def _sign_in(self, request: Request, peer: Peer, cookies: SessionCookies) -> Response:
        form = await _form(request)
        if form is None:
            return PlainTextResponse("This is not a valid sign-in form.\n", 413)
        following = form.get("next", "/")
        if wait_s := self._attempts.wait_s(peer.address):
            told = f"Too many attempts. Try again in {_minutes(wait_s)}."
            return page(following, told, 429, {"retry-after": str(math.ceil(wait_s))})
        if not cookies.is_password(form.get("password", "")):
            self._attempts.failed(peer.address)
            return page(following, "Wrong password.", 403)
        self._attempts.succeeded(peer.address)
        answer = RedirectResponse(safe_path(following), 303, {"cache-control": "no-store"})
        _set_cookie(answer, cookies.begin(), SESSION_S, peer)
        return answer

    def _sign_out(self, request: Request, peer: Peer, cookies: SessionCookies) -> Response:
        if request.method != "POST":
            return PlainTextResponse("Only POST is allowed.\n", 405, {"Allow": "POST"})
        cookies.end(_cookie(request.headers))
        answer = RedirectResponse("/sign-in", 303, {"cache-control": "no-store"})
        _set_cookie(answer, "", 0, peer)
        return answer


def page(
    following: str, told: str = "", status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """The sign-in page, which goes on to `following`; `told` is what went wrong."""
    text = TEMPLATE.replace("{next}", escape(safe_path(following))).replace("{told}", escape(told))
    # With no referrer at all, a browser would not say from which origin the form comes.
    own = {"content-security-policy": POLICY, "cache-control": "no-store", "referrer-policy": "same-origin"}
    return HTMLResponse(text, status, own | (headers or {}))


def safe_path(asked: str) -> str:
    """A page of ours with its query, or the first one: a link must not lead people who sign in elsewhere.

    >>> safe_path("/traces?q=a"), safe_path("//evil.example"), safe_path("https://evil.example/")
    ('/traces?q=a', '/', '/')
    """
    is_path = re.fullmatch(r"/(?!/)[\x21-\x7e]*", asked)
    return asked if is_path and PAGES.fullmatch(urlsplit(asked).path) else "/"


async def _form(request: Request) -> dict[str, str] | None:
    """The fields of a small form, the last of each name; None where it is too large or no text."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM_BYTES:
            return None
    try:
        return {name: values[-1] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}
    except ValueError:
        return None


def _cookie(headers: Headers) -> str:
    """The value of our cookie, "" without one. Other programs of this host may have cookies of any form."""
    pairs = (pair.strip().partition("=") for pair in headers.get("cookie", "").split(";"))
    return next((value for name, _, value in pairs if name == COOKIE), "")


def _set_cookie(answer: Response, value: str, seconds: int, peer: Peer) -> None:
    answer.set_cookie(COOKIE, value, max_age=seconds, httponly=True, samesite="lax", secure=peer.is_https)


def _minutes(seconds: float) -> str:
    minutes = math.ceil(seconds / 60)
    return f"{minutes} minute{'s' if minutes > 1 else ''}"
