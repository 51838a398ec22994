"""Whether a span failed, and how severely."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from llm_tracer.model.reading import Level, SpanError
from llm_tracer.model.span import SpanData, SpanEvent, StatusCode

from llm_tracer_service.reading.values import integer, parsed

_LEVELS: dict[str, Level] = {
    "debug": "debug", "default": "info", "info": "info", "warning": "warn", "warn": "warn", "error": "error",
    "critical": "error", "fatal": "error",
}  # fmt: skip
_SEVERITIES: tuple[tuple[int, Level], ...] = ((17, "error"), (13, "warn"), (9, "info"), (0, "debug"))
_EXCEPTIONS = ("exception", "gen_ai.client.operation.exception")


def status_of(
    span: SpanData, facts: Mapping[str, Any], is_always_ok: bool = False
) -> tuple[StatusCode, SpanError | None]:
    """The status as sent, raised to error if it is unset and other facts say that the span failed.

    If only an exception says so, the status stays unset and the error is possible: it counts if the span is a leaf.
    `is_always_ok`: this sender ends failed spans with the status ok too; then an exception says that the span failed.
    """
    exception = exception_of(span) if span.events else None
    if span.status_code == "ok":
        inferred = is_always_ok and exception is not None
    else:
        inferred = span.status_code == "unset" and _looks_failed(span, facts, exception)
    is_possible = span.status_code == "unset" and exception is not None and _left(exception) is not False
    if span.status_code != "error" and not inferred and not is_possible:
        return span.status_code, None
    sent = exception.attributes if exception else {}
    message = (
        span.status_message
        or facts.get("status_message")
        or _text(sent.get("exception.message"))
        or _said_by_stack(sent.get("exception.stacktrace"))
    )
    message, stack = without_stack(message)
    kind = (
        facts.get("error_type")
        or _text(sent.get("exception.type"))
        or _first_word(stack)
        or _first_word(message)
        or _http_status(span.attributes)
    )
    status: StatusCode = "error" if span.status_code == "error" or inferred else "unset"
    return status, SpanError(kind, message, inferred or is_possible)


def exception_of(span: SpanData) -> SpanEvent | None:
    """The last exception that the span recorded: the one that ended it."""
    for event in reversed(span.events):
        if event.name in _EXCEPTIONS:
            return event
    return None


def _said_by_stack(stack: Any) -> str | None:
    """The line of a stack trace with the type and the message: Python's last, everybody else's first."""
    lines = [line for line in stack.splitlines() if line.strip()] if isinstance(stack, str) else []
    if not lines:
        return None
    return (lines[-1] if any(line.startswith("Traceback ") for line in lines) else lines[0]).strip()


def without_stack(message: str | None) -> tuple[str | None, str | None]:
    """A message, and the stack trace after it, which begins with the same message: LangChain.js writes both as one text."""
    if message is None or "\n    at " not in message:
        return message, None
    for found in _STACKS.finditer(message):
        said = message[: found.start()]
        if message.startswith(said, found.end()):
            return said, message[found.start() :].lstrip()
    return message, None


_STACKS = re.compile(r"\n\n[A-Za-z_$][\w.$]*: ")


def level_of(facts: Mapping[str, Any], status: StatusCode) -> Level:
    """The level that was sent, or else the one that follows from the status."""
    sent = facts.get("level")
    if isinstance(sent, str) and sent.lower() in _LEVELS:
        return _LEVELS[sent.lower()]
    severity = facts.get("level_number")
    if severity is not None and status != "error":
        return next(level for least, level in _SEVERITIES if severity >= least)
    return "error" if status == "error" else "info"


def _looks_failed(span: SpanData, facts: Mapping[str, Any], exception: SpanEvent | None) -> bool:
    if "error_type" in facts or facts.get("tool_is_error") is True:
        return True
    if "level" in facts and str(facts["level"]).upper() == "ERROR":
        return True
    if facts.get("tool_failed"):
        return True
    # An exception caught inside is no failure. It is one if the exception left the span, or the status explains it, or the
    # span is a leaf, which only the trace knows.
    if exception is None:
        return False
    left = _left(exception)
    return left is True or (left is None and bool(span.status_message))


def _left(exception: SpanEvent) -> bool | None:
    """Whether an exception left its span; None if it does not say. Python's OpenTelemetry writes "False"."""
    sent = str(exception.attributes.get("exception.escaped")).lower()
    return {"true": True, "false": False}.get(sent)


def result_is_error(result: Any) -> bool:
    """Whether a tool's result says so itself (MCP's isError)."""
    if isinstance(result, str) and "isError" not in result:
        return False
    value = parsed(result)
    return isinstance(value, dict) and value.get("isError") is True


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _http_status(attributes: Mapping[str, Any]) -> str | None:
    """The status of a failed HTTP response, as `error.type` would name it: "500"."""
    for key in ("http.response.status_code", "http.status_code"):
        status = integer(attributes.get(key))
        if status is not None and 400 <= status < 600:
            return str(status)
    return None


def _first_word(message: str | None) -> str | None:
    """The type in a message such as `ValueError: no such city`."""
    if not message:
        return None
    word = message[:200].split(maxsplit=1)[0].rstrip(":")
    return (
        word
        if word.replace(".", "").replace("_", "").isalnum() and message[len(word) : len(word) + 1] == ":"
        else None
    )
