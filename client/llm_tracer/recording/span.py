"""The live span: what the app holds while something runs.

Everything here runs on the caller's thread, so the app pays for every line (≤ 5 µs a span, benchmarks/sdk.py): ids
stay integers, content becomes bytes at once, and the sender's thread writes names, hex and JSON later (wire.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self, TypeAlias, TypeVar, overload

from ..guard import guarded, report
from ..values.encode import Messages, Snapshot, cut, plain_messages, snapshot, text_of, type_name
from .context import (
    Left,
    LeftElsewhere,
    SpanContext,
    ambient_attributes,
    current,
    current_parent,
    innermost_parent,
    left_out,
)
from .scores import ScoreTarget, score_attributes

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
    from contextvars import Token
    from types import TracebackType

    from ..tracer import Tracer

T = TypeVar("T")
StatusCode: TypeAlias = Literal["unset", "ok", "error"]

SPAN_OVERHEAD_BYTES = 1_000
"""The memory of a span without content, as measured (object, dict of attributes, ids)."""


UNSAMPLED_NS = 1
"""`_end_ns` of a span that is not recorded: such a span passes its identity on and accepts nothing."""


class Event(NamedTuple):
    """Something that happened at one moment of a span."""

    name: str
    time_unix_nano: int
    attributes: dict[str, Snapshot]


_NOWHERE = Left(None)
"""`_before` of a span that was not entered yet."""


class Span:
    """One timed piece of work. Made by `span(...)` or `start_span(...)`, not by hand.

    As a `with` (or `async with`) block it is the parent of the spans opened inside, and ends with the block. An
    exception inside marks it as an error and propagates unchanged. No method raises; after the end they do nothing.
    """

    __slots__ = (
        "_ambient",
        "_attributes",
        "_before",
        "_end_ns",
        "_entered",
        "_events",
        "_input",
        "_is_root",
        "_kind",
        "_limited_count",
        "_links",
        "_name",
        "_output",
        "_parent_bits",
        "_recorder",
        "_size_bytes",
        "_span_bits",
        "_start_ns",
        "_status",
        "_status_message",
        "_trace_bits",
        "_tracer",
    )

    def __init__(
        self,
        tracer: Tracer,
        name: str,
        kind: str | None,
        input: object,  # noqa: A002
        attributes: dict[str, Any],
        parent: Span | SpanContext | None,
    ) -> None:
        """The span takes over `attributes`. `parent` None means the current one."""
        self._tracer = tracer
        self._recorder = recorder = tracer._recorder
        self._name = name
        self._kind = kind
        self._attributes = attributes
        self._end_ns = 0
        self._size_bytes = SPAN_OVERHEAD_BYTES
        self._limited_count = 0
        self._events: list[Event] | None = None
        self._links: tuple[SpanContext, ...] = ()
        self._input: Snapshot | Messages = None
        self._output: Snapshot | Messages = None
        self._status: StatusCode = "unset"
        self._status_message: str | None = None
        self._before: Span | SpanContext | Left | None = _NOWHERE
        self._entered: Token[Span | SpanContext | None] | None = None
        self._ambient = ambient_attributes.get()
        random_bits = tracer._random_bits
        if parent is None:
            parent = innermost_parent()
        if parent is None:
            self._trace_bits = random_bits(128)
            self._parent_bits = 0
            self._is_root = True
            is_sampled = tracer._sampler is None or tracer._sampler.keeps(self._trace_bits, name)
        elif isinstance(parent, Span):
            self._trace_bits = parent._trace_bits
            self._parent_bits = parent._span_bits
            # Also a root here if its parent has ended, or is in another process: across the wire, or before a fork.
            self._is_root = parent._end_ns != 0 or parent._recorder is not recorder
            is_sampled = parent._end_ns != UNSAMPLED_NS
        else:
            self._trace_bits, self._parent_bits, is_sampled = parent
            self._is_root = True
        self._span_bits: int = random_bits(64)
        if not is_sampled:
            self._end_ns = UNSAMPLED_NS
            return
        for key, value in attributes.items():
            attributes[key] = self._keep(value)
        if input is not None and tracer.captures_content:
            self._input = self._keep_content(input)
        self._start_ns = tracer._clock()
        recorder.start(self)

    def _keep_content(self, value: object) -> Snapshot | Messages:
        """An input or output."""
        if self._kind == "llm" and type(value) is list and (plain := plain_messages(value)) is not None:
            said, size_bytes = plain
            if size_bytes <= self._tracer._value_limit_bytes:
                self._size_bytes += size_bytes
                return said
        return self._keep(value)

    def _keep(self, value: object) -> Snapshot:
        """Any value. Only this and `_keep_content` bring content into a span."""
        kept = value if type(value) is str else snapshot(value)
        if type(kept) is str or type(kept) is bytes:
            size_bytes = len(kept)
            if size_bytes > self._tracer._value_limit_bytes:
                kept = cut(kept, self._tracer._value_limit_bytes)
                self._limited_count += 1
                size_bytes = len(kept)
            self._size_bytes += size_bytes
        return kept

    # ---- who it is

    @property
    def trace_id(self) -> str:
        """32 lower hex digits."""
        return f"{self._trace_bits:032x}"

    @property
    def span_id(self) -> str:
        """16 lower hex digits."""
        return f"{self._span_bits:016x}"

    @property
    def trace_id_bits(self) -> int:
        """The same as an integer."""
        return self._trace_bits

    @property
    def span_id_bits(self) -> int:
        """The same as an integer."""
        return self._span_bits

    @property
    def context(self) -> SpanContext:
        """Its identity, which is all that a child needs to know, even in another process."""
        return SpanContext(self._trace_bits, self._span_bits, self.is_sampled)

    @property
    def traceparent(self) -> str:
        """The W3C header that makes spans of another process its children. Empty if tracing is off."""
        return self.context.traceparent

    @property
    def name(self) -> str:
        """The current name."""
        return self._name

    @property
    def is_sampled(self) -> bool:
        """False if its trace is not recorded, or tracing is off."""
        return self._end_ns != UNSAMPLED_NS

    @property
    def is_recording(self) -> bool:
        """True until the end; always False if tracing is off or the trace is not sampled."""
        return not self._end_ns

    # ---- what is said of it

    @guarded(None)
    def set_input(self, value: object) -> None:
        """Set the input, if it was not known when the span was opened. Any value, recorded as it is now."""
        if not self._end_ns and self._tracer.captures_content:
            self._input = self._keep_content(value)

    def set_output(
        self,
        value: object = None,
        *,
        input_tokens: int | None = None,
        output_tokens: int | None = None,
        cached_tokens: int | None = None,
        reasoning_tokens: int | None = None,
        cost: float | None = None,
    ) -> None:
        """The result. Any value, recorded as it is now; None leaves the output unchanged.

        `cached_tokens` is how many of `input_tokens` were read from a cache, `reasoning_tokens` how many of
        `output_tokens` were spent on reasoning. `cost` is in USD; without it the service computes it.
        """
        try:
            if self._end_ns:
                return
            if value is not None and self._tracer.captures_content:
                self._output = self._keep_content(value)
            attributes = self._attributes
            if input_tokens is not None:
                attributes["gen_ai.usage.input_tokens"] = snapshot(input_tokens)
            if output_tokens is not None:
                attributes["gen_ai.usage.output_tokens"] = snapshot(output_tokens)
            if cached_tokens is not None:
                attributes["gen_ai.usage.cache_read.input_tokens"] = snapshot(cached_tokens)
            if reasoning_tokens is not None:
                attributes["gen_ai.usage.reasoning.output_tokens"] = snapshot(reasoning_tokens)
            if cost is not None:
                attributes["llm.cost.total"] = snapshot(cost)
        except Exception as error:
            report("Span.set_output", error)

    @guarded(None)
    def set_llm(
        self,
        *,
        model: str | None = None,
        response_model: str | None = None,
        provider: str | None = None,
        response_id: str | None = None,
        finish_reasons: Sequence[str] | None = None,
        system: object = None,
        tools: object = None,
        **parameters: object,
    ) -> None:
        """Facts about a model call: `model` was asked for, `response_model` answered. `system` is the system prompt,
        `tools` the definitions offered to the model. Further keywords are parameters of the request:
        `temperature=0.2, max_tokens=500`. None leaves a value unchanged."""
        said = {
            "gen_ai.request.model": model,
            "gen_ai.response.model": response_model,
            "gen_ai.provider.name": provider,
            "gen_ai.response.id": response_id,
            "gen_ai.response.finish_reasons": None if finish_reasons is None else list(finish_reasons),
            "gen_ai.system_instructions": [{"type": "text", "content": system}]
            if isinstance(system, str)
            else system,
            "gen_ai.tool.definitions": tools,
            **{f"gen_ai.request.{name}": value for name, value in parameters.items()},
        }
        self.set_attributes({key: value for key, value in said.items() if value is not None})

    @guarded(None)
    def score(
        self,
        name: str,
        value: float | bool | str | None = None,
        *,
        label: str | None = None,
        explanation: str | None = None,
        of: ScoreTarget = "span",
        annotator: str = "CODE",
    ) -> None:
        """A judgement of this span, its trace or its session, as an OpenInference annotation: a number, a label or
        both. A `value` that is a word is the label. `annotator` is HUMAN, LLM or CODE. Once the span has ended, use
        `llm_tracer.score`."""
        if not self._end_ns:
            self.set_attributes(
                score_attributes(self._attributes, name, value, label, explanation, of, annotator)
            )

    @overload
    def stream(
        self, chunks: AsyncIterable[T], *, text_of: Callable[[T], str | None] | None = None
    ) -> AsyncIterator[T]: ...
    @overload
    def stream(
        self, chunks: Iterable[T], *, text_of: Callable[[T], str | None] | None = None
    ) -> Iterator[T]: ...
    def stream(self, chunks: Any, *, text_of: Callable[[Any], str | None] | None = None) -> Any:
        """Passes the chunks through, and records the time to the first text and the whole text as output.

        Sync or async, as `chunks` is. `text_of` gives the text of a chunk (None or "" if it has none); without it,
        strings and the events of OpenAI's and Anthropic's SDKs are understood. If the reader stops early, the text
        read so far is kept.
        """
        try:
            from .stream import streamed

            return streamed(self, chunks, text_of)
        except Exception as error:
            report("Span.stream", error)
            return chunks

    @guarded(None)
    def set_attribute(self, key: str, value: object) -> None:
        """Set an attribute to any value, recorded as it is now. Lists of scalars stay lists, other structures become
        JSON."""
        if not self._end_ns:
            self._attributes[str(key)] = self._keep(value)

    @guarded(None)
    def set_attributes(self, attributes: Mapping[str, object]) -> None:
        """Set several attributes at once."""
        for key, value in attributes.items():
            self.set_attribute(key, value)

    @guarded(None)
    def add_event(self, name: str, attributes: Mapping[str, object] | None = None, **further: object) -> None:
        """Record something that happens now: `add_event("retry", attempt=2)`, or `{"http.status": 429}` for names
        with dots."""
        self._add_event(name, {**(attributes or {}), **further})

    @guarded(None)
    def record_exception(self, error: BaseException | str) -> None:
        """Record an exception with its traceback, or a text instead of one, without marking the span as failed
        (`set_status` does that)."""
        if self._end_ns:
            return
        if not isinstance(error, BaseException):
            self._add_event(
                "exception", {"exception.message": error if self._tracer.captures_content else None}
            )
            return
        from .failure import exception_attributes  # only programs that fail pay its imports

        captures_content = self._tracer.captures_content
        self._add_event("exception", exception_attributes(error, captures_content=captures_content))

    @guarded(None)
    def set_status(self, code: StatusCode, message: str | None = None) -> None:
        """Set the status: `code` is "ok", "error" or "unset"; the message says what is wrong."""
        if code not in ("unset", "ok", "error"):
            raise ValueError(f'a status is "ok", "error" or "unset", not {code!r}')
        if not self._end_ns:
            self._status = code
            self._status_message = None if message is None else str(self._keep(str(message)))

    @guarded(None)
    def update_name(self, name: str) -> None:
        """Change the name."""
        if not self._end_ns:
            self._name = name

    def _add_event(self, name: str, attributes: Mapping[str, object]) -> None:
        if self._end_ns:
            return
        kept = {key: self._keep(value) for key, value in attributes.items()}
        self._size_bytes += SPAN_OVERHEAD_BYTES // 2
        if self._events is None:
            self._events = []
        self._events.append(Event(name, self._tracer._clock(), kept))

    def _fail(self, error: BaseException) -> None:
        if self._end_ns:
            return
        self.record_exception(error)
        self._attributes.setdefault("error.type", type_name(error))
        if self._status == "unset":
            self._status = "error"
            if self._tracer.captures_content:
                self._status_message = str(self._keep(text_of(error)))

    # ---- its life

    def end(self) -> None:
        """End the span. Further calls change nothing."""
        try:
            end_ns = self._tracer._clock()
            # No call between the check and the assignment: two threads may end it at once, and only one of them must
            # succeed.
            if self._end_ns:
                return
            # If the clock was set back, the span must not end before it began. (`max` would cost 0.1 µs.) And in a test
            # that stops it in 1970, it must end.
            self._end_ns = end_ns if end_ns > self._start_ns else self._start_ns or UNSAMPLED_NS + 1
            self._recorder.end(self)
        except Exception as error:
            report("Span.end", error)

    def __enter__(self) -> Span:
        before = current()
        if self._before is _NOWHERE or not _is_inside(before, self):  # else it stays inside what it was in
            self._before = before
        self._entered = current_parent.set(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            # First of all: near the end of the stack the rest may fail, and later spans would become its children.
            self._leave()
            if error is not None and _is_failure(error):
                self._fail(error)
        except Exception as own_error:
            report("Span.__exit__", own_error)
        finally:
            self.end()

    def _leave(self) -> None:
        """Later spans are no longer inside this one, even if it goes on."""
        entered, self._entered = self._entered, None
        now = current_parent.get()
        if now is self:
            before = self._before
            if before is not None and not (type(before) is Span and not before._end_ns):
                before = left_out(before)
                self._before = _running(before)
            try:
                if entered is not None:
                    current_parent.reset(entered)  # only the context in which it was entered can be
            except ValueError:
                self._before = LeftElsewhere(before)
            current_parent.set(before)
        elif entered is None or _is_inside(now, self):
            self._before = Left(left_out(self._before))
        else:
            self._before = LeftElsewhere(left_out(self._before))

    async def __aenter__(self) -> Span:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        """What holds a span, such as the state of an agent, can be copied."""
        return self

    def __reduce__(self) -> Any:
        raise TypeError(
            "a span cannot be pickled: pass its `traceparent`, and use `continue_trace` in the other process"
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._name!r} {self.span_id}>"


def _is_failure(error: BaseException) -> bool:
    """Not failures: a generator that its reader left early, and a program that exits successfully."""
    if isinstance(error, SystemExit):
        return error.code not in (None, 0)
    return not isinstance(error, GeneratorExit)


def _running(before: Span | SpanContext | None) -> Span | SpanContext | None:
    """The innermost span from `before` outwards that has not ended: a task that starts the next one inside its span, which
    does so too, would hold all of their spans for ever."""
    while isinstance(before, Span) and before._end_ns:
        before = left_out(before._before)
    return before


def _is_inside(current: Span | SpanContext | None, span: Span) -> bool:
    found: Any = current
    while isinstance(found, Span) and found is not span:
        found = left_out(found._before)
    return found is span
