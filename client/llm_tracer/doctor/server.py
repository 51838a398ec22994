"""Checks of the Tracer API: whether it answers, whether its clock agrees with ours, whether a trace arrives."""

from __future__ import annotations

import json
import secrets
import time
import urllib.error
import urllib.request
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ..sending.transport import bearer
from ..version import __version__
from .check import Check

_TIMEOUT_S = 5.0
_SKEW_S = 2.0
"""The `Date` of an answer has whole seconds, so a smaller difference cannot be seen."""

_PATIENCE_S = 5.0

_open_directly = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
"""Ignores HTTP_PROXY, as the sender of spans does."""


class Answer(NamedTuple):
    """`status` 0 means that there was no answer, and `text` says why."""

    status: int
    text: str
    date: str | None = None

    @property
    def json(self) -> Any:
        try:
            return json.loads(self.text)
        except ValueError:
            return {}


class Server:
    """The Tracer API at an address, with a key."""

    def __init__(self, api_url: str, api_key: str | None) -> None:
        self.api_url = api_url
        self.api_key = api_key

    def ask(self, method: str, path: str, body: Any = None) -> Answer:
        headers = {"User-Agent": f"llm-tracer-doctor/{__version__}", "Content-Type": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        try:
            if self.api_key:
                headers["Authorization"] = bearer(self.api_key)
            request = urllib.request.Request(self.api_url + path, content, headers, method=method)  # noqa: S310
            with _open_directly(request, timeout=_TIMEOUT_S) as answer:
                return Answer(answer.status, answer.read().decode("utf-8", "replace"), answer.headers["Date"])
        except urllib.error.HTTPError as refused:
            return Answer(refused.code, refused.read().decode("utf-8", "replace"), refused.headers["Date"])
        except (OSError, ValueError) as error:
            return Answer(0, str(getattr(error, "reason", error)))


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # asking for the port of http://localhost:PORT
        return False


def check_answer(server: Server) -> Check:
    if not _is_address(server.api_url):
        text = f"TRACER_API_URL={server.api_url} is no address"
        return Check("server", "problem", text, "set it to http://host:port, without /v1/traces")
    answer = server.ask("GET", "/health")
    if answer.status == 0:
        text = f"nobody answers at {server.api_url} ({answer.text})"
        return Check("server", "problem", text, "start it with `llm-tracer up`, or set TRACER_API_URL")
    health = answer.json
    if answer.status != 200 or not isinstance(health, dict) or "version" not in health:
        text = f"{server.api_url} is no Tracer API: it answers {answer.status} to /health"
        return Check(
            "server", "problem", text, "set TRACER_API_URL to its address; `llm-tracer up` prints it"
        )
    if health.get("status") != "ok":
        text = f"{server.api_url} says that it is {health.get('status')}"
        return Check("server", "warning", text, "its log says why; a full disk is the usual reason")
    version = health["version"]
    if version.split(".")[:2] != __version__.split(".")[:2]:
        text = f"{server.api_url} is version {version}, this SDK {__version__}"
        return Check("server", "warning", text, "install the same version of both")
    return Check("server", "ok", f"{server.api_url} answers, version {version}")


def check_clock(server: Server) -> Check:
    """Spans are shown at the time of the program's clock."""
    asked_s = time.time()
    date = server.ask("GET", "/health").date
    if date is None:
        return Check("clock", "note", "the server does not say its time")
    skew_s = (asked_s + time.time()) / 2 - (parsedate_to_datetime(date).timestamp() + 0.5)
    if abs(skew_s) <= _SKEW_S:
        return Check("clock", "ok", "is the server's")
    text = f"is {abs(skew_s):.0f} s {'ahead of' if skew_s > 0 else 'behind'} the server's: traces are shown there"
    return Check("clock", "warning", text, "set the clock (NTP) of the machine that is wrong")


def check_round_trip(server: Server) -> Check:
    """Send a trace, read it back and delete it."""
    trace_id = secrets.token_hex(16)
    now_ns = time.time_ns()
    span = {
        "trace_id": trace_id, "span_id": secrets.token_hex(8), "name": "llm-tracer doctor", "kind": "chain",
        "start_time_unix_nano": now_ns, "end_time_unix_nano": now_ns + 1_000_000,
    }  # fmt: skip
    sent = server.ask("POST", "/api/spans", {"spans": [span]})
    if sent.status != 200:
        return Check("test trace", "problem", f"was not taken: {_reason(sent)}", _advice(sent.status))
    read = _read(server, trace_id)
    if read.status in (401, 403):
        text = "was taken, but this key may not read: it stays there, named `llm-tracer doctor`"
        return Check("test trace", "note", text)
    if read.status != 200:
        return Check(
            "test trace", "problem", f"was taken, but is not there: {_reason(read)}", "see the server's log"
        )
    deleted = server.ask("DELETE", f"/api/traces/{trace_id}")
    if deleted.status != 200:
        return Check("test trace", "warning", f"arrived, but could not be deleted: {_reason(deleted)}")
    return Check("test trace", "ok", "arrived, was read and deleted")


def _read(server: Server, trace_id: str) -> Answer:
    deadline_s = time.monotonic() + _PATIENCE_S
    while True:
        answer = server.ask("GET", f"/api/traces/{trace_id}")
        if answer.status != 404 or time.monotonic() > deadline_s:
            return answer
        time.sleep(0.05)


def _reason(answer: Answer) -> str:
    return f"{answer.status or 'no answer'} {answer.text[:300].strip()}"


def _advice(status: int) -> str:
    if status == 401:
        return "set TRACER_API_KEY to a key of this server; `llm-tracer keys create NAME` makes one"
    if status == 403:
        return "this key may only read: make one with `llm-tracer keys create NAME --access write`"
    if status == 429:
        return "the project sends more than its rate limit: wait, or raise TRACER_RATE_LIMIT"
    return "see the server's log"
