"""A framework that tells OpenTelemetry nothing of its current span, as LangChain: what is opened inside is inside."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import pytest
from llm_tracer import span
from llm_tracer.otel import LLMTracerSpanProcessor
from llm_tracer.otel.bridge import connect
from llm_tracer.testing import InMemoryExporter
from opentelemetry import trace as otel_api
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Tracer

SCOPE = "some.framework"


class Framework:
    """Runs nest by a variable of its own; `executing` is False where it waits for the answer of a model."""

    def __init__(self, provider: TracerProvider) -> None:
        self.tracer = provider.get_tracer(SCOPE)
        self.current: ContextVar[otel_api.Span | None] = ContextVar("framework", default=None)

    def begin(self, name: str) -> otel_api.Span:
        around = self.current.get()
        return self.tracer.start_span(name, otel_api.set_span_in_context(around) if around else None)

    @contextmanager
    def run(self, name: str, *, executing: bool = True) -> Iterator[otel_api.Span]:
        run = self.begin(name)
        token = self.current.set(run) if executing else None
        try:
            yield run
        finally:
            if token is not None:
                self.current.reset(token)
            run.end()


@pytest.fixture
def provider(recorded: InMemoryExporter) -> TracerProvider:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(LLMTracerSpanProcessor())
    return provider


@pytest.fixture
def framework(provider: TracerProvider) -> Iterator[Framework]:
    framework = Framework(provider)
    connect().runs.finders[SCOPE] = framework.current.get
    yield framework
    connect().runs.finders.clear()


@pytest.fixture
def client(provider: TracerProvider) -> Tracer:
    """Of the SDK of a provider, which asks OpenTelemetry for its parent."""
    return provider.get_tracer("client")


def parent_of(recorded: InMemoryExporter, name: str) -> str | None:
    parent_id = recorded.span(name).parent_span_id
    return next((span.name for span in recorded.spans if span.span_id == parent_id), None)


def test_spans_inside_a_run_are_its_children(
    recorded: InMemoryExporter, framework: Framework, client: Tracer
) -> None:
    with (
        span("ours"),
        framework.run("graph"),
        framework.run("tool"),
        span("inside"),
        client.start_as_current_span("request"),
    ):
        pass
    assert [parent_of(recorded, name) for name in ("request", "inside", "tool", "graph")] == [
        "inside", "tool", "graph", "ours",
    ]  # fmt: skip


def test_a_run_inside_a_span_of_ours_is_its_child_whatever_the_framework_says(
    recorded: InMemoryExporter, framework: Framework
) -> None:
    with framework.run("node"), span("ask"), framework.run("model", executing=False):
        pass
    assert [parent_of(recorded, name) for name in ("model", "ask")] == ["ask", "node"]


def test_the_request_of_a_model_belongs_to_the_run_that_waits_for_it_and_what_the_program_does_does_not(
    recorded: InMemoryExporter, framework: Framework, client: Tracer
) -> None:
    with framework.run("node"), framework.run("model", executing=False):
        client.start_span("request").end()
        with span("while it streams"):
            pass
    assert parent_of(recorded, "request") == "model"
    assert parent_of(recorded, "while it streams") == "node"


def test_a_run_that_an_error_left_without_an_end_is_over_with_the_one_around_it(
    recorded: InMemoryExporter, framework: Framework, client: Tracer
) -> None:
    with framework.run("graph"):
        framework.begin("left")
    client.start_span("later").end()
    assert parent_of(recorded, "later") is None


def test_a_framework_that_cannot_be_asked_is_left_out(
    recorded: InMemoryExporter, framework: Framework
) -> None:
    def broken() -> otel_api.Span | None:
        raise RuntimeError("no")

    connect().runs.finders[SCOPE] = broken
    with framework.run("graph"), span("inside"):
        pass
    assert parent_of(recorded, "inside") is None
