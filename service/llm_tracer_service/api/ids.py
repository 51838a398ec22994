"""Ids in paths."""

from __future__ import annotations

import re
from collections.abc import Mapping

from llm_tracer_service.errors import no_such

_TRACE_ID = re.compile("[0-9a-f]{32}")
_SPAN_ID = re.compile("[0-9a-f]{16}")
_BLOB_ID = re.compile("[0-9a-f]{64}")


def trace_id_in_path(path: Mapping[str, str]) -> str:
    """The trace id, lower case. Raises Problem 404: what is no id names no trace."""
    return _id(path["trace_id"], _TRACE_ID, "trace")


def span_id_in_path(path: Mapping[str, str]) -> str:
    """The span id, lower case. Raises Problem 404: what is no id names no span."""
    return _id(path["span_id"], _SPAN_ID, "span")


def blob_id_in_path(path: Mapping[str, str]) -> str:
    """The SHA-256 of a blob, lower case. Raises Problem 404: what is no SHA-256 names no blob."""
    return _id(path["sha256"], _BLOB_ID, "blob")


def _id(text: str, form: re.Pattern[str], what: str) -> str:
    lower = text.lower()
    if form.fullmatch(lower) is None:
        digits = {"trace": 32, "span": 16, "blob": 64}[what]
        problem = no_such(what)
        problem.hint = f"The id of a {what} is {digits} hexadecimal digits."
        raise problem
    return lower
