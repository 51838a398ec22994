"""`@trace`: a span around every call of a function, of any of the four kinds of function."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from functools import partial, wraps
from types import (
    AsyncGeneratorType,
    BuiltinFunctionType,
    CoroutineType,
    FunctionType,
    GeneratorType,
    MethodType,
)
from typing import TYPE_CHECKING, Any, TypeVar, cast

from .context import SpanContext, ambient_attributes, current_parent
from .encode import Snapshot, list_of, snapshot
from .guard import report, say_once
from .span import Span
from .traced_object import traced_object

if TYPE_CHECKING:
    from types import TracebackType

    from .tracer import Tracer

F = TypeVar("F", bound=Callable[..., Any])

COLLECTED_BYTES_MAX = 1_000_000
"""What a generator yields becomes its output, up to this size; `llm_tracer.output.omitted_items` counts the rest."""


def traced(
    find_tracer: Callable[[], Tracer],
    name_or_function: Any,
    *,
    kind: str | None = None,
    capture_input: bool = True,
    capture_output: bool = True,
    **attributes: Any,
) -> Any:
    """The decorator `trace`, bare or with arguments. `find_tracer` is asked for the tracer at each call."""
    is_bare = callable(name_or_function) or hasattr(type(name_or_function), "__get__")

    def decorate(function: F) -> F:  # one decorator may be used for many functions
        how = Traced(
            find_tracer,
            name=None if is_bare else name_or_function,
            kind=kind,
            capture_input=capture_input,
            capture_output=capture_output,
            attributes=attributes,
        )
        return how(function)

    return decorate(name_or_function) if is_bare else decorate


_GO_ON = frozenset({GeneratorType, CoroutineType, AsyncGeneratorType})
_FUNCTIONS = (FunctionType, BuiltinFunctionType, MethodType)


class Traced:
    """How the calls of one function become spans."""

    __slots__ = (
        "_attributes",
        "_capture_input",
        "_capture_output",
        "_find_tracer",
        "_kind",
        "_name",
        "_parameters",
    )

    def __init__(
        self,
        find_tracer: Callable[[], Tracer],
        *,
        name: str | None,
        kind: str | None,
        capture_input: bool,
        capture_output: bool,
        attributes: dict[str, Any],
    ) -> None:
        self._find_tracer = find_tracer
        self._name = name
        self._kind = kind
        self._capture_input = capture_input
        self._capture_output = capture_output
        self._attributes = attributes
        self._parameters: tuple[str, ...] = ()

    def __call__(self, function: F) -> F:
        if isinstance(function, staticmethod | classmethod):
            return cast(F, type(function)(self(function.__func__)))
        if isinstance(function, type) or not callable(function):
            _say_left_alone(function)
            return function
        from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction

        if self._name is None:
            self._name = getattr(function, "__name__", type(function).__name__)
        self._parameters = _parameter_names(function)
        if iscoroutinefunction(function) or _is_generator_to_await(function):
            return cast(F, self._coroutine(function))
        if isgeneratorfunction(function):
            return cast(F, self._generator(function))
        if isasyncgenfunction(function):
            return cast(F, self._async_generator(function))
        call = self._plain(function)
        return cast(F, call if isinstance(function, _FUNCTIONS) else traced_object(function, call))

    # ---- the four kinds. `opened`: the span that a plain function began, which returned one of the other three

    def _plain(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            if (span := self._open(args, kwargs)) is None:
                return function(*args, **kwargs)
            span.__enter__()
            try:
                output = function(*args, **kwargs)
            except BaseException as error:
                span.__exit__(type(error), error, error.__traceback__)
                raise
            if type(output) in _GO_ON:
                return self._going_on(span, output)
            self._close(span, output)
            span.__exit__(None, None, None)
            return output

        return call

    def _going_on(self, span: Span, output: Any) -> Any:
        """A generator or coroutine that a plain function returned, in one of its own kind: the work is still to be done, and
        the span lasts until it is."""
        from inspect import isawaitable
        from weakref import finalize

        try:
            span._leave()
            made = {
                GeneratorType: self._generator,
                CoroutineType: self._coroutine,
                AsyncGeneratorType: self._async_generator,
            }
            kind = CoroutineType if isawaitable(output) else type(output)
            work = made[kind](lambda: output, span)()
            work.__name__, work.__qualname__ = output.__name__, output.__qualname__
            finalize(work, span.end).atexit = False  # where nobody ever begins it
            return work
        except Exception as error:
            report("trace", error)
            span.end()
            return output

    def _coroutine(self, function: Callable[..., Any], opened: Span | None = None) -> Callable[..., Any]:
        @wraps(function)
        async def call(*args: Any, **kwargs: Any) -> Any:
            if (span := opened or self._open(args, kwargs)) is None:
                return await function(*args, **kwargs)
            with span:
                output = await function(*args, **kwargs)
                self._close(span, output)
                return output

        return call

    def _generator(
        self, function: Callable[..., Generator[Any, Any, Any]], opened: Span | None = None
    ) -> Callable[..., Any]:
        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
            if (span := opened or self._open(args, kwargs)) is None:
                return (yield from function(*args, **kwargs))
            inside = _Inside(span)
            items = _Items(self._capture_output and span._tracer.captures_content)
            generator = function(*args, **kwargs)
            step: Callable[[Any], Any] = generator.send
            argument: Any = None
            try:
                while True:
                    with inside:
                        item = step(argument)
                    items.add(item)
                    try:
                        argument = yield item
                        step = generator.send
                    except GeneratorExit:
                        with inside:
                            generator.close()
                        raise
                    except BaseException as thrown:
                        step, argument = generator.throw, thrown
            except StopIteration as stop:
                items.close(span)
                self._close(span, stop.value)
                inside.leave(None)
                return stop.value
            except BaseException as error:
                items.close(span)
                inside.leave(error)
                raise

        return call

    def _async_generator(
        self, function: Callable[..., AsyncGenerator[Any, Any]], opened: Span | None = None
    ) -> Callable[..., Any]:
        @wraps(function)
        async def call(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
            span = opened or self._open(args, kwargs)
            inside = _Inside(span)
            items = _Items(self._capture_output and span is not None and span._tracer.captures_content)
            generator = function(*args, **kwargs)
            step: Callable[[Any], Any] = generator.asend
            argument: Any = None
            try:
                while True:
                    with inside:
                        item = await step(argument)
                    items.add(item)
                    try:
                        argument = yield item
                        step = generator.asend
                    except GeneratorExit:
                        with inside:
                            await generator.aclose()
                        raise
                    except BaseException as thrown:
                        step, argument = generator.athrow, thrown
            except StopAsyncIteration:
                items.close(span)
                inside.leave(None)
            except BaseException as error:
                items.close(span)
                inside.leave(error)
                raise

        return call

    # ---- what they share

    def _open(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Span | None:
        """A new span, or None if tracing is off."""
        try:
            tracer = self._find_tracer()
            if not tracer.is_enabled:
                return None
            captures = self._capture_input and tracer.captures_content
            captured = self._arguments(args, kwargs) if captures else None
            return tracer.span(str(self._name), kind=self._kind, input=captured or None, **self._attributes)
        except Exception as error:
            report("trace", error)
            return None

    def _close(self, span: Span, output: Any) -> None:
        """The return value becomes the output, unless the function set another one."""
        if self._capture_output and output is not None and span._output is None:
            span.set_output(output)

    def _arguments(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """Arguments by parameter name, without `self`. Binding the signature would cost 3 µs."""
        names = self._parameters
        captured = dict(zip(names, args, strict=False))
        if len(args) > len(names):
            captured["*args"] = args[len(names) :]
        if names and names[0] in ("self", "cls"):
            captured.pop(names[0], None)
        captured.update(kwargs)
        return captured


class _Inside:
    """Makes the span of a generator, and sessions opened in it, current only while the generator runs.

    A generator runs in the context of whoever asks for the next item. Without this, its span would stay current in
    the loop that reads it. And spans opened before a `yield` must be current again after it.
    """

    __slots__ = ("_inner", "_outer", "_outer_session", "_own_session", "_session_before", "_span")

    def __init__(self, span: Span | None) -> None:
        self._span = span
        self._inner: Span | SpanContext | None = span
        self._outer: Span | SpanContext | None = None
        self._outer_session: Mapping[str, Any] | None = None
        self._own_session: Mapping[str, Any] | None = None
        self._session_before: Mapping[str, Any] | None = None

    def __enter__(self) -> None:
        if self._span is not None:
            self._outer = current_parent.get()
            current_parent.set(self._inner)
            self._outer_session = ambient_attributes.get()
            if self._own_session is None:
                self._session_before = self._outer_session
            else:
                ambient_attributes.set(self._own_session)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._span is not None:
            self._inner = current_parent.get()
            current_parent.set(self._outer)
            session = ambient_attributes.get()
            self._own_session = None if session is self._session_before else session
            if session is not self._outer_session:
                ambient_attributes.set(self._outer_session)

    def leave(self, error: BaseException | None) -> None:
        if self._span is not None:
            self._span.__exit__(type(error) if error else None, error, None)


class _Items:
    """Collects what a generator yields, as its output: texts are joined, anything else becomes a list."""

    __slots__ = ("_is_on", "_items", "_omitted", "_size_bytes")

    def __init__(self, is_on: bool) -> None:
        self._is_on = is_on
        self._items: list[Snapshot] = []
        self._size_bytes = 0
        self._omitted = 0

    def add(self, item: object) -> None:
        if not self._is_on:
            return
        if self._size_bytes >= COLLECTED_BYTES_MAX:
            self._omitted += 1
            return
        kept = snapshot(item)
        self._size_bytes += len(kept) if isinstance(kept, str | bytes) else 8
        self._items.append(kept)

    def close(self, span: Span | None) -> None:
        if span is None or not self._items or span._output is not None:
            return
        if all(type(item) is str for item in self._items):
            span.set_output("".join(cast(list[str], self._items)))
        else:
            span.set_output(list_of(self._items))
        if self._omitted:
            span.set_attribute("llm_tracer.output.omitted_items", self._omitted)


def _is_generator_to_await(function: Any) -> bool:
    """Whether `types.coroutine` made it."""
    from inspect import CO_ITERABLE_COROUTINE

    while isinstance(function, partial):
        function = function.func
    code = getattr(function, "__code__", None)
    return code is not None and bool(code.co_flags & CO_ITERABLE_COROUTINE)


def _say_left_alone(decorated: Any) -> None:
    """A class would no longer be one, and a property no longer be read."""
    if isinstance(decorated, type):
        what, instead = f"the class {decorated.__qualname__}", "decorate its methods"
    else:
        inner = getattr(decorated, "fget", None) or getattr(decorated, "func", None)
        what = f"the {type(decorated).__name__} {getattr(inner, '__qualname__', '')}".rstrip()
        instead = "decorate the function inside it"
    say_once(f"trace {what}", f"llm_tracer: @trace is for functions, so {what} is not traced: {instead}")


def _parameter_names(function: Callable[..., Any]) -> tuple[str, ...]:
    from inspect import unwrap

    code = getattr(unwrap(function), "__code__", None)
    return code.co_varnames[: code.co_argcount] if code is not None else ()
