"""Trees of work that is started in every way there is, and the parent that every span of them has to have."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias

from hypothesis import strategies as st
from llm_tracer import copy_context, span, trace
from llm_tracer.testing import record


@dataclass
class Work:
    way: str
    children: list[Work]


def works(ways: Sequence[str]) -> st.SearchStrategy[list[Work]]:
    """Some trees of works of these ways."""
    way = st.sampled_from(ways)
    tree = st.recursive(
        st.builds(Work, way, st.just([])),
        lambda inner: st.builds(Work, way, st.lists(inner, max_size=3)),
        max_leaves=10,
    )
    return st.lists(tree, min_size=1, max_size=3)


Way: TypeAlias = "Callable[[Work, str, str | None], Awaitable[None]]"
"""Does a work under a span of this name, whose parent is to be the span of that name."""


class Run:
    """Does trees of work, and notes what the parent of every span should be."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self.pool = pool
        self.expected: dict[str, str | None] = {}
        self.ways: dict[str, Way] = {
            "block": self.block,
            "async block": self.async_block,
            "function": self.function,
            "task": self.task,
            "thread": self.thread,
            "generator": self.generator,
            "async generator": self.async_generator,
        }

    async def do(self, work: Work, parent: str | None) -> None:
        name = f"{len(self.expected)} {work.way}"
        self.expected[name] = parent
        await self.ways[work.way](work, name, parent)

    async def children(self, work: Work, name: str) -> None:
        for child in work.children:
            await asyncio.sleep(0)
            await self.do(child, name)

    async def children_at_once(self, work: Work, name: str) -> None:
        await asyncio.gather(*(self.do(child, name) for child in work.children))

    async def in_thread(self, function: Callable[[], None]) -> None:
        await asyncio.get_running_loop().run_in_executor(self.pool, function)

    # ---- the ways

    async def block(self, work: Work, name: str, parent: str | None) -> None:
        with span(name):
            await self.children(work, name)

    async def async_block(self, work: Work, name: str, parent: str | None) -> None:
        async with span(name):
            await self.children(work, name)

    async def function(self, work: Work, name: str, parent: str | None) -> None:
        await trace(name)(self.children)(work, name)

    async def task(self, work: Work, name: str, parent: str | None) -> None:
        with span(name):
            await self.children_at_once(work, name)

    async def thread(self, work: Work, name: str, parent: str | None) -> None:
        with span(name):
            await self.in_thread(copy_context(lambda: asyncio.run(self.children(work, name))))

    async def generator(self, work: Work, name: str, parent: str | None) -> None:
        @trace(name)
        def each() -> Iterator[Work]:
            with span(f"inside {name}"):
                yield from work.children

        self.expected[f"inside {name}"] = name
        for child in each():
            await self.do(child, parent)

    async def async_generator(self, work: Work, name: str, parent: str | None) -> None:
        @trace(name)
        async def each_later() -> AsyncIterator[Work]:
            yield work
            await self.children(work, name)

        async for _ in each_later():
            await asyncio.sleep(0)


def parents(
    roots: list[Work], run_in: type[Run] = Run
) -> tuple[dict[str, str | None], dict[str, str | None]]:
    """Does all of it at once. The parent that every span has, and the one that it should have, by their names."""

    async def all_of_them(run: Run) -> None:
        await asyncio.gather(*(run.do(work, None) for work in roots))

    with ThreadPoolExecutor(max_workers=32) as pool, record() as recorded:
        run = run_in(pool)
        asyncio.run(all_of_them(run))
    name_of = {found.span_id: found.name for found in recorded.spans}
    found = {
        span.name: name_of[span.parent_span_id] if span.parent_span_id else None for span in recorded.spans
    }
    return found, run.expected
