"""How libraries that produce OpenTelemetry spans by themselves are switched on, in the form of instrumentors."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol


class Instrumentor(Protocol):
    """The part of `opentelemetry.instrumentation.instrumentor.BaseInstrumentor` that we use."""

    def instrument(self, **options: Any) -> Any: ...
    def uninstrument(self) -> Any: ...


class PydanticAI:
    """Agents produce spans once `Agent.instrument_all` is called."""

    def instrument(self, **options: Any) -> None:
        pydantic_ai = import_module("pydantic_ai")
        settings = pydantic_ai.InstrumentationSettings(tracer_provider=options["tracer_provider"])
        pydantic_ai.Agent.instrument_all(settings)

    def uninstrument(self) -> None:
        import_module("pydantic_ai").Agent.instrument_all(False)


class Always:
    """Always on: it writes to the provider of the process, whoever set that."""

    def instrument(self, **options: Any) -> None:
        pass

    def uninstrument(self) -> None:
        pass


BUILT_IN: dict[str, type[Instrumentor]] = {"pydantic-ai": PydanticAI, "strands-agents": Always}
