"""Packs spans into compressed request bodies. Runs on the sender's thread only."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from ..config import Settings
from ..guard import report
from ..recording.span import Span
from ..values.redact import Redactor
from .body import Body, NativeSpan, in_bodies, native_live_span, native_span, spans_of_body
from .compress import best_codec, codec_named
from .outbox import Batch
from .wire import process_resource, span_data

if TYPE_CHECKING:
    from .recorder import Recorded


class Packer:
    """`on_let_go` is told the size of every span that is no longer held, `on_lost` how many spans could not be
    packed."""

    def __init__(
        self, settings: Settings, on_let_go: Callable[[int], None], on_lost: Callable[[int], None]
    ) -> None:
        self._resource = process_resource(settings)
        self._redactor = Redactor(settings.redact) if settings.redact else None
        self._captures_content = settings.capture_content
        self._codec = best_codec()
        self._on_let_go = on_let_go
        self._on_lost = on_lost

    def ended(self, spans: Iterable[Recorded]) -> Iterator[Batch]:
        """Requests with these spans. Lazy; each live span is released once it is packed, so that nothing is in memory
        twice."""
        for body in in_bodies(self._let_go(deque(spans)), self._resource):
            yield self._batch(body, ended_count=body.span_count)

    def announced(self, spans: Iterable[Recorded]) -> Iterator[Batch]:
        """Requests that announce these running spans. One that has just ended is left out, since it will be sent as
        ended."""
        running = filter(None, (self._native(span, is_open=True) for span in spans))
        for body in in_bodies(running, self._resource):
            yield self._batch(body, ended_count=0)

    def halves(self, batch: Batch) -> list[Batch]:
        """Split a request that is too big. Raises ImportError if this process cannot decompress it."""
        spans = spans_of_body(codec_named(batch.content_encoding).decompress(batch.body))
        middle = len(spans) // 2
        halves = []
        for half in (spans[:middle], spans[middle:]):
            body = Body(self._resource)
            for span in half:
                body.add(span)
            halves.append(self._batch(body, ended_count=len(half) if batch.ended_count else 0))
        return halves

    def nothing(self) -> Batch:
        """A request without spans, to report losses."""
        return self._batch(Body(self._resource), ended_count=0)

    def _let_go(self, waiting: deque[Recorded]) -> Iterator[NativeSpan]:
        while waiting:
            span = waiting.popleft()
            native = self._native(span, is_open=False)
            self._on_let_go(span._size_bytes)
            if native is not None:
                yield native
            else:
                self._on_lost(1)

    def _native(self, span: Recorded, *, is_open: bool) -> NativeSpan | None:
        try:
            if isinstance(span, Span):
                native = native_live_span(span, self._redactor)
            else:
                data = span_data(
                    span, self._resource, self._redactor, captures_content=self._captures_content
                )
                native = native_span(data, self._resource)
        except Exception as error:
            report("Packer", error)
            return None
        has_ended = native.end_time_unix_nano is not None  # a running one may have, meanwhile
        return native if has_ended != is_open else None

    def _batch(self, body: Body, *, ended_count: int) -> Batch:
        compressed = self._codec.compress(body.finish())
        return Batch(compressed, self._codec.name, body.span_count, ended_count, reports_lost=0)
