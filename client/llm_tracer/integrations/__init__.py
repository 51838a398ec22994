"""`llm_tracer.instrument()`: makes the calls of installed libraries spans, sent through our queue.

Instrumentations that others maintain (OpenInference, OpenTelemetry GenAI, OpenLLMetry) do the work; this package only
chooses among them (libraries.py) and sets up the provider that brings us their spans. Nothing is imported before the
first call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..guard import report as report_error

if TYPE_CHECKING:
    from ..tracer import Tracer
    from .report import Report

__all__ = ["instrument", "uninstrument"]


def instrument(*libraries: str, tracer: Tracer | None = None, tracer_provider: Any = None) -> Report:
    """Switch on the installed instrumentations of `libraries`, or of all installed libraries if none are named.

    Their spans go to `tracer` (by default the default tracer): through `tracer_provider`, or the OpenTelemetry
    provider that the program has set, or a new one that is set for the process. A library that is already
    instrumented is left as it is; calling this again changes nothing. Never raises: `print(instrument())` says what
    was found, what is on, and which `pip install` would help. Call it before the first model call, and after setting
    a provider of your own.
    """
    from .report import Report

    try:
        from .switch import switch_on

        return switch_on(libraries, tracer, tracer_provider)
    except Exception as error:
        report_error("instrument", error)
        return Report(problem=f"Nothing was switched on: {type(error).__name__}: {error}")


def uninstrument() -> None:
    """Undo what `instrument` switched on. The provider stays, but its spans no longer come here. Never raises."""
    try:
        from .switch import switch_off

        switch_off()
    except Exception as error:
        report_error("uninstrument", error)
