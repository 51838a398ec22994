"""What a span says of an exception, by the names of OpenTelemetry."""

from __future__ import annotations

from traceback import format_exception, format_tb

from .encode import type_name


def exception_attributes(error: BaseException, *, captures_content: bool) -> dict[str, str | None]:
    """Those of the event `exception`. Without content there is no message: messages quote what they complain about."""
    if captures_content:
        # With its causes: "the above exception was the direct cause" is often the answer.
        message, lines = message_of(error), format_exception(type(error), error, error.__traceback__)
    else:
        message, lines = None, format_tb(error.__traceback__)
    return {
        "exception.type": type_name(error),
        "exception.message": message,
        "exception.stacktrace": "".join(lines),
    }


def message_of(error: BaseException) -> str:
    """`str(error)`, whatever its class makes of that."""
    try:
        return str(error)
    except Exception as own_error:
        return f"<{type_name(error)} that cannot be printed: {type(own_error).__name__}>"
