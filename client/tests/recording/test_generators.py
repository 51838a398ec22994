from __future__ import annotations

import asyncio
import copy
import gc
import inspect
import pickle
import weakref
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from typing import Any

import pytest
from llm_tracer import current_span, session, span, trace
from llm_tracer.recording.no_span import NO_SPAN
from llm_tracer.testing import InMemoryExporter, assert_trace


@trace
def words(*said: str) -> Generator[Any, Any, Any]:
    """Some words."""
    for word in said:
        with span(f"inside {word}"):
            yield word


@trace
async def words_later(*said: str) -> AsyncIterator[str]:
    for word in said:
        async with span(f"inside {word}"):
            await asyncio.sleep(0)
            yield word


async def read(generator: AsyncIterator[Any]) -> list[Any]:
    return [item async for item in generator]


# ---- where the span is: inside what is around the call


def test_a_generator_that_is_read_after_the_block_belongs_to_it(recorded_spans: InMemoryExporter) -> None:
    with session("chat"), span("request"):
        now, later = words("a"), words_later("b")
    with session("another"), span("reader"):
        assert list(now) == ["a"]
        assert asyncio.run(read(later)) == ["b"]
    assert_trace(
        recorded_spans,
        """
        request
          words
            inside a
          words_later
            inside b
        reader
        """,
    )
    assert {
        found.name: found.attributes["session.id"]
        for found in recorded_spans.spans
        if found.name.startswith("inside")
    } == {"inside a": "chat", "inside b": "chat"}


def test_a_generator_called_outside_of_all_blocks_is_a_root(recorded_spans: InMemoryExporter) -> None:
    generator = words("a")
    with session("reader"), span("reader"):
        list(generator)
    assert recorded_spans.tree() == {"reader": {}, "words": {"inside a": {}}}
    assert "session.id" not in recorded_spans.span("inside a").attributes


def test_its_span_lasts_from_the_first_step_to_the_last(recorded_spans: InMemoryExporter) -> None:
    generator = words("a")
    with span("before"):
        pass
    list(generator)
    before, found = recorded_spans.span("before"), recorded_spans.span("words")
    assert before.end_time_unix_nano is not None
    assert found.start_time_unix_nano is not None
    assert found.start_time_unix_nano > before.end_time_unix_nano


def test_a_generator_that_nobody_reads_is_no_span_and_holds_nothing(recorded_spans: InMemoryExporter) -> None:
    class Argument: ...

    argument = Argument()
    gone = weakref.ref(argument)
    with span("request"):
        left = [words(argument), words_later(argument)]  # type: ignore[arg-type]
    closed = words("a")
    closed.close()
    assert list(closed) == []
    del argument, left
    gc.collect()
    assert gone() is None
    assert recorded_spans.tree() == {"request": {}}


def test_what_reads_it_is_not_inside_it(recorded_spans: InMemoryExporter) -> None:
    with span("request"):
        now, later = words("a", "b"), words_later("c")

    async def reader() -> None:
        async for _ in later:
            assert current_span() is NO_SPAN
            with span("reads later"):
                await asyncio.sleep(0)

    for _ in now:
        assert current_span() is NO_SPAN
        with span("reads"):
            pass
    asyncio.run(reader())
    assert recorded_spans.tree() == {
        "request": {"words": {"inside a": {}, "inside b": {}}, "words_later": {"inside c": {}}},
        "reads": {},
        "reads later": {},
    }


def test_each_step_may_be_in_another_thread_context_and_task(recorded_spans: InMemoryExporter) -> None:
    async def tasks(generator: AsyncIterator[str]) -> list[str]:
        async def step() -> str:
            return await anext(generator, "end")

        return [await asyncio.create_task(step()) for _ in range(3)]

    with span("request"):
        in_threads, in_contexts, in_tasks = words("a", "b"), words("c", "d"), words_later("e", "f")
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as other, span("reader"):
        read_in_threads = [pool.submit(next, in_threads, "end").result() for pool in (one, other, one)]
        assert current_span().name == "reader"
    assert read_in_threads == ["a", "b", "end"]
    assert [Context().run(next, in_contexts, "end") for _ in range(3)] == ["c", "d", "end"]
    assert asyncio.run(tasks(in_tasks)) == ["e", "f", "end"]
    assert recorded_spans.tree() == {
        "request": {
            "words": {f"inside {word}": {} for word in "abcd"},
            "words_later": {"inside e": {}, "inside f": {}},
        },
        "reader": {},
    }


def test_a_generator_that_reads_another_is_around_it_if_it_called_it(
    recorded_spans: InMemoryExporter,
) -> None:
    @trace
    def called_inside() -> Iterator[str]:
        yield from words("a")

    @trace
    def given(inner: Iterator[str]) -> Iterator[str]:
        for word in inner:
            with span("upper"):
                yield word.upper()

    with span("request"):
        chain = given(words("b"))
    assert [*called_inside(), *chain] == ["a", "B"]
    assert recorded_spans.tree() == {
        "request": {"given": {"upper": {}}, "words": {"inside b": {}}},
        "called_inside": {"words": {"inside a": {}}},
    }


def test_one_left_early_ends_when_it_is_gone(recorded_spans: InMemoryExporter) -> None:
    async def leave_later(generator: AsyncIterator[str]) -> None:
        async for _ in generator:
            break

    with span("request"):
        left, left_later = words("a", "b"), words_later("c", "d")
    next(left)
    del left
    asyncio.run(leave_later(left_later))
    assert recorded_spans.tree() == {"request": {"words": {"inside a": {}}, "words_later": {"inside c": {}}}}
    assert {found.status_code for found in recorded_spans.spans} == {"unset"}


def test_the_loop_closes_one_that_was_left_without_a_word(
    recorded_spans: InMemoryExporter, caplog: pytest.LogCaptureFixture
) -> None:
    closed = []

    @trace
    async def slow_to_close() -> AsyncIterator[str]:
        try:
            yield "a"
        finally:
            await asyncio.sleep(0)
            closed.append(current_span().name)

    async def leave() -> None:
        in_use.append(generator := slow_to_close())
        await anext(generator)

    in_use: list[AsyncIterator[str]] = []
    asyncio.run(leave())
    assert closed == ["slow_to_close"]
    assert not caplog.messages


def test_one_in_a_cycle_that_is_collected_is_closed_by_the_loop(recorded_spans: InMemoryExporter) -> None:
    closed = []

    @trace
    async def slow_to_close(reader: list[Any]) -> AsyncIterator[str]:
        try:
            yield "a"
        finally:
            await asyncio.sleep(0)
            closed.append(current_span().name)

    async def leave() -> None:
        reader: list[Any] = []
        reader.append(slow_to_close(reader))
        await anext(reader[0])
        del reader
        gc.collect()
        for _ in range(5):
            await asyncio.sleep(0)
        assert closed == ["slow_to_close"]

    asyncio.run(leave())
    assert recorded_spans.tree() == {"slow_to_close": {}}


# ---- what the reader sees is what the function gives without its decorator


def stubborn() -> Generator[Any, Any, Any]:
    try:
        got = yield 1
        yield got
    except ValueError:
        yield "caught"
    except GeneratorExit:
        return "closed"
    return "end"


def refusing() -> Generator[Any, Any, Any]:
    try:
        yield 1
    except GeneratorExit:
        yield 2


async def stubborn_later() -> Any:
    try:
        got = yield 1
        yield got
    except ValueError:
        yield "caught"
    except GeneratorExit:
        pass


async def refusing_later() -> Any:
    try:
        yield 1
    except GeneratorExit:
        yield 2


def happens(step: Callable[[Any], Any], generator: Any) -> Any:
    try:
        return step(generator)
    except BaseException as error:
        return type(error), str(error)


STEPS: dict[str, list[Callable[[Any], Any]]] = {
    "read": [next, next, next, next],
    "sent to": [next, lambda generator: generator.send("sent"), next],
    "sent to too early": [
        lambda generator: generator.send("sent"),
        next,
        lambda generator: generator.close(),
    ],
    "thrown at": [next, lambda generator: generator.throw(ValueError("bad")), next],
    "thrown at too early": [lambda generator: generator.throw(ValueError("bad")), next],
    "failing": [next, lambda generator: generator.throw(KeyError("bad")), next],
    "given a StopIteration": [next, lambda generator: generator.throw(StopIteration("bad")), next],
    "closed": [next, lambda generator: generator.close(), next],
    "closed too early": [lambda generator: generator.close(), next],
    "thrown a GeneratorExit": [next, lambda generator: generator.throw(GeneratorExit("bad")), next],
}


@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS)
@pytest.mark.parametrize("function", [stubborn, refusing])
def test_a_reader_sees_no_difference(
    function: Any, steps: list[Callable[[Any], Any]], recorded_spans: InMemoryExporter
) -> None:
    plain, traced = function(), trace(function)()
    assert [happens(step, traced) for step in steps] == [happens(step, plain) for step in steps]


STEPS_LATER: dict[str, list[Callable[[Any], Any]]] = {
    "read": [anext, anext, anext],
    "sent to": [anext, lambda generator: generator.asend("sent"), anext],
    "thrown at": [anext, lambda generator: generator.athrow(ValueError("bad")), anext],
    "thrown at too early": [lambda generator: generator.athrow(ValueError("bad")), anext],
    "failing": [anext, lambda generator: generator.athrow(KeyError("bad")), anext],
    "closed": [anext, lambda generator: generator.aclose(), anext],
    "closed too early": [lambda generator: generator.aclose(), anext],
}


@pytest.mark.parametrize("steps", STEPS_LATER.values(), ids=STEPS_LATER)
@pytest.mark.parametrize("function", [stubborn_later, refusing_later])
def test_a_reader_of_an_async_one_sees_no_difference(
    function: Any, steps: list[Callable[[Any], Any]], recorded_spans: InMemoryExporter
) -> None:
    async def happens_later(step: Callable[[Any], Any], generator: Any) -> Any:
        try:
            return await step(generator)
        except BaseException as error:
            return type(error), str(error)

    async def all_of(generator: Any) -> list[Any]:
        return [await happens_later(step, generator) for step in steps]

    assert asyncio.run(all_of(trace(function)())) == asyncio.run(all_of(function()))


def test_wrong_arguments_fail_at_the_call(recorded_spans: InMemoryExporter) -> None:
    @trace
    def one(word: str) -> Iterator[str]:
        yield word

    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        one()  # type: ignore[call-arg]


# ---- a traced generator function is one, for the frameworks that ask


class Agent:
    @trace
    def steps(self, first: str) -> Iterator[str]:
        yield first


def test_it_stays_a_generator_function(recorded_spans: InMemoryExporter) -> None:
    assert inspect.isgeneratorfunction(words)
    assert inspect.isgeneratorfunction(Agent().steps)
    assert inspect.isasyncgenfunction(words_later)
    assert inspect.isfunction(words)
    assert (words.__name__, words.__doc__, str(inspect.signature(words))) == (
        "words",
        "Some words.",
        "(*said: 'str') -> 'Generator[Any, Any, Any]'",
    )
    assert inspect.isgenerator(words())
    assert inspect.isasyncgen(words_later())
    assert (words().__name__, words().__qualname__) == ("words", "words")


def test_it_can_be_copied_pickled_and_referred_to_weakly() -> None:
    assert pickle.loads(pickle.dumps(words)) is words
    assert copy.deepcopy({"load": words})["load"] is words
    assert weakref.ref(words)() is words


def test_a_method_leaves_self_out(recorded_spans: InMemoryExporter) -> None:
    assert list(Agent().steps("a")) == ["a"]
    assert recorded_spans.span("steps").attributes["input.value"] == '{"first":"a"}'
