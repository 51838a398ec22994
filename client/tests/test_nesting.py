"""Whatever way work is started, a span's parent is the span around the place where it was opened."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st
from llm_tracer import copy_context, span, trace
from llm_tracer.testing import record

Way: TypeAlias = Literal["block", "async block", "function", "task", "thread", "generator", "async generator"]
WAYS: tuple[Way, ...] = ("block", "async block", "function", "task", "thread", "generator", "async generator")


@dataclass
class Work:
    way: Way
    children: list[Work]


works = st.recursive(
    st.builds(Work, st.sampled_from(WAYS), st.just([])),
    lambda inner: st.builds(Work, st.sampled_from(WAYS), st.lists(inner, max_size=3)),
    max_leaves=8,
)

Expected: TypeAlias = dict[str, str | None]


class Run:
    """Does a tree of work, and notes what the parent of every span should be."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self.pool = pool
        self.expected: Expected = {}

    async def do(self, work: Work, parent: str | None) -> None:
        name = f"{len(self.expected)} {work.way}"
        self.expected[name] = parent
        match work.way:
            case "block":
                with span(name):
                    await self.children(work, name)
            case "async block":
                async with span(name):
                    await self.children(work, name)
            case "function":
                await trace(name)(self.children)(work, name)
            case "task":
                with span(name):
                    await asyncio.gather(*(self.do(child, name) for child in work.children))
            case "thread":
                with span(name):
                    run = copy_context(lambda: asyncio.run(self.children(work, name)))
                    await asyncio.get_running_loop().run_in_executor(self.pool, run)
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

    async def children(self, work: Work, name: str) -> None:
        for child in work.children:
            await asyncio.sleep(0)
            await self.do(child, name)


@given(st.lists(works, min_size=1, max_size=3))
@settings(deadline=None, max_examples=60)
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
