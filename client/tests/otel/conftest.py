from __future__ import annotations

from collections.abc import Iterator

import pytest
from llm_tracer.otel import LLMTracerSpanProcessor
from llm_tracer.testing import InMemoryExporter, record
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Tracer


@pytest.fixture
def recorded() -> Iterator[InMemoryExporter]:
    with record() as exporter:
        yield exporter


@pytest.fixture
def otel(recorded: InMemoryExporter) -> Tracer:
    """A tracer of OpenTelemetry whose spans come to `recorded`, too."""
    return otel_tracer()


def otel_tracer() -> Tracer:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(LLMTracerSpanProcessor())
    return provider.get_tracer("some.instrumentation", "1.2")
