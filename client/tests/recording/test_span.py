from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from llm_tracer import Span, Tracer, copy_context, current_span, session, set_tracer, span, start_span, trace
from llm_tracer.recording.context import ambient_attributes
from llm_tracer.recording.failure import RECURSION_FRAMES
from llm_tracer.recording.no_span import NO_SPAN
from llm_tracer.testing import InMemoryExporter


def test_a_span_inside_a_span_is_its_child(recorded_spans: InMemoryExporter) -> None:
    with span("outer") as outer:
        assert current_span() is outer
        with span("inner") as inner:
            assert current_span() is inner
        assert current_span() is outer
    assert current_span() is NO_SPAN
    assert recorded_spans.span("inner").parent_span_id == outer.span_id
    assert recorded_spans.span("inner").trace_id == recorded_spans.span("outer").trace_id == outer.trace_id


def test_async_with_is_the_same(recorded_spans: InMemoryExporter) -> None:
    async def work() -> None:
        async with span("outer"), span("inner"):
            await asyncio.sleep(0)

    asyncio.run(work())
    assert recorded_spans.tree() == {"outer": {"inner": {}}}


def test_an_exception_marks_the_span_and_goes_on_untouched(recorded_spans: InMemoryExporter) -> None:
    error = ValueError("bad")
    with pytest.raises(ValueError, match="bad") as raised, span("work"):
        raise error
    assert raised.value is error
    work = recorded_spans.span("work")
    assert (work.status_code, work.status_message) == ("error", "bad")
    assert work.attributes["error.type"] == "ValueError"
    (event,) = work.events
    assert event.name == "exception"
    assert event.attributes["exception.type"] == "ValueError"
    assert event.attributes["exception.message"] == "bad"
    assert "in test_an_exception_marks" in event.attributes["exception.stacktrace"]


def test_an_exception_that_cannot_be_printed_is_still_the_apps_own(recorded_spans: InMemoryExporter) -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    with pytest.raises(Mute), span("work"):
        raise Mute
    assert "cannot be printed" in str(recorded_spans.span("work").status_message)


@pytest.mark.parametrize(
    ("code", "status"), [(None, "unset"), (0, "unset"), (1, "error"), ("no input", "error")]
)
def test_a_program_that_ends_with_the_code_of_success_has_not_failed(
    recorded_spans: InMemoryExporter, code: object, status: str
) -> None:
    with pytest.raises(SystemExit), span("main"):
        sys.exit(code)  # type: ignore[arg-type]
    assert recorded_spans.span("main").status_code == status


def test_a_status_said_by_the_app_is_kept(recorded_spans: InMemoryExporter) -> None:
    work = span("work")
    work.set_status("ok")
    with pytest.raises(ValueError, match="x"), work:
        raise ValueError("x")
    assert recorded_spans.span("work").status_code == "ok"


def test_a_span_without_a_block_runs_until_its_end(recorded_spans: InMemoryExporter) -> None:
    with span("outer"):
        free = start_span("free")
        with span("inner"):
            pass
    assert [found.name for found in recorded_spans.spans] == ["inner", "outer"]
    free.end()
    free.end()
    assert recorded_spans.tree() == {"outer": {"free": {}, "inner": {}}}


def test_a_parent_can_be_named(recorded_spans: InMemoryExporter) -> None:
    free = start_span("free")
    with span("elsewhere"):
        start_span("child", parent=free).end()
    free.end()
    assert recorded_spans.tree() == {"free": {"child": {}}, "elsewhere": {}}


def test_everything_said_arrives(recorded_spans: InMemoryExporter) -> None:
    with span("work", kind="llm", model="m", provider="p", **{"my.key": [1, 2]}) as work:
        work.set_input("q")
        work.set_output("a", input_tokens=5, output_tokens=4, cached_tokens=3, reasoning_tokens=2, cost=0.1)
        work.set_attribute("flag", True)
        work.set_attributes({"n": 1})
        work.add_event("retry", attempt=2)
        work.update_name("better")
    better = recorded_spans.span("better")
    expected = {
        "gen_ai.request.model": "m",
        "gen_ai.provider.name": "p",
        "my.key": [1, 2],
        "gen_ai.usage.input_tokens": 5,
        "gen_ai.usage.output_tokens": 4,
        "gen_ai.usage.cache_read.input_tokens": 3,
        "gen_ai.usage.reasoning.output_tokens": 2,
        "llm.cost.total": 0.1,
        "flag": True,
        "n": 1,
    }
    assert expected.items() <= dict(better.attributes).items()
    assert [(event.name, dict(event.attributes)) for event in better.events] == [("retry", {"attempt": 2})]


def test_after_its_end_a_span_changes_no_more(recorded_spans: InMemoryExporter) -> None:
    with span("work") as work:
        pass
    work.set_output("late")
    work.set_attribute("late", 1)
    work.record_exception(ValueError())
    work.update_name("late")
    assert not work.is_recording
    assert not work._attributes
    assert work.name == "work"


def test_an_input_is_taken_as_it_was_at_the_start(recorded_spans: InMemoryExporter) -> None:
    messages = [1]
    with span("work", input=messages):
        messages.append(2)
    assert recorded_spans.span("work").attributes["input.value"] == "[1]"


def test_blocks_that_overlap_leave_no_ended_span_as_parent(recorded_spans: InMemoryExporter) -> None:
    first, second = span("first"), span("second")
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    second.__exit__(None, None, None)
    with span("after"):
        pass
    assert recorded_spans.span("after").parent_span_id is None


def test_time_never_runs_backwards_in_a_span() -> None:
    times = iter([100, 50])
    before = set_tracer(None)
    exporter = InMemoryExporter()
    with Tracer(enabled=True, exporter=exporter, clock=lambda: next(times)).span("work"):
        pass
    set_tracer(before)
    assert exporter.span("work").end_time_unix_nano == 100


def test_a_span_in_1970_ends() -> None:
    exporter = InMemoryExporter()
    with Tracer(exporter=exporter, enabled=True, clock=lambda: 0).span("early") as early:
        pass
    assert not early.is_recording
    assert early.is_sampled
    assert exporter.span("early").end_time_unix_nano


def test_an_event_may_have_any_name_and_an_exception_be_a_text(recorded_spans: InMemoryExporter) -> None:
    with span("work") as work:
        work.add_event(5)  # type: ignore[arg-type]
        work.record_exception("boom")
    events = recorded_spans.span("work").events
    assert [(each.name, each.attributes) for each in events] == [
        ("5", {}), ("exception", {"exception.message": "boom"}),
    ]  # fmt: skip


def test_the_attributes_of_an_event_may_have_any_names(recorded_spans: InMemoryExporter) -> None:
    with span("work") as work:
        work.add_event("retry", {"http.status": 429, "name": "search", "self": 1}, attempt=2)
    (event,) = recorded_spans.span("work").events
    assert event.attributes == {"http.status": 429, "name": "search", "self": 1, "attempt": 2}


def test_a_status_that_is_none_is_said(
    recorded_spans: InMemoryExporter, caplog: pytest.LogCaptureFixture
) -> None:
    with span("work") as work:
        work.set_status("ERROR")  # type: ignore[arg-type]
    assert recorded_spans.span("work").status_code == "unset"
    assert "not 'ERROR'" in caplog.text


def test_no_span_takes_everything_and_keeps_nothing() -> None:
    with NO_SPAN as nothing:
        nothing.set_input(1)
        nothing.set_output(1, input_tokens=1)
        nothing.set_attribute("a", 1)
        nothing.add_event("e")
        nothing.record_exception(ValueError())
        nothing.set_status("error")
        nothing.update_name("n")
        nothing.end()
        assert current_span() is NO_SPAN
    assert not nothing.is_recording
    assert nothing.name == ""


def test_a_generator_that_asyncio_closes_leaves_no_span_as_parent(recorded_spans: InMemoryExporter) -> None:
    async def numbers() -> AsyncIterator[int]:
        async with span("numbers"):
            yield 1
            yield 2

    async def work() -> None:
        with span("root"):
            async for _ in numbers():
                break
            while not recorded_spans.spans:  # a task of the loop closes it, in a copy of this context
                await asyncio.sleep(0)
            with span("after"):
                pass
        with span("last"):
            pass

    asyncio.run(work())
    assert recorded_spans.tree() == {"root": {"numbers": {}, "after": {}}, "last": {}}


@pytest.mark.parametrize(
    "in_what", [lambda call: call, copy_context], ids=["a thread", "a copy of the context"]
)
def test_a_span_that_a_callback_ends_elsewhere_is_no_parent_any_more(
    in_what: Callable[[Callable[[], None]], Callable[[], None]], recorded_spans: InMemoryExporter
) -> None:
    request = span("request")
    request.__enter__()
    with span("inside"):
        pass
    with ThreadPoolExecutor(1) as pool:
        pool.submit(in_what(lambda: request.__exit__(None, None, None))).result()
    assert current_span() is NO_SPAN
    with span("after"):
        pass
    assert recorded_spans.tree() == {"request": {"inside": {}}, "after": {}}


def test_a_span_may_be_entered_again_while_it_is_entered(recorded_spans: InMemoryExporter) -> None:
    with span("root"):
        with (again := span("again")), again:
            pass
        with span("after"):
            pass
    assert recorded_spans.tree() == {"root": {"again": {}, "after": {}}}


def test_spans_that_were_entered_crosswise_lead_nowhere(recorded_spans: InMemoryExporter) -> None:
    with (first := span("first")), span("second"), first:
        pass
    with span("third"), span("fourth"):
        pass
    assert recorded_spans.tree() == {"first": {"second": {}}, "third": {"fourth": {}}}


def test_spans_that_overlap_do_not_hold_each_other_for_ever(recorded_spans: InMemoryExporter) -> None:
    def numbers() -> Iterator[int]:
        with span("numbers"):
            yield 1

    left_early = numbers()
    for _ in range(10):
        next(newer := numbers())
        left_early = newer  # the one before it ends now
    held: Any = current_span()
    length = 0
    while isinstance(held, Span):
        held, length = held._before, length + 1
    assert length <= 2
    left_early.close()


@pytest.mark.parametrize("overlap_s", [0, 0.001])
def test_tasks_that_start_each_other_inside_their_spans_hold_no_ended_ones(
    overlap_s: float, recorded_spans: InMemoryExporter
) -> None:
    async def look_again(times: int) -> int:
        with span("look"), session("watch"):
            following = asyncio.create_task(look_again(times - 1)) if times else None
            await asyncio.sleep(overlap_s)
            held: Any = current_span()
            around: Any = ambient_attributes.get()
        if following is not None:
            return await following
        spans = sessions = 0
        while isinstance(held, Span):
            held, spans = held._before, spans + 1
        while around is not None:
            around, sessions = around.before, sessions + 1
        return max(spans, sessions)

    assert asyncio.run(look_again(20)) <= 3


def test_after_a_stack_overflow_the_tree_goes_on_where_it_was(recorded_spans: InMemoryExporter) -> None:
    @trace
    def deeper() -> None:
        deeper()

    with span("root") as root:
        with pytest.raises(RecursionError):
            deeper()
        assert current_span() is root
    assert all(each.end_time_unix_nano for each in recorded_spans.spans)
    events = [event for each in recorded_spans.spans for event in each.events]
    stacks = [str(event.attributes["exception.stacktrace"]) for event in events]
    assert max(stack.count("in deeper") for stack in stacks) <= RECURSION_FRAMES
    assert " frames before these are left out]" in stacks[-1]


def test_of_two_threads_that_end_a_span_at_once_one_does() -> None:
    def clock() -> int:
        if spans and len(looks) < 2:  # here the other thread comes in between
            looks.append(1)
            spans[0].end()
        return 1

    spans: list[Span] = []
    looks: list[int] = []
    before = set_tracer(None)
    exporter = InMemoryExporter()
    spans.append(Tracer(enabled=True, exporter=exporter, clock=clock).span("work"))
    set_tracer(before)
    spans[0].end()
    assert len(exporter.spans) == 1


def test_a_message_that_is_too_big_is_cut_and_says_so() -> None:
    before = set_tracer(None)
    exporter = InMemoryExporter()
    tracer = Tracer(enabled=True, exporter=exporter, value_limit_bytes=10)
    set_tracer(before)
    with pytest.raises(ValueError, match="x"), tracer.span("raised"):
        raise ValueError("x" * 100)
    with tracer.span("said") as said:
        said.set_status("error", "y" * 100)
    messages = [each.status_message for each in exporter.spans]
    assert messages == [f"{letter * 10} … [cut by the SDK: 90 more characters]" for letter in "xy"]


def test_all_blocks_of_a_task_that_outlives_its_parent_are_children_of_it(
    recorded_spans: InMemoryExporter,
) -> None:
    async def outlive(is_over: asyncio.Event) -> None:
        await is_over.wait()
        for name in ("first", "second"):
            with span(name):
                pass

    async def work() -> None:
        is_over = asyncio.Event()
        with span("root"):
            task = asyncio.create_task(outlive(is_over))
        is_over.set()
        await task
        with span("after"):
            pass

    asyncio.run(work())
    assert recorded_spans.tree() == {"root": {"first": {}, "second": {}}, "after": {}}
