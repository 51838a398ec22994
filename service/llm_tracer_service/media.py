"""Content types, by the names that the rest of the service uses."""

from __future__ import annotations

from collections.abc import Mapping

JSON = "application/json"
NDJSON = "application/x-ndjson"
MSGPACK = "application/msgpack"
PROBLEM_JSON = "application/problem+json"
PROTOBUF = "application/x-protobuf"

PROTOBUF_SPELLINGS = frozenset({PROTOBUF, "application/protobuf", "application/vnd.google.protobuf"})


def media_type(headers: Mapping[str, str]) -> str:
    """The Content-Type of a request without its parameters, in lower case; "" if there is none."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()
