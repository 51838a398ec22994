"""A running Tracer API from the view of the commands: its address, a key, and errors that say what to do."""

from __future__ import annotations

import http.client
import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import click

from llm_tracer_service.cli.endings import NotUnderstood, Unreachable, fail
from llm_tracer_service.receiving.trace_ids import whole_trace_id
from llm_tracer_service.settings import said_in_env_file

_Command = TypeVar("_Command", bound=Callable[..., Any])

_TIMEOUT_S = 60
_TRIES = 10
_TRY_AGAIN = (429, 503)

URL = "http://127.0.0.1:8001"
"""Where the Tracer API is unless somebody says otherwise."""

_open_directly = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
"""Ignores HTTP_PROXY: the SDK and the dashboard connect directly too."""


def api_options(command: _Command) -> _Command:
    """Adds the options for the Tracer API and its key. Their defaults are the environment, then `.env`, as for the SDK."""
    url = click.option(
        "--url",
        default=lambda: said_in_env_file("TRACER_API_URL") or URL,
        envvar="TRACER_API_URL",
        help=f"The Tracer API (TRACER_API_URL; {URL}).",
    )
    key = click.option(
        "--key",
        default=lambda: said_in_env_file("TRACER_API_KEY"),
        envvar="TRACER_API_KEY",
        help="The API key, if one is required (TRACER_API_KEY).",
    )
    return url(key(command))


class Refused(Exception):
    """An answer that is not a 2xx, in words: what is wrong, and what to do. Of the query text also where, if it is at fault:
    `position` is the index of the character."""

    def __init__(self, status: int, detail: str, hint: str = "", position: int | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.hint = hint
        self.position = position


class ApiClient:
    """Speaks to one Tracer API. Ends the command if none answers."""

    def __init__(self, url: str, key: str | None, program: str) -> None:
        self.url = url.strip().rstrip("/")
        if not self.url.startswith(("http://", "https://")):
            raise fail(
                f"{self.url!r} is not an address.",
                "Write it as http://host:port, without a path.",
                Unreachable,
            )
        key = (key or "").strip()
        if not (key.isascii() and key.isprintable()):  # http.client would say so with the key in its text
            raise fail(
                "The key has a line break or a character outside ASCII, as no key has.",
                "Set it with --key or TRACER_API_KEY.",
                Unreachable,
            )
        self._headers = {"User-Agent": program, **({"Authorization": f"Bearer {key}"} if key else {})}

    def get(self, path: str, params: Mapping[str, str]) -> http.client.HTTPResponse:
        """An answer whose body is still to be read. Raises Refused."""
        query = _query({name: value for name, value in params.items() if value})
        return self._open(f"{path}?{query}", None, {})

    def ask(self, path: str, **params: Any) -> dict[str, Any]:
        """The JSON answer; parameters without a value are left out, `from_` is `from`. Raises Refused."""
        sent = {name.rstrip("_"): str(value) for name, value in params.items() if value not in (None, "")}
        with self.get(path, sent) as answer:
            return self.json_of(self._read(answer))

    def delete(self, path: str, params: Mapping[str, str]) -> Any:
        """Deletes something; returns the JSON answer. Raises Refused."""
        with self._open(f"{path}?{_query(params)}", None, {}, "DELETE") as answer:
            return self.json_of(self._read(answer))

    def post(self, path: str, body: bytes, content_type: str) -> bytes:
        """Sends a body, repeatedly if the service asks for it; returns the raw answer. Raises Refused."""
        with self._open(path, body, {"Content-Type": content_type}) as answer:
            return self._read(answer)

    def no_tracer_api(self, answered: str) -> click.ClickException:
        """Ends a command that something else answered: the dashboard, or a proxy that wants a sign-in."""
        return fail(
            f"What answers at {self.url} is not a Tracer API: it sent {answered}.",
            "Set the address of the Tracer API with --url; `llm-tracer up` shows it.",
            Unreachable,
        )

    def json_of(self, answer: bytes) -> dict[str, Any]:
        """The JSON object in an answer of the Tracer API."""
        try:
            found = json.loads(answer)
        except ValueError:
            raise self.no_tracer_api("no JSON") from None
        if not isinstance(found, dict):
            raise self.no_tracer_api("something other than a JSON object")
        return found

    def _read(self, answer: http.client.HTTPResponse) -> bytes:
        try:
            return answer.read()
        except (OSError, http.client.HTTPException) as fault:
            raise fail(f"The answer of {self.url} broke off ({fault}).", "Try again.", Unreachable) from None

    def _open(
        self, path: str, body: bytes | None, headers: dict[str, str], method: str | None = None
    ) -> http.client.HTTPResponse:
        everything = {**self._headers, **headers}
        path = quote(path, safe="/?&=%+", errors="surrogatepass")  # an id in it is as somebody typed it
        for tries_left in reversed(range(_TRIES)):
            try:
                request = urllib.request.Request(self.url + path, body, everything, method=method)  # noqa: S310 - the user names it
                answer: http.client.HTTPResponse = _open_directly(request, timeout=_TIMEOUT_S)
                return answer
            except urllib.error.HTTPError as refused:
                if refused.headers.get_content_type() == "text/html":
                    raise self.no_tracer_api(f"a web page ({refused.code})") from None
                if refused.code not in _TRY_AGAIN or not tries_left:
                    raise _as_refused(refused) from None
                time.sleep(_pause_s(refused.headers.get("Retry-After", "")))
            except (OSError, ValueError, http.client.HTTPException) as fault:
                raise fail(
                    f"No Tracer API answers at {self.url} ({fault}).",
                    "Start one with `llm-tracer up`, or set its address with --url.",
                    Unreachable,
                ) from None
        raise AssertionError("the last try returns or raises")


def trace_path(trace_id: str, span_id: str | None = None) -> str:
    """The path of a trace, or of one of its spans, whose ids are as somebody typed them. Ends the command if one is none."""
    path = f"/api/traces/{_id(whole_trace_id(trace_id), 32, 'trace')}"
    return path if span_id is None else f"{path}/spans/{_id(span_id, 16, 'span')}"


def _id(text: str, digits: int, what: str) -> str:
    if re.fullmatch(f"[0-9a-fA-F]{{{digits}}}", text) is None:
        raise fail(
            f"{text[:100]!r} is not the id of a {what}.",
            f"The id of a {what} is {digits} hexadecimal digits.",
            NotUnderstood,
        )
    return text


def _query(params: Mapping[str, str]) -> str:
    try:
        return urlencode(params)
    except UnicodeEncodeError:
        raise fail(
            "An argument is not UTF-8.", "Type it in the encoding of your terminal.", NotUnderstood
        ) from None


def _pause_s(retry_after: str) -> int:
    """How long to wait: what the service says, or a second if a proxy gives a date or nothing."""
    return int(retry_after[:9]) if retry_after.isascii() and retry_after.isdigit() else 1


def _as_refused(answer: urllib.error.HTTPError) -> Refused:
    text = answer.read().decode("utf-8", "replace")
    try:
        problem = json.loads(text)
        return Refused(
            answer.code, str(problem["detail"]), str(problem.get("hint") or ""), problem.get("position")
        )
    except (ValueError, KeyError, TypeError):
        return Refused(answer.code, f"The answer was {answer.code}: {text[:300]}")
