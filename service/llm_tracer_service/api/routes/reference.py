"""The API about itself: the OpenAPI document, and the same as a page."""

from __future__ import annotations

from functools import cache
from typing import Any

from starlette.responses import Response

from llm_tracer_service.api import html
from llm_tracer_service.api.openapi import document
from llm_tracer_service.api.operation import Call, Operation
from llm_tracer_service.api.responses import bytes_response
from llm_tracer_service.json_values import encode_json
from llm_tracer_service.media import JSON
from llm_tracer_service.query import known_fields
from llm_tracer_service.settings import SETTINGS


@cache
def _document() -> dict[str, Any]:
    from llm_tracer_service.api.routes import OPERATIONS as ALL  # here, since this module is part of it

    return document(ALL)


def _openapi(call: Call) -> Response:
    headers = {"Cache-Control": "no-cache"}
    return bytes_response(encode_json(_document()), JSON, call.headers, headers=headers)


def _docs(call: Call) -> Response:
    return html.page("docs.html", document=_document(), settings=SETTINGS, fields=known_fields())


OPERATIONS = [
    Operation(
        "GET",
        "/openapi.json",
        _openapi,
        "This API as OpenAPI",
        tag="Operating",
        need="none",
    ),
    Operation(
        "GET",
        "/docs",
        _docs,
        "This API as a page",
        "Made from the document above; nothing in it comes from another host.",
        tag="Operating",
        need="none",
        answer_media=("text/html",),
    ),
]
