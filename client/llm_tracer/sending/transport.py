"""One kept-alive HTTP connection to the Tracer API. Blocks: only the sender's thread may use it."""

from __future__ import annotations

import contextlib
import encodings.idna  # noqa: F401 - every first connection looks it up, at a time when it must not be imported (guard.importing)
import io
import socket
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ..clock import monotonic_s
from ..version import __version__
from .outbox import PATH

TIMEOUT_S = 10.0
"""For connecting, and for the whole answer to a small body. The server only stores, so it answers in milliseconds."""

SLOWEST_LINK_BYTES_S = 16_000
"""The slowest link that we allow for: sending a body may take that much longer."""

SLOWEST_SERVER_BYTES_S = 30_000
"""The slowest server that we allow for: the answer to a body may take that much longer. A span of 500,000 attributes, 0.7 MB
compressed, keeps a busy server for 15 s. Given up earlier, it would be sent again for ever."""

_ANSWER_BYTES_MAX = 1 << 20


def _own(connection: type[HTTPConnection]) -> type[HTTPConnection]:
    """Inside a cassette, vcrpy has its own connections in `http.client`, which keep a request instead of sending it. They
    name the class in whose place they are."""
    own: type[HTTPConnection] = getattr(connection, "_baseclass", connection)
    return own


class Answer(NamedTuple):
    """`retry_after_s` is what the server asks for, None if nothing."""

    status: int
    body: bytes
    retry_after_s: float | None


def bearer(api_key: str) -> str:
    """The header of a key. Raises ValueError for one that no header can carry; http.client would repeat the key in its
    text."""
    if not (api_key.isascii() and api_key.isprintable()):
        raise ValueError("TRACER_API_KEY has a line break or a character outside ASCII, as no key has")
    return f"Bearer {api_key}"


class Transport:
    """`post` sends one body. Raises OSError or HTTPException when no answer came."""

    def __init__(self, api_url: str, api_key: str | None) -> None:
        """Raises ValueError for a URL that is not http or https with a host, and for a key that no header can carry."""
        parts = urlsplit(api_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"TRACER_API_URL must be http(s)://host[:port], not {api_url!r}")
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._connection = _own(kind)(parts.hostname, parts.port, timeout=TIMEOUT_S)
        self._connection.response_class = _TimedResponse
        self._path = f"{parts.path.rstrip('/')}{PATH}"
        self._headers = {"User-Agent": f"llm-tracer-python/{__version__}"}
        if api_key:
            self._headers["Authorization"] = bearer(api_key)

    def post(self, body: bytes, headers: dict[str, str], *, timeout_s: float | None = None) -> Answer:
        """`timeout_s` limits connecting, sending and the answer each, if it is less than they may take anyway."""
        headers = {**self._headers, **headers}
        is_reused = self._connection.sock is not None
        try:
            return self._post_once(body, headers, timeout_s)
        except (HTTPException, OSError) as error:
            self.close()
            if not is_reused or isinstance(error, TimeoutError):
                raise
        # Servers close idle connections (uvicorn after 5 s), which we notice only by failing: try again on a new one.
        # The server may then see the body twice, but spans replace themselves.
        try:
            return self._post_once(body, headers, timeout_s)
        except (HTTPException, OSError):
            self.close()
            raise

    def _post_once(self, body: bytes, headers: dict[str, str], timeout_s: float | None) -> Answer:
        connection = self._connection
        connection.timeout = _at_most(TIMEOUT_S, timeout_s)
        if connection.sock is None:
            connection.connect()
        connection.sock.settimeout(_at_most(TIMEOUT_S + len(body) / SLOWEST_LINK_BYTES_S, timeout_s))
        # A server that refuses a body for its size answers before it has read it, and closes. That answer counts.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.request("POST", self._path, body, headers)
        if connection.sock is not None:
            connection.sock.settimeout(_at_most(TIMEOUT_S + len(body) / SLOWEST_SERVER_BYTES_S, timeout_s))
        response = connection.getresponse()
        content = response.read(_ANSWER_BYTES_MAX)
        if not response.isclosed():
            self.close()  # longer than any answer of the Tracer API; the rest would be read as the next answer
        return Answer(response.status, content, _seconds(response.headers.get("Retry-After")))

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._connection.close()


def _at_most(longest_s: float, timeout_s: float | None) -> float:
    return longest_s if timeout_s is None else min(timeout_s, longest_s)


class _TimedResponse(HTTPResponse):
    """An answer that has to be complete within the socket's timeout. By itself, that limits only the wait for each
    byte, and a server that sends one every few seconds could keep us for hours."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_TimedReader(sock))


class _TimedReader(io.RawIOBase):
    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._deadline_s = monotonic_s() + (sock.gettimeout() or TIMEOUT_S)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left_s = self._deadline_s - monotonic_s()
        if left_s <= 0:
            raise TimeoutError("the answer took too long")
        self._sock.settimeout(left_s)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


def _seconds(retry_after: str | None) -> float | None:
    """`Retry-After` in its two forms: seconds, or a date."""
    if retry_after is None:
        return None
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    from datetime import UTC, datetime
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
