"""Spans of ours and of OpenTelemetry, tasks, threads and generators in any mixture: the parent is what is around."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given, settings
from llm_tracer import span, trace
from llm_tracer.otel import LLMTracerSpanProcessor
from llm_tracer.testing import InMemoryExporter
from nesting import Run, Work, parents, works
from opentelemetry import context as otel_context
from opentelemetry import trace as otel_api
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

WAYS = (
    "block", "task", "thread", "generator", "async generator",
    "otel block", "otel task", "otel thread", "otel generator", "otel started by hand", "otel headers",
)  # fmt: skip


class RunWithOpenTelemetry(Run):
    """Knows OpenTelemetry's ways, too."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        super().__init__(pool)
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(LLMTracerSpanProcessor())
        self.otel = provider.get_tracer("test")
        self.ways |= {
            "otel block": self.otel_block,
            "otel task": self.otel_task,
            "otel thread": self.otel_thread,
            "otel generator": self.otel_generator,
            "otel started by hand": self.otel_by_hand,
            "otel headers": self.otel_headers,
        }

    async def otel_block(self, work: Work, name: str, parent: str | None) -> None:
        with self.otel.start_as_current_span(name):
            await self.children(work, name)

    async def otel_task(self, work: Work, name: str, parent: str | None) -> None:
        with self.otel.start_as_current_span(name):
            await self.children_at_once(work, name)

    async def otel_thread(self, work: Work, name: str, parent: str | None) -> None:
        with self.otel.start_as_current_span(name):
            around = otel_context.get_current()  # as opentelemetry-instrumentation-threading hands it on

            def work_in_it() -> None:
                token = otel_context.attach(around)
                asyncio.run(self.children(work, name))
                otel_context.detach(token)

            await self.in_thread(work_in_it)

    async def otel_generator(self, work: Work, name: str, parent: str | None) -> None:
        @trace(name)
        def each_in_otel() -> Iterator[Work]:
            with self.otel.start_as_current_span(f"inside {name}"):
                yield from work.children

        self.expected[f"inside {name}"] = name
        for child in each_in_otel():
            await self.do(child, parent)

    async def otel_by_hand(self, work: Work, name: str, parent: str | None) -> None:
        by_hand = self.otel.start_span(name)
        with otel_api.use_span(by_hand):
            await self.children(work, name)
        by_hand.end()

    async def otel_headers(self, work: Work, name: str, parent: str | None) -> None:
        with self.otel.start_as_current_span(name):
            headers: dict[str, str] = {}
            TraceContextTextMapPropagator().inject(headers)
        far_away = TraceContextTextMapPropagator().extract(headers, otel_context.Context())
        token = otel_context.attach(far_away)
        await self.children(work, name)
        otel_context.detach(token)


@given(works(WAYS))
@settings(max_examples=80)
def test_every_span_has_the_parent_of_its_place(roots: list[Work]) -> None:
    found, expected = parents(roots, RunWithOpenTelemetry)
    assert found == expected


def test_a_coroutine_belongs_to_where_it_is_awaited_or_made_a_task(
    recorded: InMemoryExporter, otel: otel_api.Tracer
) -> None:
    """Whichever of the two decorators it has."""

    async def work() -> None: ...

    ours, theirs = trace(name="ours")(work), otel.start_as_current_span("theirs")(work)

    async def run() -> None:
        with span("call"):
            awaited = [ours(), theirs()]
            tasks = [asyncio.create_task(ours()), asyncio.create_task(theirs())]
        with span("await"):
            for one in (*awaited, *tasks):
                await one

    asyncio.run(run())
    assert recorded.tree() == {"call": {"ours": {}, "theirs": {}}, "await": {"ours": {}, "theirs": {}}}
