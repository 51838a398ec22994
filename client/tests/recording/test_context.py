from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer import SpanContext, continue_trace, copy_context, current_span, inject, session, span
from llm_tracer.testing import InMemoryExporter, Tree


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


def test_a_coroutine_function_inherits_by_copy_context(recorded_spans: InMemoryExporter) -> None:
    async def work(number: int) -> int:
        async with span(f"work{number}"):
            await asyncio.sleep(0)
            with span("step"):
                pass
        return number

    async def fail() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            with span("cleaned up"):
                pass

    async def run() -> None:
        with session("chat"), span("request"):
            later = copy_context(work)
            failing = copy_context(fail)
        assert inspect.iscoroutinefunction(later)
        with span("other"):
            assert [await later(1), *await asyncio.gather(later(2), later(3))] == [1, 2, 3]
            failed = asyncio.ensure_future(failing())
            await asyncio.sleep(0)
            failed.cancel()
            with pytest.raises(asyncio.CancelledError):
                await failed
            assert current_span().name == "other"
        begun = later(4)
        begun.send(None)
        begun.close()

    asyncio.run(run())
    request: Tree = {
        "work1": {"step": {}},
        "work2": {"step": {}},
        "work3": {"step": {}},
        "cleaned up": {},
        "work4": {},
    }
    assert recorded_spans.tree() == {"request": request, "other": {}}
    assert recorded_spans.span("work1").attributes["session.id"] == "chat"


def test_a_trace_goes_on_in_another_process(recorded_spans: InMemoryExporter) -> None:
    with span("caller") as caller:
        headers = inject({"accept": "text/plain"})
    assert headers["traceparent"] == caller.traceparent == f"00-{caller.trace_id}-{caller.span_id}-01"
    with continue_trace(headers), span("callee"):
        pass
    with continue_trace({}), span("alone"):
        pass
    callee = recorded_spans.span("callee")
    assert (callee.trace_id, callee.parent_span_id) == (caller.trace_id, caller.span_id)
    assert recorded_spans.span("alone").parent_span_id is None


@pytest.mark.parametrize(
    "carrier",
    [
        {"Traceparent": f"00-{5:032x}-{6:016x}-01"},
        {b"traceparent": f"00-{5:032x}-{6:016x}-01".encode()},
        {"HTTP_TRACEPARENT": f"00-{5:032x}-{6:016x}-01"},
        f" 00-{5:032x}-{6:016x}-01 ",
        f"01-{5:032x}-{6:016x}-01-more",
    ],
)
def test_the_header_is_found_however_it_is_spelled(
    carrier: dict[Any, Any] | str, recorded_spans: InMemoryExporter
) -> None:
    with continue_trace(carrier), span("callee"):
        pass
    assert recorded_spans.span("callee").trace_id == f"{5:032x}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        f"00-{5:032x}-{6:016x}",
        f"ff-{5:032x}-{6:016x}-01",
        f"00-{0:032x}-{6:016x}-01",
        f"00-{5:032x}-{0:016x}-01",
        f"00-{5:032X}A-{6:016x}-01",
        f"00-{'g' * 32}-{6:016x}-01",
        f"00-{5:032x}-{6:016x}-01-more",
    ],
)
def test_a_header_that_is_none_changes_nothing(text: str, recorded_spans: InMemoryExporter) -> None:
    assert SpanContext.from_traceparent(text) is None
    with span("around"), continue_trace(text), span("inside"):
        pass
    assert recorded_spans.tree() == {"around": {"inside": {}}}


def test_where_there_is_no_span_nothing_is_injected(recorded_spans: InMemoryExporter) -> None:
    assert inject({}) == {}
    assert current_span().traceparent == ""


@given(st.integers(1, 2**128 - 1), st.integers(1, 2**64 - 1), st.booleans())
def test_a_traceparent_says_what_it_was_made_of(trace_id: int, span_id: int, is_sampled: bool) -> None:
    context = SpanContext(trace_id, span_id, is_sampled)
    assert SpanContext.from_traceparent(context.traceparent) == context


def test_a_session_that_ends_late_takes_only_itself_away(recorded_spans: InMemoryExporter) -> None:
    def numbers(user: str) -> Iterator[int]:
        with session(user=user):
            yield 1

    left_early = numbers("alice")
    next(left_early)
    with session(user="bob"):
        left_early.close()
        with span("in bob's"):
            pass
    with span("after"):
        pass
    assert recorded_spans.span("in bob's").attributes == {"user.id": "bob"}
    assert recorded_spans.span("after").attributes == {}


def test_what_ends_in_another_thread_changes_nothing_there(recorded_spans: InMemoryExporter) -> None:
    def numbers() -> Iterator[int]:
        with session(user="alice"), continue_trace(f"00-{5:032x}-{6:016x}-01"):
            yield 1

    def begin() -> Iterator[int]:
        next(left_early := numbers())
        return left_early

    with ThreadPoolExecutor(1) as other, session(user="bob"), span("around"):
        other.submit(begin).result().close()  # type: ignore[attr-defined]
        with span("inside"):
            pass
    assert recorded_spans.tree() == {"around": {"inside": {}}}
    assert recorded_spans.span("inside").attributes == {"user.id": "bob"}


def test_one_session_may_be_entered_by_many_tasks_at_a_time(recorded_spans: InMemoryExporter) -> None:
    shared = session("chat")

    async def work(user: str) -> None:
        with session(user=user):
            with shared:
                await asyncio.sleep(0)
            await asyncio.sleep(0)
            with span(user):
                pass

    async def both() -> None:
        await asyncio.gather(work("alice"), work("bob"))

    asyncio.run(both())
    assert recorded_spans.span("alice").attributes == {"user.id": "alice"}
    assert recorded_spans.span("bob").attributes == {"user.id": "bob"}
