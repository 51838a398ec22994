"""Answers as bytes: JSON, compressed if that pays."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from llm_tracer_service.json_values import encode_json
from llm_tracer_service.media import JSON

GZIP_FROM_BYTES = 16 * 1024
"""Compressing a smaller answer takes longer than sending it, on any network that a laptop has."""

_GZIP_LEVEL = 1


def json_response(
    value: Any, asked: Mapping[str, str], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A value as JSON. `asked` are the request's headers. Caches keep nothing of it, unless `headers` say otherwise."""
    return bytes_response(encode_json(value), JSON, asked, status, headers)


def bytes_response(
    body: bytes,
    media_type: str,
    asked: Mapping[str, str],
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Bytes, compressed if there are many and the client takes gzip."""
    sent = {"Cache-Control": "no-store", "Vary": "Accept-Encoding", **(headers or {})}
    if len(body) >= GZIP_FROM_BYTES and takes_gzip(asked.get("accept-encoding", "")):
        body = gzip.compress(body, _GZIP_LEVEL, mtime=0)
        sent["Content-Encoding"] = "gzip"
    return Response(body, status, sent, media_type=media_type)


def takes_gzip(accept_encoding: str) -> bool:
    """Whether an Accept-Encoding names gzip (or anything), without refusing it by q=0."""
    for offer in accept_encoding.split(","):
        coding, _, weight = offer.replace(" ", "").lower().partition(";q=")
        if coding in ("gzip", "*"):
            return weight not in ("0", "0.0", "0.00", "0.000")
    return False
