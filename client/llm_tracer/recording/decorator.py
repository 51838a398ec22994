"""`@trace`: a span around every call of a function, of any of the four kinds of function."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from functools import partial, wraps
from types import AsyncGeneratorType, CoroutineType, FunctionType, GeneratorType, MethodType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ..guard import report, say_once
from .generators import traced_generator
from .span import Span
from .traced_object import traced_object

if TYPE_CHECKING:
    from ..tracer import Tracer

F = TypeVar("F", bound=Callable[..., Any])


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
        if isgeneratorfunction(function) or isasyncgenfunction(function):
            return cast(F, self._generator(function))
        call = self._plain(function)
        return cast(F, call if isinstance(function, FunctionType) else traced_object(function, call))

    # ---- the kinds

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

        work: Any
        try:
            span._leave()
            if isawaitable(output):  # a generator of `types.coroutine` too
                work = self._coroutine(lambda: output, span)()
                work.__name__, work.__qualname__ = output.__name__, output.__qualname__  # type: ignore[attr-defined]
            else:
                work = traced_generator(output, lambda: span, captures_output=self._capture_output)
            finalize(work, span.end).atexit = False  # where nobody ever begins it
            return work
        except Exception as error:
            report("trace", error)
            span.end()
            return output

    def _coroutine(self, function: Callable[..., Any], opened: Span | None = None) -> Callable[..., Any]:
        """`opened`: the span that a plain function began, which returned the coroutine."""

        @wraps(function)
        async def call(*args: Any, **kwargs: Any) -> Any:
            if (span := opened or self._open(args, kwargs)) is None:
                return await function(*args, **kwargs)
            with span:
                output = await function(*args, **kwargs)
                self._close(span, output)
                return output

        return call

    def _generator(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A generator function of either kind. `call` is none, since it has to see what is around the call; the object made
        of it is taken for one."""

        def call(*args: Any, **kwargs: Any) -> Any:
            return traced_generator(
                function(*args, **kwargs),
                partial(copy_context().run, self._open, args, kwargs),
                captures_output=self._capture_output,
            )

        return traced_object(function, call)

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

    function = unwrap(function)
    code = getattr(function, "__code__", None)
    is_bound = isinstance(function, MethodType)
    return code.co_varnames[is_bound : code.co_argcount] if code is not None else ()
