"""The OpenAPI document, generated from the operations and their types."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any

import msgspec

from llm_tracer_service import __version__
from llm_tracer_service.api.answers import ProblemDetails
from llm_tracer_service.api.operation import Operation, description_of
from llm_tracer_service.api.otlp_paths import is_otlp
from llm_tracer_service.media import PROBLEM_JSON, PROTOBUF

_REF = "#/components/schemas/{name}"
_PATH_PARAM = re.compile(r"\{(\w+)(?::\w+)?\}")

_DESCRIPTION = """\
Receives, stores, finds and serves traces of LLM programs.

Times in answers are RFC 3339 UTC with nanoseconds; `duration_ms` is a number; ids are lower hexadecimal; lists page by
`cursor`. A 2xx for spans means that they survive a power cut. The same span again replaces itself, in any order.
"""

_PATH_PARAMS = {
    "trace_id": "32 hexadecimal digits.",
    "span_id": "16 hexadecimal digits.",
    "run_id": "A UUID, as LangSmith's SDKs make them.",
    "sha256": "64 hexadecimal digits: the SHA-256 of the bytes.",
    "session_id": "As its sender wrote it; slashes may stay.",
    "sent_id": "As its sender wrote it.",
    "media_id": "As the announcement was answered.",
    "name": "The name of a prompt or a dataset.",
    "path": "Anything else.",
}


def document(operations: Iterable[Operation]) -> dict[str, Any]:
    """OpenAPI 3.1 of the operations."""
    listed = list(operations)
    schemas, components = _schemas(listed)
    paths: dict[str, dict[str, Any]] = {}
    for operation in listed:
        path = shown_path(operation.path)
        paths.setdefault(path, {})[operation.method.lower()] = _operation(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "LLM Tracer API", "version": __version__, "description": _DESCRIPTION},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "basic": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "The key as user or as password.",
                },
            },
        },
    }


def shown_path(path: str) -> str:
    """A path as OpenAPI writes it: without Starlette's converters."""
    return _PATH_PARAM.sub(r"{\1}", path)


def _schemas(operations: Iterable[Operation]) -> tuple[dict[Any, Any], dict[str, Any]]:
    types: dict[Any, None] = {ProblemDetails: None}
    for operation in operations:
        types.update(dict.fromkeys(each for each in (operation.body, operation.answer) if each is not None))
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
    return dict(zip(types, schemas, strict=True)), components


def _operation(operation: Operation, schemas: dict[Any, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": _operation_id(operation),
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.description,
        "parameters": [*_path_parameters(operation), *_query_parameters(operation)],
        "responses": _responses(operation, schemas),
        "security": [] if operation.need == "none" else [{"bearer": []}, {"apiKey": []}, {"basic": []}],
    }
    if operation.method in ("POST", "PATCH") or (operation.method, operation.tag) == ("PUT", "Sending"):
        schema = schemas.get(operation.body, {})
        content = {media: {"schema": schema} for media in operation.body_media}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _operation_id(operation: Operation) -> str:
    words = re.findall(r"\w+", shown_path(operation.path)) or ["page"]
    return "_".join([operation.method.lower(), *words])


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _PATH_PARAMS[name],
            "schema": {"type": "string"},
        }
        for name in _PATH_PARAM.findall(operation.path)
    ]


def _query_parameters(operation: Operation) -> list[dict[str, Any]]:
    return [
        {
            "name": field.encode_name,
            "in": "query",
            "required": field.required,
            "description": description_of(field),
            "schema": _plain_schema(field),
        }
        for field in msgspec.structs.fields(operation.params)
    ]


def _plain_schema(field: msgspec.structs.FieldInfo) -> dict[str, Any]:
    schema = msgspec.json.schema(field.type)
    schema.pop("description", None)  # the parameter has it already
    if field.default not in (msgspec.NODEFAULT, None):
        schema["default"] = field.default
    return schema


def _responses(operation: Operation, schemas: dict[Any, Any]) -> dict[str, Any]:
    answer = schemas.get(operation.answer, {})
    content = {media: {"schema": answer} if answer else {} for media in operation.answer_media}
    responses: dict[str, Any] = {str(operation.status): {"description": "Done.", "content": content}}
    for status in operation.other_answers:
        sent = {} if status == HTTPStatus.NOT_MODIFIED else content
        responses[str(status)] = {"description": HTTPStatus(status).phrase, "content": sent}
    problem = {PROBLEM_JSON: {"schema": schemas[ProblemDetails]}}
    refused: dict[str, Any] = {**{media: {} for media in _refused_in(operation)}, **problem}
    for status in sorted({*_always(operation), *operation.refusals}):
        responses[str(status)] = {"description": HTTPStatus(status).phrase, "content": refused}
    return responses


def _refused_in(operation: Operation) -> Iterator[str]:
    """The content types of refusals besides `application/problem+json`, in which any failure may come."""
    if operation.is_page:
        yield "text/html"
    if is_otlp(operation.path):
        yield PROTOBUF


def _always(operation: Operation) -> Iterator[int]:
    """The statuses with which any operation of its kind may refuse."""
    yield from (400, 403, 500)  # a parameter that is unknown or comes twice, a foreign web page
    if operation.need != "none":
        yield from (401, 503)  # keys that cannot be read now
    if operation.method != "GET":
        yield 413  # whatever the body is for
