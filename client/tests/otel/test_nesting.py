"""Spans of ours and of OpenTelemetry, tasks, threads and generators in any mixture: the parent is what is around."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from hypothesis import given, settings
from hypothesis import strategies as st
from llm_tracer import copy_context, span, trace
from llm_tracer.otel import LLMTracerSpanProcessor
from llm_tracer.testing import record
from opentelemetry import context as otel_context
from opentelemetry import trace as otel_api
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

Way: TypeAlias = Literal[
    "block", "task", "thread", "generator", "async generator",
    "otel block", "otel task", "otel thread", "otel generator", "otel started by hand", "otel headers",
]  # fmt: skip


@dataclass
class Work:
    way: Way
    children: list[Work]


ways = st.sampled_from(get_args(Way))
works = st.recursive(
    st.builds(Work, ways, st.just([])),
    lambda inner: st.builds(Work, ways, st.lists(inner, max_size=3)),
    max_leaves=10,
)


class Run:
    """Does a tree of work, and notes what the parent of every span should be."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self.pool = pool
        self.expected: dict[str, str | None] = {}
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(LLMTracerSpanProcessor())
        self.otel = provider.get_tracer("test")

    async def do(self, work: Work, parent: str | None) -> None:
        name = f"{len(self.expected)} {work.way}"
        self.expected[name] = parent
        match work.way:
            case "block":
                with span(name):
                    await self.children(work, name)
            case "task":
                with span(name):
                    await asyncio.gather(*(self.do(child, name) for child in work.children))
            case "thread":
                with span(name):
                    await self.in_thread(copy_context(lambda: asyncio.run(self.children(work, name))))
            case "generator":

                @trace(name)
                def each() -> Iterator[Work]:
                    with span(f"inside {name}"):
                        yield from work.children

                self.expected[f"inside {name}"] = name
                for child in each():
                    await self.do(child, parent)
            case "async generator":

                @trace(name)
                async def each_later() -> AsyncIterator[Work]:
                    yield work
                    await self.children(work, name)

                async for _ in each_later():
                    await asyncio.sleep(0)
            case "otel block":
                with self.otel.start_as_current_span(name):
                    await self.children(work, name)
            case "otel task":
                with self.otel.start_as_current_span(name):
                    await asyncio.gather(*(self.do(child, name) for child in work.children))
            case "otel thread":
                with self.otel.start_as_current_span(name):
                    around = (
                        otel_context.get_current()
                    )  # as opentelemetry-instrumentation-threading hands it on

                    def work_in_it() -> None:
                        token = otel_context.attach(around)
                        asyncio.run(self.children(work, name))
                        otel_context.detach(token)

                    await self.in_thread(work_in_it)
            case "otel generator":

                @trace(name)
                def each_in_otel() -> Iterator[Work]:
                    with self.otel.start_as_current_span(f"inside {name}"):
                        yield from work.children

                self.expected[f"inside {name}"] = name
                for child in each_in_otel():
                    await self.do(child, parent)
            case "otel started by hand":
                by_hand = self.otel.start_span(name)
                with otel_api.use_span(by_hand):
                    await self.children(work, name)
                by_hand.end()
            case "otel headers":
                with self.otel.start_as_current_span(name):
                    headers: dict[str, str] = {}
                    TraceContextTextMapPropagator().inject(headers)
                far_away = TraceContextTextMapPropagator().extract(headers, otel_context.Context())
                token = otel_context.attach(far_away)
                await self.children(work, name)
                otel_context.detach(token)

    async def in_thread(self, function: object) -> None:
        await asyncio.get_running_loop().run_in_executor(self.pool, function)  # type: ignore[arg-type]

    async def children(self, work: Work, name: str) -> None:
        for child in work.children:
            await asyncio.sleep(0)
            await self.do(child, name)


@given(st.lists(works, min_size=1, max_size=3))
@settings(deadline=None, max_examples=80)
def test_every_span_has_the_parent_of_its_place(roots: list[Work]) -> None:
    async def all_of_them() -> None:
        await asyncio.gather(*(run.do(work, None) for work in roots))

    with ThreadPoolExecutor(max_workers=32) as pool, record() as recorded:
        run = Run(pool)
        asyncio.run(all_of_them())
    name_of = {found.span_id: found.name for found in recorded.spans}
    found = {
        span.name: name_of[span.parent_span_id] if span.parent_span_id else None for span in recorded.spans
    }
    assert found == run.expected
