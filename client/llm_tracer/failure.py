"""What a span says of an exception, by the names of OpenTelemetry."""

from __future__ import annotations

from traceback import format_exception, format_tb
from typing import TYPE_CHECKING

from .encode import text_of, type_name

if TYPE_CHECKING:
    from types import TracebackType

RECURSION_FRAMES = 50
"""So many frames are written down of a stack that overflowed. All of them, for each of 300 spans in it, took 11 s."""


def exception_attributes(error: BaseException, *, captures_content: bool) -> dict[str, str | None]:
    """Those of the event `exception`. Without content there is no message: messages quote what they complain about."""
    traceback, omitted = error.__traceback__, 0
    if isinstance(error, RecursionError):
        traceback, omitted = _last_of(traceback)
    if captures_content:
        # With its causes: "the above exception was the direct cause" is often the answer.
        message, lines = text_of(error), format_exception(type(error), error, traceback)
    else:
        message, lines = None, format_tb(traceback)
    if omitted:
        lines.insert(0, f"[{omitted} frames before these are left out]\n")
    return {
        "exception.type": type_name(error),
        "exception.message": message,
        "exception.stacktrace": "".join(lines),
    }


def _last_of(traceback: TracebackType | None) -> tuple[TracebackType | None, int]:
    """The traceback from its last frames on, and how many are not there."""
    frames = []
    while traceback is not None:
        frames.append(traceback)
        traceback = traceback.tb_next
    last = frames[-RECURSION_FRAMES:]
    return (last[0] if last else None), len(frames) - len(last)
