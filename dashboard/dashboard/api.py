"""A small typed client of the Tracer API: the questions of this process itself, and streamed answers for the proxy.

It adds the key, which nothing else in the dashboard knows. There are three errors: `Unreachable` (no answer),
`Refused` (401, 403) and `Unwell` (any other answer that is not a success, or cannot be read).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

from . import __version__
from .settings import Settings

USER_AGENT: Final = f"llm-tracer-dashboard/{__version__}"
_PATIENCE_S: Final = 5.0
"""How long an answer may take if the API does not have to wait for anything."""


class ApiError(Exception):
    """The Tracer API did not give what was asked for; the text is one line for people."""


class Unreachable(ApiError):
    """No HTTP answer: nothing listens there, the name is unknown, or it took too long."""


class Refused(ApiError):
    """401 or 403: the key is missing, wrong, or may not read."""


class Unwell(ApiError):
    """An answer, but not a good one."""


@dataclass(frozen=True, slots=True)
class ApiHealth:
    """`GET /health`. last_span_at: RFC 3339, None before the first span."""

    status: str
    store: str
    version: str
    last_span_at: str | None


@dataclass(frozen=True, slots=True)
class Changes:
    """`GET /api/changes`, reduced to what the pages need: which traces changed, and where to continue.

    has_more: there already are more changes after `cursor`; ask again without waiting. poll_after_s: otherwise, when
    to ask again if the API does not wait for changes itself (AWS Lambda).
    """

    trace_ids: tuple[str, ...]
    cursor: str
    has_more: bool
    poll_after_s: float = 0.0


class TracerApi:
    """One connection pool to the Tracer API. Made inside a running loop; `close` it there."""

    def __init__(self, settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.url = settings.api_url
        self.project = settings.project
        self._client = httpx.AsyncClient(
            base_url=settings.api_url,
            headers={"Authorization": f"Bearer {settings.api_key}", "User-Agent": USER_AGENT},
            timeout=httpx.Timeout(30.0, connect=3.0),
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=8),
            trust_env=False,  # no proxy from the environment: the only peer is the Tracer API
            follow_redirects=False,
            transport=transport,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def open(self, path: str, query: str, headers: Mapping[str, str]) -> httpx.Response:
        """Open a GET for streaming. `query` is the raw query string. The caller closes the answer.

        Any status counts as an answer here, also 404 and 500. Raises only Unreachable.
        """
        request = self._client.build_request(
            "GET", httpx.URL(path, query=query.encode()), headers=dict(headers)
        )
        try:
            return await self._client.send(request, stream=True)
        except httpx.TransportError as error:
            raise Unreachable(_reason(error)) from error

    async def health(self) -> ApiHealth:
        """Ask whether the API is well. Raises ApiError."""
        data = await self._json("/health", {}, timeout=_PATIENCE_S)
        status, store, version = (str(data.get(name, "")) for name in ("status", "store", "version"))
        return ApiHealth(status, store, version, data.get("last_span_at"))

    async def changes(self, after: str | None, wait_s: float) -> Changes:
        """Wait up to `wait_s` seconds for changes after a cursor; with None, get the present cursor.

        Raises ApiError.
        """
        query = {"wait_s": f"{wait_s:g}"} | ({"after": after} if after else {})
        data = await self._json("/api/changes", query, timeout=wait_s + _PATIENCE_S)
        try:
            ids = [str(trace["trace_id"]) for trace in data.get("traces", ())]
            ids += [str(trace_id) for trace_id in data.get("deleted", ())]
            pause_s = float(data.get("poll_after_s") or 0)
            return Changes(tuple(ids), str(data["cursor"]), bool(data.get("has_more")), pause_s)
        except (KeyError, TypeError, ValueError) as error:
            raise Unwell("its answer is not from a Tracer API") from error

    async def _json(self, path: str, query: dict[str, str], timeout: float) -> dict[str, Any]:
        try:
            response = await self._client.get(path, params=query, timeout=httpx.Timeout(timeout, connect=3.0))
        except httpx.TransportError as error:
            raise Unreachable(_reason(error)) from error
        if response.status_code in (401, 403):
            raise Refused(f"HTTP {response.status_code}")
        try:
            data = response.json()
        except ValueError:
            data = None
        if response.status_code >= 400:
            told = data.get("detail") or data.get("title") if isinstance(data, dict) else None
            raise Unwell(f"HTTP {response.status_code}{f': {told}' if told else ''}")
        if not isinstance(data, dict):
            raise Unwell("its answer is not from a Tracer API")
        return data


def _reason(error: httpx.TransportError) -> str:
    """One line about a failed connection, for people."""
    match error:
        case httpx.ConnectTimeout() | httpx.ReadTimeout() | httpx.PoolTimeout() | httpx.WriteTimeout():
            return "no answer in time"
        case httpx.ConnectError():
            # anyio tries every address and says no more than that all of them failed
            text = _first_line(error)
            plain = not text or "attempts failed" in text or "refused" in text.lower()
            return "connection refused" if plain else text
        case _:
            return _first_line(error) or type(error).__name__


def _first_line(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:200] if text else ""
