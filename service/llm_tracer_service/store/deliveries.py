"""What a write does before it needs the lock, which is most of the work: reading, encoding and compressing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from llm_tracer.model.reading import Reader
from llm_tracer.model.row import SpanRow, row_of
from llm_tracer.model.span import SpanData, merge

from llm_tracer_service.blobs import Blob, BlobOf, in_form, set_aside
from llm_tracer_service.store import zstd
from llm_tracer_service.store.packing import Keyframe, Pack, pack_spans


@dataclass(slots=True)
class Delivery:
    """The spans of one trace in one call, prepared outside the transaction, as if the trace were new."""

    trace_id: str
    spans: Sequence[SpanData]
    """In the form `kept`; a span may occur several times."""
    merged: dict[str, SpanData]
    rows: dict[str, SpanRow]
    packs: Sequence[Pack]
    blobs: dict[str, Blob]

    @property
    def base(self) -> int | None:
        """The body of an earlier delivery that is needed to read its packs."""
        base = self.packs[0].base
        return None if base is None else base.body

    @property
    def keyframe(self) -> Keyframe | None:
        """What later deliveries of the trace may be compressed against, once this one is in the file."""
        own = self.packs[-1].own
        return None if own is None or own.body is None else own

    def pack_alone(self) -> None:
        """Packs again, without the keyframe of an earlier delivery, which has been deleted."""
        self.packs = pack_spans(list(self.merged.values()), self.rows)


def prepare(
    spans: Sequence[SpanData],
    reader: Reader,
    keyframe_of: Callable[[str], Keyframe | None],
    level: int = zstd.LEVEL,
) -> list[Delivery]:
    """The deliveries of one call, by trace. `keyframe_of` returns the keyframe left by earlier deliveries of a trace, by
    trace id; `level` is that of zstd."""
    by_trace: dict[str, list[SpanData]] = {}
    for span in spans:
        by_trace.setdefault(span.trace_id, []).append(span)
    return [
        _delivery(trace_id, of_trace, reader, keyframe_of(trace_id), level)
        for trace_id, of_trace in by_trace.items()
    ]


def _delivery(
    trace_id: str, spans: Sequence[SpanData], reader: Reader, keyframe: Keyframe | None, level: int
) -> Delivery:
    merged: dict[str, SpanData] = {}
    blobs: dict[str, Blob] = {}
    spans = [set_aside(span, blobs) for span in spans]
    for span in spans:
        old = merged.get(span.span_id)
        merged[span.span_id] = span if old is None else merge(old, span)
    rows = rows_of(merged, reader, blobs.__getitem__ if blobs else None)
    packs = pack_spans(list(merged.values()), rows, keyframe, level)
    return Delivery(trace_id, spans, merged, rows, packs, blobs)


def rows_of(spans: Mapping[str, SpanData], reader: Reader, blob_of: BlobOf | None) -> dict[str, SpanRow]:
    """The rows of spans in the form `kept`; fragments have none. `blob_of` None says that none of their texts is a blob."""
    return {
        span_id: row_of(span, reader.read(span if blob_of is None else in_form(span, "read", blob_of)))
        for span_id, span in spans.items()
        if not span.is_fragment
    }
