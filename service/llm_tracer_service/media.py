"""Content types, by the names that the rest of the service uses."""

from __future__ import annotations

from collections.abc import Mapping

FORM = "multipart/form-data"
JSON = "application/json"
NDJSON = "application/x-ndjson"
MSGPACK = "application/msgpack"
PROBLEM_JSON = "application/problem+json"
PROTOBUF = "application/x-protobuf"

PROTOBUF_SPELLINGS = frozenset({PROTOBUF, "application/protobuf", "application/vnd.google.protobuf"})


def charset(headers: Mapping[str, str]) -> str:
    """The charset that a Content-Type names, in lower case; "" if it names none."""
    for parameter in headers.get("content-type", "").split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip(" \"'").lower()
    return ""


def media_type(headers: Mapping[str, str]) -> str:
    """The Content-Type of a request without its parameters, in lower case; "" if there is none."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()
