"""Libraries that write OpenTelemetry by themselves: how they are switched on. The forms are those of an instrumentor."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol


class Instrumentor(Protocol):
    """What is used of `opentelemetry.instrumentation.instrumentor.BaseInstrumentor`."""

    def instrument(self, **options: Any) -> Any: ...
    def uninstrument(self) -> Any: ...


class PydanticAI:
    """Agents write spans once `Agent.instrument_all` says so."""

    def instrument(self, **options: Any) -> None:
        pydantic_ai = import_module("pydantic_ai")
        settings = pydantic_ai.InstrumentationSettings(tracer_provider=options["tracer_provider"])
        pydantic_ai.Agent.instrument_all(settings)

    def uninstrument(self) -> None:
        import_module("pydantic_ai").Agent.instrument_all(False)


class Always:
    """It writes to the provider of the process, whoever set it."""

    def instrument(self, **options: Any) -> None:
        pass

    def uninstrument(self) -> None:
        pass


BUILT_IN: dict[str, type[Instrumentor]] = {"pydantic-ai": PydanticAI, "strands-agents": Always}
