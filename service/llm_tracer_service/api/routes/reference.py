"""The API about itself: the OpenAPI document, and the same as a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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


@dataclass
class Entry:
    """An operation in the contents of the page; `others` are more paths that do the same."""

    summary: str
    operation_id: str
    method: str
    path: str
    others: list[str] = field(default_factory=list)


def contents(paths: Mapping[str, Mapping[str, Any]]) -> dict[str, list[Entry]]:
    """The operations of an OpenAPI document by their tag. Those that do the same are one entry."""
    by_tag: dict[str, dict[tuple[str, str], Entry]] = {}
    for path, methods in paths.items():
        for method, operation in methods.items():
            of_tag = by_tag.setdefault(operation["tags"][0], {})
            known = of_tag.get((method, operation["summary"]))
            if known is None:
                entry = Entry(operation["summary"], operation["operationId"], method, path)
                of_tag[method, operation["summary"]] = entry
            else:
                known.others.append(path)
    return {tag: list(entries.values()) for tag, entries in by_tag.items()}


def _docs(call: Call) -> Response:
    document = _document()
    return html.page(
        "docs.html",
        document=document,
        contents=contents(document["paths"]),
        settings=SETTINGS,
        fields=known_fields(),
    )


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
