from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from llm_tracer import copy_context, session, span
from llm_tracer.testing import InMemoryExporter


def test_every_span_of_a_session_says_so(recorded_spans: InMemoryExporter) -> None:
    with (
        session("chat-1", user="alice", tags=["beta"], metadata={"plan": "pro"}),
        span("outer"),
        span("inner"),
    ):
        pass
    with span("after"):
        pass
    expected = {
        "session.id": "chat-1",
        "user.id": "alice",
        "tag.tags": ["beta"],
        "metadata": '{"plan":"pro"}',
    }
    assert recorded_spans.span("outer").attributes == expected
    assert recorded_spans.span("inner").attributes == expected
    assert recorded_spans.span("after").attributes == {}


def test_the_inner_session_wins_and_tags_add_up(recorded_spans: InMemoryExporter) -> None:
    with session("a", user="alice", tags=["x", "y"]), session("b", tags=["y", "z"]), span("work"):
        pass
    expected = {"session.id": "b", "user.id": "alice", "tag.tags": ["x", "y", "z"]}
    assert recorded_spans.span("work").attributes == expected


def test_an_attribute_of_the_span_wins_over_the_session(recorded_spans: InMemoryExporter) -> None:
    with session("a"), span("work", **{"session.id": "own"}):
        pass
    assert recorded_spans.span("work").attributes["session.id"] == "own"


def test_tasks_inherit_span_and_session_and_do_not_disturb_each_other(
    recorded_spans: InMemoryExporter,
) -> None:
    async def one(number: int) -> None:
        with span(f"task{number}"):
            await asyncio.sleep(0)
            with span(f"step{number}"):
                await asyncio.sleep(0)

    async def both() -> None:
        async with session("s"):
            with span("root"):
                await asyncio.gather(one(1), one(2))

    asyncio.run(both())
    assert recorded_spans.tree() == {"root": {"task1": {"step1": {}}, "task2": {"step2": {}}}}
    assert {found.attributes["session.id"] for found in recorded_spans.spans} == {"s"}


def test_threads_inherit_by_copy_context(recorded_spans: InMemoryExporter) -> None:
    def work(number: int) -> int:
        with span(f"work{number}"):
            return number

    with ThreadPoolExecutor(4) as pool, span("root"):
        assert list(pool.map(copy_context(work), range(3))) == [0, 1, 2]
        pool.submit(work, 3).result()
    assert recorded_spans.tree() == {"root": {"work0": {}, "work1": {}, "work2": {}}, "work3": {}}
