from __future__ import annotations

import asyncio
import functools
import inspect
import json
import pickle
import types
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from typing import Any

import pytest
from llm_tracer import Tracer, current_span, session, span, trace
from llm_tracer.recording.generators import COLLECTED_BYTES_MAX
from llm_tracer.recording.no_span import NO_SPAN
from llm_tracer.testing import InMemoryExporter


def content(recorded: InMemoryExporter, name: str) -> tuple[Any, Any]:
    """Input and output of a span, out of their JSON."""
    attributes = recorded.span(name).attributes
    found = []
    for side in ("input", "output"):
        value: Any = attributes.get(f"{side}.value")
        found.append(
            json.loads(value) if attributes.get(f"{side}.mime_type") == "application/json" else value
        )
    return found[0], found[1]


def test_a_call_is_a_span_with_arguments_and_result(recorded_spans: InMemoryExporter) -> None:
    @trace
    def add(a: int, b: int = 1, *more: int, **named: int) -> int:
        """Adds."""
        return a + b

    assert add(1, 2, 3, c=4) == 3
    assert content(recorded_spans, "add") == ({"a": 1, "b": 2, "*args": [3], "c": 4}, 3)
    assert add.__doc__ == "Adds."


def test_the_decorator_takes_a_name_a_kind_and_attributes(recorded_spans: InMemoryExporter) -> None:
    @trace("look up", kind="tool", capture_input=False, capture_output=False, team="a")
    def search(query: str) -> str:
        return query

    search("q")
    assert content(recorded_spans, "look up") == (None, None)
    assert recorded_spans.span("look up").attributes == {
        "llm_tracer.span.kind": "tool",
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "look up",
        "team": "a",
    }


def test_the_name_may_be_given_as_a_keyword(recorded_spans: InMemoryExporter) -> None:
    @trace(name="look up", kind="tool")
    def search(query: str) -> str:
        return query

    search("q")
    assert content(recorded_spans, "look up") == ({"query": "q"}, "q")


def test_methods_leave_self_out(recorded_spans: InMemoryExporter) -> None:
    class Agent:
        @trace
        def run(self, task: str) -> None: ...

        @trace
        @classmethod
        def make(cls, name: str) -> Agent:
            return cls()

        @trace
        @staticmethod
        def helper(x: int) -> None: ...

    Agent.make("n").run("t")
    Agent.helper(1)
    assert content(recorded_spans, "run")[0] == {"task": "t"}
    assert content(recorded_spans, "make")[0] == {"name": "n"}
    assert content(recorded_spans, "helper")[0] == {"x": 1}


def test_a_method_of_an_object_stays_one_of_it(recorded_spans: InMemoryExporter) -> None:
    class Client:
        def chat(self, question: str) -> str:
            return question.upper()

        def stream(self, question: str) -> Iterator[str]:
            yield question

    class Agent:
        chat = trace(Client().chat)
        stream = trace(Client().stream)

    assert (Agent().chat("a"), list(Agent().stream("b"))) == ("A", ["b"])
    assert content(recorded_spans, "chat")[0] == {"question": "a"}
    assert content(recorded_spans, "stream")[0] == {"question": "b"}


def test_the_output_said_inside_wins(recorded_spans: InMemoryExporter) -> None:
    @trace
    def work() -> str:
        current_span().set_output("said")
        return "returned"

    assert work() == "returned"
    assert content(recorded_spans, "work") == (None, "said")


def test_coroutines_stay_coroutines(recorded_spans: InMemoryExporter) -> None:
    @trace
    async def work(x: int) -> list[int]:
        with span("inner"):
            await asyncio.sleep(0)
        return [x]

    assert inspect.iscoroutinefunction(work)
    assert asyncio.run(work(1)) == [1]
    assert content(recorded_spans, "work") == ({"x": 1}, [1])
    assert recorded_spans.tree() == {"work": {"inner": {}}}


def test_a_cancelled_coroutine_is_an_error_and_stays_cancelled(recorded_spans: InMemoryExporter) -> None:
    @trace
    async def work() -> None:
        await asyncio.sleep(60)

    async def cancel() -> None:
        task = asyncio.ensure_future(work())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert recorded_spans.span("work").attributes["error.type"] == "asyncio.exceptions.CancelledError"


def test_a_generator_is_current_only_while_it_runs(recorded_spans: InMemoryExporter) -> None:
    @trace
    def words() -> Iterator[str]:
        with span("first"):
            yield "a"
        with span("second"):
            yield "b"

    for _ in words():
        assert current_span() is NO_SPAN
        with span("reader"):
            pass
    assert recorded_spans.tree() == {"words": {"first": {}, "second": {}}, "reader": {}}
    assert content(recorded_spans, "words") == (None, "ab")


def test_a_generator_keeps_what_is_sent_thrown_and_returned(recorded_spans: InMemoryExporter) -> None:
    @trace
    def echo() -> Generator[Any, Any, str]:
        got = yield 1
        try:
            yield got
        except KeyError:
            yield "caught"
        return "end"

    generator = echo()
    assert next(generator) == 1
    assert generator.send("sent") == "sent"
    assert generator.throw(KeyError()) == "caught"
    with pytest.raises(StopIteration) as stop:
        next(generator)
    assert stop.value.value == "end"
    assert content(recorded_spans, "echo") == (None, [1, "sent", "caught"])
    assert recorded_spans.span("echo").status_code == "unset"


def test_a_generator_that_raises_is_an_error_with_what_it_had_said(recorded_spans: InMemoryExporter) -> None:
    @trace
    def words() -> Iterator[str]:
        yield "a"
        raise ValueError("bad")

    with pytest.raises(ValueError, match="bad"):
        list(words())
    assert recorded_spans.span("words").status_message == "bad"
    assert content(recorded_spans, "words")[1] == "a"


def test_a_generator_left_early_is_closed_and_no_error(recorded_spans: InMemoryExporter) -> None:
    closed = []

    @trace
    def words() -> Iterator[str]:
        try:
            yield "a"
            yield "b"
        finally:
            closed.append(current_span().name)

    generator = words()
    next(generator)
    generator.close()  # type: ignore[attr-defined]
    assert closed == ["words"]
    assert recorded_spans.span("words").status_code == "unset"


def test_a_long_generator_says_what_it_left_out(recorded_spans: InMemoryExporter) -> None:
    @trace
    def words() -> Iterator[str]:
        for _ in range(5):
            yield "x" * (COLLECTED_BYTES_MAX // 2)

    assert len(list(words())) == 5
    attributes = recorded_spans.span("words").attributes
    assert len(attributes["output.value"]) == COLLECTED_BYTES_MAX
    assert attributes["llm_tracer.output.omitted_items"] == 3


def test_an_async_generator_is_current_only_while_it_runs(recorded_spans: InMemoryExporter) -> None:
    @trace
    async def words() -> AsyncIterator[str]:
        with span("first"):
            await asyncio.sleep(0)
            yield "a"
        with span("second"):
            yield "b"

    async def read() -> None:
        assert inspect.isasyncgenfunction(words)
        async for _ in words():
            assert current_span() is NO_SPAN
            with span("reader"):
                await asyncio.sleep(0)

    asyncio.run(read())
    assert recorded_spans.tree() == {"words": {"first": {}, "second": {}}, "reader": {}}
    assert content(recorded_spans, "words") == (None, "ab")


def test_an_async_generator_left_early_is_closed(recorded_spans: InMemoryExporter) -> None:
    closed = []

    @trace
    async def words() -> AsyncIterator[int]:
        try:
            yield 1
            yield 2
        finally:
            closed.append(True)

    async def read() -> None:
        generator = words()
        assert await anext(generator) == 1
        await generator.aclose()  # type: ignore[attr-defined]

    asyncio.run(read())
    assert closed == [True]
    assert content(recorded_spans, "words") == (None, [1])


def test_a_generator_that_a_plain_function_returns_is_its_work(recorded_spans: InMemoryExporter) -> None:
    def words() -> Iterator[str]:
        with span("inside"):
            yield "a"
        yield "b"

    @trace
    def stream() -> Iterator[str]:
        return words()

    generator = stream()
    assert inspect.isgenerator(generator)
    assert generator.__name__ == "words"
    assert current_span() is NO_SPAN
    assert next(generator) == "a"
    assert not recorded_spans.spans
    assert list(generator) == ["b"]
    assert recorded_spans.tree() == {"stream": {"inside": {}}}
    assert content(recorded_spans, "stream") == (None, "ab")


def test_a_coroutine_that_a_plain_function_returns_is_its_work(recorded_spans: InMemoryExporter) -> None:
    async def answer() -> str:
        with span("inside"):
            await asyncio.sleep(0)
        raise ValueError("bad")

    async def words() -> AsyncIterator[str]:
        yield "a"
        with span("within"):
            yield "b"

    @trace
    def ask() -> Any:
        return answer()

    @trace
    def stream() -> Any:
        return words()

    async def run() -> list[str]:
        with pytest.raises(ValueError, match="bad"):
            await asyncio.create_task(ask())
        return [word async for word in stream()]

    assert asyncio.run(run()) == ["a", "b"]
    assert recorded_spans.tree() == {"ask": {"inside": {}}, "stream": {"within": {}}}
    assert recorded_spans.span("ask").status_message == "bad"
    assert content(recorded_spans, "stream") == (None, "ab")


def test_a_generator_that_is_to_be_awaited_still_can_be(recorded_spans: InMemoryExporter) -> None:
    @types.coroutine
    def wait() -> Generator[Any, Any, int]:
        yield from asyncio.sleep(0).__await__()
        return 5

    @trace
    def ask() -> Any:
        return wait()

    async def run() -> tuple[int, int, int]:
        return await trace(wait)(), await ask(), await trace("part")(functools.partial(wait))()

    assert asyncio.run(run()) == (5, 5, 5)
    assert [content(recorded_spans, name) for name in ("wait", "ask", "part")] == [(None, 5)] * 3


def test_a_part_of_a_generator_function_is_one(recorded_spans: InMemoryExporter) -> None:
    def count(first: int, last: int) -> Iterator[int]:
        yield from range(first, last)

    assert list(trace("part")(functools.partial(count, 1))(3)) == [1, 2]
    assert content(recorded_spans, "part")[1] == [1, 2]


def test_what_is_no_function_is_left_as_it_is(
    recorded_spans: InMemoryExporter, caplog: pytest.LogCaptureFixture
) -> None:
    @trace
    class Answer:
        @trace
        @property
        def text(self) -> str:
            return "Paris"

        @trace("length", kind="tool")
        @functools.cached_property
        def length(self) -> int:
            return 5

        def say(self, word: str, end: str) -> str:
            return word + end

        shout = trace(functools.partialmethod(say, end="!"))  # type: ignore[call-overload]

    answer = Answer()
    assert isinstance(answer, Answer)
    assert (answer.text, answer.length, answer.shout("Oh")) == ("Paris", 5, "Oh!")
    assert not recorded_spans.spans
    where = f"{test_what_is_no_function_is_left_as_it_is.__qualname__}.<locals>.Answer"
    assert caplog.messages == [
        f"llm_tracer: @trace is for functions, so {what} is not traced: {instead}"
        for what, instead in [
            (f"the property {where}.text", "decorate the function inside it"),
            (f"the cached_property {where}.length", "decorate the function inside it"),
            (f"the partialmethod {where}.say", "decorate the function inside it"),
            (f"the class {where}", "decorate its methods"),
        ]
    ]


def test_an_object_that_can_do_more_than_be_called_still_can(recorded_spans: InMemoryExporter) -> None:
    class Task:
        """As Celery makes one of a function."""

        def __init__(self, function: Callable[[int], int]) -> None:
            self.function = function
            self.retries = 0

        def __call__(self, number: int) -> int:
            return self.function(number)

        def delay(self, number: int) -> str:
            return f"later: {number}"

        def __repr__(self) -> str:
            return "a task"

    @trace
    @Task
    def task(number: int) -> int:
        return number + 1

    assert (task(1), task.delay(2), repr(task)) == (2, "later: 2", "a task")
    assert isinstance(task, Task)
    assert task.__doc__ == Task.__doc__
    assert "delay" in dir(task)
    task.retries = 3
    assert vars(task) == {"function": task.function, "retries": 3}
    del task.retries
    assert not hasattr(task, "retries")
    assert list(inspect.signature(task).parameters) == ["number"]
    assert content(recorded_spans, "Task") == ({"*args": [1]}, 2)


@trace
@functools.lru_cache
def cached(number: int) -> int:
    return number + 1


def test_the_cache_of_a_traced_function_can_be_cleared(recorded_spans: InMemoryExporter) -> None:
    cached.cache_clear()
    assert (cached(1), cached(1), cached.cache_info().hits) == (2, 2, 1)
    assert pickle.loads(pickle.dumps(cached)) is cached
    assert list(inspect.signature(cached).parameters) == ["number"]
    assert cached.__wrapped__(1) == 2
    assert [span.attributes["output.value"] for span in recorded_spans.spans] == ["2", "2"]


def test_a_cached_method_stays_one(recorded_spans: InMemoryExporter) -> None:
    class Agent:
        @trace
        @functools.lru_cache  # noqa: B019
        def ask(self, question: str) -> str:
            return question.upper()

    assert Agent().ask("why") == "WHY"
    Agent.ask.cache_clear()
    assert content(recorded_spans, "ask") == ({"question": "why"}, "WHY")


def test_a_part_of_a_function_still_says_of_which(recorded_spans: InMemoryExporter) -> None:
    double = trace("double")(functools.partial(pow, exp=2))
    assert double(3) == 9
    assert double.func is pow
    assert pickle.loads(pickle.dumps(double))(4) == 16
    assert content(recorded_spans, "double") == ({"*args": [3]}, 9)


def test_a_generator_that_nobody_reads_ends_when_it_is_gone(recorded_spans: InMemoryExporter) -> None:
    @trace
    def stream() -> Iterator[int]:
        return (each for each in range(3))

    stream()
    assert content(recorded_spans, "stream") == (None, None)


@pytest.mark.parametrize("capture_output", [True, False])
def test_where_tracing_is_off_functions_are_themselves(capture_output: bool) -> None:
    tracer = Tracer(enabled=False)

    @tracer.trace(capture_output=capture_output)
    def plain(x: int) -> int:
        return x

    @tracer.trace
    async def coroutine(x: int) -> int:
        return x

    @tracer.trace
    def generator(x: int) -> Iterator[int]:
        yield x

    @tracer.trace
    async def async_generator(x: int) -> AsyncIterator[int]:
        yield x

    async def read() -> list[int]:
        return [item async for item in async_generator(4)] + [await coroutine(2)]

    assert [plain(1), *generator(3), *asyncio.run(read())] == [1, 3, 4, 2]


def test_one_decorator_may_be_used_for_many_functions(recorded_spans: InMemoryExporter) -> None:
    tool = trace(kind="tool")

    @tool
    def first(a: int) -> None: ...

    @tool
    def second(b: int, c: int) -> None: ...

    first(1)
    second(2, 3)
    assert content(recorded_spans, "first")[0] == {"a": 1}
    assert content(recorded_spans, "second")[0] == {"b": 2, "c": 3}


def test_a_session_opened_in_a_generator_stays_in_it(recorded_spans: InMemoryExporter) -> None:
    @trace
    def numbers() -> Iterator[int]:
        with span("before"):
            pass
        with session(user="alice"):
            for number in range(2):
                with span("inside"):
                    pass
                yield number
        with span("behind"):
            pass

    @trace
    async def numbers_later() -> AsyncIterator[int]:
        for number in numbers():
            yield number

    async def read() -> None:
        async for number in numbers_later():
            with span("reader"):
                pass
            with session(user=f"reader {number}"), span("reader"):
                pass

    with session(user="around"):
        asyncio.run(read())
    users = [
        each.attributes["user.id"] for each in recorded_spans.spans if not each.name.startswith("numbers")
    ]
    assert users == ["around", *("alice", "around", "reader 0"), *("alice", "around", "reader 1"), "around"]
