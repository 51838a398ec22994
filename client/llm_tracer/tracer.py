"""The Tracer: makes spans and sends them."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Protocol, Self, overload

from . import lifecycle
from .config import Settings, read_settings
from .default_tracer import become_default
from .guard import guarded, report, say_once
from .recording.context import Session, SpanContext, innermost_parent
from .recording.decorator import F, traced
from .recording.no_span import NO_SPAN
from .recording.sampling import Sampler
from .recording.scores import ScoreTarget, score_attributes
from .recording.span import Span
from .sending.recorder import Recorder
from .sending.sender import Sender
from .values import encode
from .values.redact import Redact, RedactFunction, Redactor, as_redact

if TYPE_CHECKING:
    from .sending.recorder import Recorded


class Exporter(Protocol):
    """Takes every ended span at once, on the thread that ended it. For tests (llm_tracer.testing) and tools."""

    def export(self, span: Recorded, settings: Settings) -> None: ...


class _DirectRecorder:
    """Gives every ended span to an exporter, without a thread in between."""

    def __init__(self, exporter: Exporter, settings: Settings) -> None:
        self._exporter = exporter
        self._settings = settings

    def start(self, span: Recorded) -> None:
        pass

    def end(self, span: Recorded) -> None:
        self._exporter.export(span, self._settings)


class Tracer:
    """Makes spans and sends them to the Tracer API.

    What is not given comes from the environment, then from `.env` (config.py). The first Tracer of a program becomes
    the default, which `span`, `trace` and the other functions of the package use. Making one does no I/O except
    reading `.env`; the sending thread starts with the first span.

    `redact` removes secrets before anything reaches a disk or the network: True for the usual ones, names of keys, a
    function, or a `Redact`. `capture_content=False` sends no inputs, outputs or exception messages at all.
    `sample_rate` (0 to 1) of the traces are recorded; `sample_rules` set other rates by the name of the root:
    `{"health*": 0.0, "checkout": 1.0}`, the first that matches. A value over `value_limit_bytes` is cut, and says so.
    `spool` is the folder for what could not be delivered; False keeps it in memory only. Raises ValueError for an
    invalid rate or pattern.

    `exporter`, `clock` (nanoseconds since 1970) and `random_bits` (n -> an integer of n bits, not 0) are for tests.
    """

    def __init__(
        self,
        *,
        api_url: str | None = None,
        api_key: str | None = None,
        enabled: bool | None = None,
        service_name: str | None = None,
        redact: bool | str | Redact | RedactFunction | tuple[str, ...] | list[str] | None = None,
        capture_content: bool | None = None,
        sample_rate: float | None = None,
        sample_rules: Mapping[str, float] | None = None,
        value_limit_bytes: int | None = None,
        spool: str | os.PathLike[str] | Literal[False] | None = None,
        exporter: Exporter | None = None,
        clock: Callable[[], int] = time.time_ns,
        random_bits: Callable[[int], int] | None = None,
    ) -> None:
        found = read_settings()
        self._settings = found._replace(
            api_url=(api_url or found.api_url).rstrip("/"),
            api_key=api_key or found.api_key,
            enabled=found.enabled if enabled is None else enabled,
            service_name=service_name or found.service_name,
            redact=found.redact if redact is None else as_redact(redact),
            capture_content=found.capture_content if capture_content is None else capture_content,
            sample_rate=found.sample_rate if sample_rate is None else sample_rate,
            sample_rules=tuple((sample_rules or {}).items()),
            value_limit_bytes=found.value_limit_bytes if value_limit_bytes is None else value_limit_bytes,
            spool=found.spool if spool is None else None if spool is False else os.fspath(spool),
        )
        if isinstance(redact, Redact):
            Redactor(redact)  # an invalid pattern raises here, not in the thread that sends
        self.is_enabled = self._settings.enabled
        self.captures_content = self._settings.capture_content
        self._value_limit_bytes = self._settings.value_limit_bytes
        is_sampling = self._settings.sample_rate != 1.0 or bool(self._settings.sample_rules)
        self._sampler = (
            Sampler(self._settings.sample_rate, self._settings.sample_rules) if is_sampling else None
        )
        self._clock = clock
        self._own_random = random_bits is None
        # An instance of its own, so that random.seed() in the app does not make ids repeat.
        self._random_bits: Callable[[int], int] = random_bits or random.Random().getrandbits  # noqa: S311
        if self.is_enabled and (obstacle := _obstacle()):
            say_once("obstacle", f"llm_tracer: tracing is off, since {obstacle}")
            self.is_enabled = False
        self._sender: Sender | None = None
        self._recorder: Recorder
        if exporter is not None:
            self._recorder = _DirectRecorder(exporter, self._settings)
        else:
            self._sender = Sender(self._settings)
            self._recorder = self._sender.recorder
        if self.is_enabled:
            lifecycle.watch(self)
        become_default(self)

    def span(
        self,
        name: str,
        *,
        kind: str | None = None,
        input: object = None,  # noqa: A002 - the word of the field
        model: str | None = None,
        provider: str | None = None,
        **attributes: Any,
    ) -> Span:
        """`llm_tracer.span`, with this tracer."""
        if not self.is_enabled:
            return NO_SPAN
        return self._open(name, kind, input, model, provider, attributes, None)

    def start_span(
        self,
        name: str,
        *,
        kind: str | None = None,
        input: object = None,  # noqa: A002
        model: str | None = None,
        provider: str | None = None,
        parent: Span | SpanContext | None = None,
        **attributes: Any,
    ) -> Span:
        """`llm_tracer.start_span`, with this tracer."""
        if not self.is_enabled:
            return NO_SPAN
        return self._open(
            name, kind, input, model, provider, attributes, None if parent is NO_SPAN else parent
        )

    def _open(
        self,
        name: str,
        kind: str | None,
        input: object,  # noqa: A002
        model: str | None,
        provider: str | None,
        attributes: dict[str, Any],
        parent: Span | SpanContext | None,
    ) -> Span:
        """All spans are made here. Positional, since passing keywords on costs 0.2 µs. The span takes over
        `attributes`."""
        try:
            if model is not None:
                attributes["gen_ai.request.model"] = model
            if provider is not None:
                attributes["gen_ai.provider.name"] = provider
            return Span(self, name, kind, input, attributes, parent)
        except Exception as error:
            report("Tracer.span", error)
            return NO_SPAN

    def session(
        self,
        session_id: str | None = None,
        *,
        user: str | None = None,
        tags: Iterable[str] = (),
        metadata: Mapping[str, Any] | None = None,
    ) -> Session:
        """`llm_tracer.session`, with this tracer."""
        try:
            attributes: dict[str, Any] = {}
            if session_id is not None:
                attributes["session.id"] = str(session_id)
            if user is not None:
                attributes["user.id"] = str(user)
            if tag_list := [tags] if isinstance(tags, str) else [str(tag) for tag in tags or ()]:
                attributes["tag.tags"] = tag_list
            if metadata:
                attributes["metadata"] = encode.snapshot(
                    dict(metadata) if isinstance(metadata, Mapping) else metadata
                )
            return Session(attributes)
        except Exception as error:
            report("Tracer.session", error)
            return Session({})

    @guarded(None)
    def score(
        self,
        name: str,
        value: float | bool | str | None = None,
        *,
        label: str | None = None,
        explanation: str | None = None,
        of: ScoreTarget = "span",
        span: Span | SpanContext | None = None,
        session_id: str | None = None,
        annotator: str = "CODE",
    ) -> None:
        """`llm_tracer.score`, with this tracer."""
        target = span or innermost_parent()
        if isinstance(target, Span) and target.is_recording:
            target.score(name, value, label=label, explanation=explanation, of=of, annotator=annotator)
            return
        parent = target.context if isinstance(target, Span) else target
        carrier = self.start_span(name, kind="evaluator", parent=parent)
        if not carrier.is_recording:
            return
        if parent is not None:
            carrier._links = (parent,)
        if session_id is not None:
            carrier.set_attribute("session.id", session_id)
        carrier.set_attributes(score_attributes({}, name, value, label, explanation, of, annotator))
        carrier.set_output({"score": value, "label": label, "explanation": explanation})
        carrier.end()

    @overload
    def trace(self, function: F, /) -> F: ...
    @overload
    def trace(
        self,
        name: str | None = None,
        *,
        kind: str | None = None,
        capture_input: bool = True,
        capture_output: bool = True,
        **attributes: Any,
    ) -> Callable[[F], F]: ...
    def trace(self, name: Any = None, **options: Any) -> Any:
        """The decorator `llm_tracer.trace`, for this tracer."""
        return traced(lambda: self, name, **options)

    def flush(self, timeout_s: float = 5.0) -> bool:
        """`llm_tracer.flush`, with this tracer."""
        if self._sender is None or not (self.is_enabled or self._sender.has_begun):
            return True
        return self._sender.flush(timeout_s)

    def shutdown(self, timeout_s: float = 5.0) -> bool:
        """`llm_tracer.shutdown`, with this tracer."""
        try:
            return self.flush(timeout_s)
        finally:
            self._close()

    @guarded(None)
    def _close(self) -> None:
        self.is_enabled = False
        lifecycle.forget(self)
        if self._sender is not None:
            self._sender.close()

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        """As with loggers: what holds a tracer (a dataclass, the default of a pydantic field) can be copied."""
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a Tracer cannot be pickled: use `llm_tracer.trace` and `span`, whose tracer each process makes"
        )

    def _exit(self, timeout_s: float) -> None:
        if self._sender is not None:
            self._sender.exit(timeout_s)

    def _start_over(self) -> None:
        """In a forked child: nothing of the parent is sent from here, and its ids are not repeated."""
        if self._own_random:
            self._random_bits = random.Random().getrandbits  # noqa: S311
        if self._sender is not None:
            parents, self._sender = self._sender, Sender(self._settings)
            self._recorder = self._sender.recorder
            parents.let_go()


def _obstacle() -> str:
    """Why nothing can be traced here; empty if it can."""
    if not lifecycle.is_main_interpreter():
        return "this interpreter is not the main one, and could not end while a thread of ours runs in it"
    try:
        encode.load()
    except Exception as error:  # no file is free, say
        return f"its encoder cannot be imported here: {error}"
    return ""
