"""Spans to requests: written down, joined to bodies of a megabyte, compressed. Works on the sender's thread only."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from .compress import best_codec, codec_named
from .config import Settings
from .guard import report
from .outbox import Batch, in_batches
from .redact import Redactor
from .span import Span
from .wire import pack_body, pack_live_span, pack_span, process_resource, span_data, spans_of_body

if TYPE_CHECKING:
    from .recorder import Recorded


class Packer:
    """`on_let_go` is told of every span that is no longer held, by its size, and whether it could be written down."""

    def __init__(self, settings: Settings, on_let_go: Callable[[int, bool], None]) -> None:
        self._resource = process_resource(settings)
        self._redactor = Redactor(settings.redact) if settings.redact else None
        self._captures_content = settings.capture_content
        self._codec = best_codec()
        self._on_let_go = on_let_go

    def ended(self, spans: Iterable[Recorded]) -> Iterator[Batch]:
        """Requests with these spans. Lazy; each live span is let go at once, so that memory is not held twice."""
        waiting = deque(spans)
        for packed in in_batches(self._packed(waiting)):
            yield self._batch(packed, ended_count=len(packed))

    def announced(self, spans: Iterable[Recorded]) -> Iterator[Batch]:
        """Requests that say that these spans run. One that ended just now is left out: it comes as an ended one."""
        for packed in in_batches(filter(None, (self._pack(span, is_open=True) for span in spans))):
            yield self._batch(packed, ended_count=0)

    def halves(self, batch: Batch) -> list[Batch]:
        """A request that is too big, as two. Raises ImportError where this process cannot decompress it."""
        packed = spans_of_body(codec_named(batch.content_encoding).decompress(batch.body))
        middle = len(packed) // 2
        return [
            self._batch(half, ended_count=len(half) if batch.ended_count else 0)
            for half in (packed[:middle], packed[middle:])
        ]

    def nothing(self) -> Batch:
        """A request without spans, for what there is to report besides them."""
        return self._batch([], ended_count=0)

    def _packed(self, waiting: deque[Recorded]) -> Iterator[bytes]:
        while waiting:
            span = waiting.popleft()
            packed = self._pack(span, is_open=False)
            self._on_let_go(span._size_bytes, packed is not None)
            if packed is not None:
                yield packed

    def _pack(self, span: Recorded, *, is_open: bool) -> bytes | None:
        try:
            if isinstance(span, Span):
                packed = pack_live_span(span, self._redactor)
                return packed if (not span._end_ns) == is_open else None  # asked last: it may end meanwhile
            data = span_data(span, self._resource, self._redactor, captures_content=self._captures_content)
            return pack_span(data, self._resource) if data.is_open == is_open else None
        except Exception as error:
            report("Packer", error)
            return None

    def _batch(self, packed_spans: list[bytes], *, ended_count: int) -> Batch:
        body = self._codec.compress(pack_body(packed_spans, self._resource))
        return Batch(body, self._codec.name, len(packed_spans), ended_count, reports_lost=0)
