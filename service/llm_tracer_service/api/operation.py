"""A route as data: what it takes, returns and needs; and the one way in which all routes are run.

The OpenAPI document and the routing table are both made from these, so neither can say what the other does not.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from inspect import iscoroutinefunction
from typing import Any, Literal, TypeAlias, cast

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from llm_tracer_service import misfit
from llm_tracer_service.access.auth import Grant, Need
from llm_tracer_service.api import html
from llm_tracer_service.api.refusals import problem_response
from llm_tracer_service.errors import Problem, problem_of
from llm_tracer_service.media import FORM, JSON, PROTOBUF_SPELLINGS, charset, media_type
from llm_tracer_service.receiving.body import as_utf8, decompress, read_body
from llm_tracer_service.receiving.depth import TOO_DEEP, is_too_deep
from llm_tracer_service.receiving.ingest import Source, remember_refusal
from llm_tracer_service.receiving.json_text import decode_leniently
from llm_tracer_service.receiving.objects import check_json, check_msgpack, objects_max_of
from llm_tracer_service.service import Service
from llm_tracer_service.service.room import Share

Method: TypeAlias = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True, slots=True)
class Call:
    """One request to one operation: who asks, and what was sent. `sent` is the body as it travelled, `share` the memory that
    it takes."""

    service: Service
    request: Request
    grant: Grant
    share: Share
    params: Any = None
    sent: bytes = b""

    @property
    def project(self) -> str:
        return self.grant.project

    @property
    def path(self) -> Mapping[str, str]:
        """The parameters in the path, by name."""
        return self.request.path_params

    @property
    def headers(self) -> Mapping[str, str]:
        return self.request.headers

    @property
    def source(self) -> Source:
        """Where the request came from, for the ingest log."""
        return _source(self.request, len(self.sent))

    def body(self) -> bytes:
        """The body, decompressed, and JSON in UTF-8. Call it in a worker thread, since it may be large and has to wait for its
        turn. Raises Problem 400, 413, 415, 503."""
        encoding = self.headers.get("content-encoding")
        if not encoding and self.sent.startswith(_GZIP):
            encoding = "gzip"  # `curl --data-binary @export.gz`: nothing that is taken begins like that
        body = self.sent
        if encoding:
            body = decompress(body, encoding, self.service.settings.max_body_bytes, self.share)
        self.share.before_decoding(len(body))
        media = media_type(self.headers)
        objects_max = objects_max_of(self.service.settings.max_body_bytes)
        if media == FORM or media in PROTOBUF_SPELLINGS:
            return body
        if media.endswith("msgpack"):
            check_msgpack(body, objects_max)
            return body
        body = as_utf8(body, charset(self.headers))
        check_json(body, objects_max)
        return body


_GZIP = b"\x1f\x8b"

Handler: TypeAlias = Callable[[Call], Response] | Callable[[Call], Awaitable[Response]]


_WORKERS = ThreadPoolExecutor(40, "answer")
"""Runs plain handlers. The event loop's own executor takes half the time of Starlette's: 0.1 ms less per request. Idle
threads are reused before a new one is started."""


class NoParams(msgspec.Struct, forbid_unknown_fields=True):
    """An operation that takes no query parameters."""


@dataclass(frozen=True)
class Operation:
    """One method of one path. Plain handlers run in a worker thread, `async` ones on the event loop.

    `params`, `body` and `answer` are the types of the query parameters, of a JSON body, and of a JSON answer; `body_media`
    and `answer_media` name the content types. `other_answers` are statuses besides `status`: partial content, or not
    modified. `refusals` are the statuses to expect besides those that every route has.
    """

    method: Method
    path: str
    handler: Handler
    summary: str
    description: str = ""
    tag: str = "Reading"
    need: Need = "read"
    params: type[msgspec.Struct] = NoParams
    body: type[Any] | None = None
    body_media: tuple[str, ...] = (JSON,)
    answer: type[Any] | None = None
    answer_media: tuple[str, ...] = (JSON,)
    status: int = 200
    other_answers: tuple[int, ...] = ()
    refusals: tuple[int, ...] = ()

    @property
    def is_page(self) -> bool:
        """Whether people see the answer in a browser, refusals included."""
        return self.answer_media == ("text/html",)


SENDING_REFUSALS = (400, 413, 415, 422, 429, 503)

sending = partial(Operation, tag="Sending", need="write", refusals=SENDING_REFUSALS)
"""An operation whose body becomes spans."""


def routes_of(operations: Iterable[Operation], service: Service) -> list[Route]:
    """The routing table: each path once, so that a 405 names every method that it takes."""
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in operations:
        by_path.setdefault(operation.path, {})[operation.method] = operation
    return [Route(path, _endpoint(methods, service), methods=[*methods]) for path, methods in by_path.items()]


def _endpoint(methods: Mapping[str, Operation], service: Service) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        # Starlette adds HEAD to every GET.
        operation = methods["GET" if request.method == "HEAD" else request.method]
        return await _answer(operation, service, request)

    return endpoint


async def _answer(operation: Operation, service: Service, request: Request) -> Response:
    started = time.perf_counter()
    project = ""
    try:
        service.gate.check_browser(request.method, request.headers)
        grant = Grant("") if operation.need == "none" else service.gate.admit(request.headers, operation.need)
        project = grant.project
        params = read_params(operation.params, request.query_params.multi_items())
        with service.room.share() as share:
            sent = await _sent(operation, service, request, project, share)
            response = await _run(operation, Call(service, request, grant, share, params, sent))
        if request.method == "HEAD" and isinstance(response, StreamingResponse):
            response.body_iterator = _no_pieces()  # nobody would read them, and changes have no end
    except Exception as fault:
        # Expected refusals end here, so that they are counted; others go on to the layer that logs them.
        if problem_of(fault).status == 500:
            raise
        response = _refusal(operation, request, fault)
    if project:
        labels = {"route": operation.path, "method": operation.method, "status": str(response.status_code)}
        service.metrics.add(project, "tracer_requests_total", labels=labels)
        service.metrics.add(project, "tracer_request_seconds_total", time.perf_counter() - started)
    return response


def _refusal(operation: Operation, request: Request, fault: Exception) -> Response:
    # A function of its own: if the frame that the fault went through held it, both would stay until the collector runs, with
    # what had arrived of the body.
    problem = problem_of(fault)
    return _page_of(problem) if operation.is_page else problem_response(problem, request)


async def _no_pieces() -> AsyncIterator[bytes]:
    nothing: tuple[bytes, ...] = ()
    for piece in nothing:
        yield piece


def _page_of(problem: Problem) -> Response:
    headers = dict(problem.headers)
    if problem.status == 401:
        # Browsers ask their users only for Basic. Any user name will do; the password is the key.
        headers["WWW-Authenticate"] = 'Basic realm="LLM Tracer: the key as password", charset="UTF-8"'
    return html.page("problem.html", problem.status, headers, title=problem.title, problem=problem)


async def _sent(
    operation: Operation, service: Service, request: Request, project: str, share: Share
) -> bytes:
    if request.method in ("GET", "HEAD"):
        return b""
    try:
        return await read_body(request.stream(), request.headers, service.settings.max_body_bytes, share)
    except Problem as problem:
        if operation.tag == "Sending":
            remember_refusal(service, project, _source(request, 0), problem)
        raise


def _source(request: Request, size_bytes: int) -> Source:
    headers = request.headers
    lost = headers.get("x-llm-tracer-dropped-spans", "")
    return Source(
        request.url.path,
        headers.get("user-agent"),
        size_bytes,
        lost_spans=int(lost) if lost.isascii() and lost.isdigit() and len(lost) < 16 else 0,
        is_spooled=headers.get("x-llm-tracer-spooled") == "1",
    )


async def _run(operation: Operation, call: Call) -> Response:
    if iscoroutinefunction(operation.handler):
        return cast(Response, await operation.handler(call))
    return cast(Response, await asyncio.get_running_loop().run_in_executor(_WORKERS, operation.handler, call))


def read_params(type: type[msgspec.Struct], items: Sequence[tuple[str, str]]) -> msgspec.Struct:  # noqa: A002
    """Query parameters by their type; an empty optional one counts as left out. Raises Problem 400 for a name that is
    unknown or given twice, 422 for an unusable value."""
    fields = _fields_by_name(type)
    sent: dict[str, str] = {}
    for name, value in items:
        if name not in fields:
            known = ", ".join(fields) or "none"
            raise Problem(400, f"There is no parameter {name!r}.", f"Known: {known}.")
        if name in sent:  # one of two queries would be ignored silently, even of a deletion
            raise Problem(400, f"The parameter {name!r} is given twice.", "Send it once.")
        sent[name] = value
    given = {name: value for name, value in sent.items() if value or fields[name].required}
    try:
        return msgspec.convert(given, type, strict=False)
    except msgspec.ValidationError as fault:
        raise Problem(
            422,
            f"A parameter is invalid: {misfit.text_of(fault, [*fields])}.",
            _expected(fault, sent, fields),
        ) from None


@cache
def _fields_by_name(type: type[msgspec.Struct]) -> Mapping[str, msgspec.structs.FieldInfo]:  # noqa: A002
    return {field.encode_name: field for field in msgspec.structs.fields(type)}


def _expected(fault: msgspec.ValidationError, sent: Mapping[str, str], fields: Mapping[str, Any]) -> str:
    name = str(fault).rpartition("`$.")[2].rstrip("`")
    if name not in fields:
        return "See /docs for the parameters of this route."
    return f"{name}={sent.get(name, '')!r} was sent. {description_of(fields[name])}"


def description_of(field: msgspec.structs.FieldInfo) -> str:
    """The description of a parameter, from its declaration."""
    meta = getattr(field.type, "__metadata__", ())
    return next((part.description for part in meta if getattr(part, "description", None)), "")


def json_body(call: Call, type: type[Any]) -> Any:  # noqa: A002
    """The JSON body of a request; an empty body is an empty object. Raises Problem: 415 for another content type, 400 if it
    is not JSON, 422 if its shape is wrong."""
    content_type = media_type(call.headers)
    # A body without a content type is taken as JSON: any other guess would be worse.
    if content_type not in ("", JSON):
        raise unknown_content_type(content_type, (JSON,))
    body = call.body() or b"{}"
    try:
        sent = decode_leniently(partial(msgspec.json.decode, type=type), body)
    except msgspec.ValidationError as fault:
        said = misfit.text_of(fault, misfit.names_in(type))
        raise Problem(
            422, f"The body is invalid: {said}.".replace("?.", "?"), "See /docs for its fields."
        ) from None
    except (msgspec.DecodeError, RecursionError) as fault:
        raise Problem(400, f"The body is not JSON: {fault}.", "Send one JSON object.") from None
    if is_too_deep(msgspec.structs.astuple(sent)):
        raise Problem(400, f"The body has {TOO_DEEP}.", "Send them as JSON text.")
    return sent


def unknown_content_type(content_type: str, taken: tuple[str, ...]) -> Problem:
    """415, naming the content types that are taken."""
    sent = f"Content-Type {content_type!r} is" if content_type else "A body without Content-Type is"
    hint = f"Send one of {', '.join(taken)}" if len(taken) > 1 else f"Send -H 'Content-Type: {taken[0]}'"
    return Problem(415, f"{sent} not accepted here.", f"{hint}.")
