"""`llm_tracer.instrument()`: the calls of the libraries that are installed become spans, sent by our queue.

The work is done by instrumentations that others keep (OpenInference, OpenTelemetry GenAI, OpenLLMetry); here is only
the choice among them (libraries.py) and the provider that brings their spans to us. Nothing is imported before the
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
    """Switch on the installed instrumentations of `libraries` (none named: of all that are installed).

    Their spans go to `tracer` (the default one): through `tracer_provider`, or the provider of OpenTelemetry that the
    program has set, or a new one that is set for the process. A library that is instrumented already is left as it is;
    calling this again changes nothing. Never raises: `print(instrument())` says what was found, what is on, and which
    `pip install` would help. Call it before the first call of a model, and after a provider of your own is set.
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
