"""Ids in paths."""

from __future__ import annotations

import re
from collections.abc import Mapping

from llm_tracer_service.errors import no_such
from llm_tracer_service.receiving.trace_ids import whole_trace_id


def trace_id_in_path(path: Mapping[str, str]) -> str:
    """The trace id, in lower case. Raises Problem 404 for anything else: it names no trace."""
    return _id(whole_trace_id(path["trace_id"]), 32, "trace")


def span_id_in_path(path: Mapping[str, str]) -> str:
    """The span id, in lower case. Raises Problem 404 for anything else: it names no span."""
    return _id(path["span_id"], 16, "span")


def blob_id_in_path(path: Mapping[str, str]) -> str:
    """The SHA-256 of a blob, in lower case. Raises Problem 404 for anything else: it names no blob."""
    return _id(path["sha256"], 64, "blob")


def _id(text: str, digits: int, what: str) -> str:
    lower = text.lower()
    if re.fullmatch(f"[0-9a-f]{{{digits}}}", lower) is None:
        problem = no_such(what)
        problem.hint = f"The id of a {what} is {digits} hexadecimal digits."
        raise problem
    return lower
