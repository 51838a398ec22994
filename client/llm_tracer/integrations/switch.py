"""Switches instrumentations on and off, and remembers which are on."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..default_tracer import get_tracer
from ..guard import report as report_error
from .built_in import BUILT_IN, Instrumentor
from .discovery import Choice, choices, version_of
from .libraries import CONTENT_VARIABLE, CURRENT_RUN
from .report import Finding, Report, State

if TYPE_CHECKING:
    from ..otel import LLMTracerSpanProcessor
    from ..tracer import Tracer

_lock = threading.Lock()
_switched_on: dict[str, Instrumentor] = {}
_processors: list[tuple[Any, LLMTracerSpanProcessor]] = []
"""Our processors, each with the provider it was added to, from which it cannot be removed."""


def switch_on(libraries: Sequence[str], tracer: Tracer | None, provider: Any) -> Report:
    """See `llm_tracer.instrument`."""
    tracer = tracer or get_tracer()
    found = choices()
    if problem := _problem(tracer, found, libraries):
        return Report(tuple(_only_found(choice) for choice in found), problem)
    with _lock:
        provider = _provider_with_ours(tracer, provider)
        findings = tuple(
            _switched(choice, provider) if _is_asked(choice, libraries) else _only_found(choice)
            for choice in found
        )
    names = {choice.library.name for choice in found}
    unknown = [name for name in libraries if name not in names]
    problem = f"Not installed, or not known here: {', '.join(unknown)}." if unknown else ""
    return Report(findings, problem)  # fmt: skip


def switch_off() -> None:
    """See `llm_tracer.uninstrument`."""
    with _lock:
        while _switched_on:
            name, instrumentor = _switched_on.popitem()
            try:
                instrumentor.uninstrument()
            except Exception as error:
                report_error(f"Switching off the instrumentation of {name}", error)
        for _, processor in _processors:
            processor.is_active = False
        if _processors:
            from ..otel.bridge import connect

            connect().runs.finders.clear()


def findings() -> tuple[Finding, ...]:
    """What is installed, without switching anything on or importing it."""
    return tuple(map(_only_found, choices()))


def _problem(tracer: Tracer, found: Sequence[Choice], libraries: Sequence[str]) -> str:
    if not tracer.is_enabled:
        return "Tracing is off (TRACER_ENABLED, or the tracer was shut down), so nothing was switched on."
    if version_of("opentelemetry-sdk") is None:
        advised = [
            c.library.instrumentations[0] for c in found if c.library.instrumentations and not c.entry_point
        ]
        install = " ".join(["opentelemetry-sdk", *advised])
        return f"OpenTelemetry is not installed, so nothing was switched on: pip install {install}"
    if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return "OTEL_SDK_DISABLED is true, so OpenTelemetry makes no spans: unset it."
    return ""


def _is_asked(choice: Choice, libraries: Sequence[str]) -> bool:
    return not libraries or choice.library.name in libraries


def _switched(choice: Choice, provider: Any) -> Finding:
    """The choice, switched on where it can be."""
    name = choice.library.name
    if name in _switched_on:
        return _finding(choice, "on")
    instrumentor = _instrumentor(choice)
    if instrumentor is None:
        return _only_found(choice)
    if getattr(instrumentor, "is_instrumented_by_opentelemetry", False):
        return _finding(choice, "on", "was switched on by the program")
    try:
        # Without this argument an incompatible version is only logged, and looks like success.
        instrumentor.instrument(tracer_provider=provider, raise_exception_on_conflict=True)
    except Exception as error:
        report_error(f"Switching on {choice.instrumentation or name}", error)
        return _finding(choice, "failed", f"{type(error).__name__}: {error}")
    _switched_on[name] = instrumentor
    _connect_runs(choice.instrumentation or "", instrumentor)
    return _finding(choice, "on")


def _instrumentor(choice: Choice) -> Instrumentor | None:
    if choice.library.is_built_in:
        return BUILT_IN[choice.library.name]()
    if choice.entry_point is None:
        return None
    try:
        made: Instrumentor = choice.entry_point.load()()
        return made
    except Exception as error:
        report_error(f"Loading {choice.instrumentation}", error)
        return None


def _connect_runs(instrumentation: str, instrumentor: Any) -> None:
    """If the instrumentation keeps its spans out of OpenTelemetry's context, find them another way (otel/runs.py)."""
    if instrumentation not in CURRENT_RUN:
        return
    from ..otel.bridge import connect

    module, _, function = CURRENT_RUN[instrumentation].partition(":")
    # Makes it call its callbacks where the work is done, also in asyncio, and not in another thread.
    if (handler := getattr(instrumentor, "_tracer", None)) is not None:
        handler.run_inline = True
    connect().runs.finders[instrumentation.replace("-", ".")] = getattr(import_module(module), function)


def _only_found(choice: Choice) -> Finding:
    if choice.library.name in _switched_on:
        return _finding(choice, "on")
    if choice.library.is_built_in or choice.entry_point is not None:
        return _finding(choice, "available")
    return _finding(choice, "missing", f"pip install {choice.library.instrumentations[0]}")


def _finding(choice: Choice, state: State, advice: str = "") -> Finding:
    name = choice.instrumentation
    shown = f"{name} {version_of(name)}" if name else "built in" if choice.library.is_built_in else ""
    if not advice and (name or "").startswith("opentelemetry-") and _leaves_content_out(name or ""):
        advice = f"set {CONTENT_VARIABLE}=span_only to see messages"
    return Finding(choice.library.name, choice.version, state, shown, advice)


def _leaves_content_out(instrumentation: str) -> bool:
    is_genai = "-genai" in instrumentation or instrumentation.endswith("-v2")
    return is_genai and not os.environ.get(CONTENT_VARIABLE)


def _provider_with_ours(tracer: Tracer, provider: Any) -> Any:
    """The provider to use, with our processor added: the given one, the one that is set, or a new one."""
    from opentelemetry import trace as trace_api

    from ..otel import LLMTracerSpanProcessor

    provider = provider or trace_api.get_tracer_provider()
    if not hasattr(provider, "add_span_processor"):  # nobody has set one: this is the API's placeholder
        provider = _new_provider(tracer)
        trace_api.set_tracer_provider(provider)
    for known, processor in _processors:
        if known is provider:
            processor.tracer = tracer
            processor.is_active = True
            return provider
    processor = LLMTracerSpanProcessor(tracer)
    provider.add_span_processor(processor)
    _processors.append((provider, processor))
    return provider


def _new_provider(tracer: Tracer) -> Any:
    """A provider that cuts nothing: a conversation in numbered keys has more than OpenTelemetry's 128 attributes."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import SpanLimits, TracerProvider
    from opentelemetry.sdk.trace.sampling import ParentBased

    from ..otel.sampler import TracerSampler
    from ..sending.wire import process_resource

    many = 1_000_000
    limits = SpanLimits(max_span_attributes=many, max_events=many, max_links=many, max_event_attributes=many)
    # The same resource as our own spans, so that a request contains it once. We flush at the end of the process
    # ourselves (lifecycle.py).
    resource = Resource(dict(process_resource(tracer._settings).attributes))
    sampler = ParentBased(TracerSampler(tracer))
    return TracerProvider(sampler, resource, span_limits=limits, shutdown_on_exit=False)
