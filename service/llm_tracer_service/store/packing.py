"""Bodies: the spans of one delivery of one trace, packed into bytes and back, nothing lost.

A pack is one zstd frame in two pieces. The `head` holds the rows (store/rows.py) and can be read alone, so that lists and
trees unpack no payload. The `rest` holds the spans; what the rows already said costs next to nothing there, so both
together take 12 % less room than two frames. A pack ends at 256 KB, so that reading one span of a trace of 10,000 does
not unpack them all (8.4 ms measured, against 0.3).

In the rest, what spans have in common is kept once: the trace id, resources, scopes, and the *shapes*, which are the
names of the attributes in order. Spans of one kind have one shape, so most spans are lists of values.

A growing conversation sends its history again with every turn. The rest of a pack may therefore be compressed against
a *keyframe*: the spans of an earlier pack of the trace, itself compressed alone. 100 turns that each repeat all before
them take 9 % of what was sent, or 5 % in one delivery.

Cost per span of 3.2 KB of text and 24 attributes: 3 µs to encode, 13.5 µs to compress at level 3, to 1,400 bytes. Level 1
takes 11.1 µs for 1,480 bytes (docs/decisions/0011); level 9 costs four times as much for 5 % fewer bytes. There is no
dictionary: one of 32 KB, trained on other telemetry, saved 2 % (the shapes do its work) and cost 60 % more time.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Any, Generic, TypeVar, get_args

import msgspec
import zstandard
from llm_tracer.model.row import SpanRow
from llm_tracer.model.span import Resource, Scope, SpanData, SpanEvent, SpanLink

from llm_tracer_service.blobs import BlobOf, in_form
from llm_tracer_service.blobs.markers import OPENING
from llm_tracer_service.store import zstd
from llm_tracer_service.store.base import StoreDamaged
from llm_tracer_service.store.exact import Loader, dump
from llm_tracer_service.store.rows import dump_rows, load_rows

DAMAGE_HINT = "`llm-tracer store verify` finds all that is damaged. Restore a copy of the store."

RAW_BYTES_MAX = 256 * 1024
"""Where a pack ends, before compression. A larger span has a pack of its own."""

_OPENING = OPENING.encode()

FORMAT_1, FORMAT_2, FORMAT_3 = b"\x01", b"\x02", b"\x03"
"""The first byte of the rest. Format 1 is a frame of its own, without rows, and names the attributes of every span. Format
3 is format 2 against a keyframe: head and rest are a frame each."""

_KEYFRAME_BYTES_MIN = 16 * 1024
_KEYFRAME_PAYS_FROM = 8
"""A pack is compressed against a keyframe if that shrinks it to an eighth; if not, it becomes the next keyframe."""

_PROBES, _PROBE_BYTES = 8, 48

# The orders of the formats are final: another order or a new field of SpanData is a new format.
_FIELDS_1 = (
    "span_id", "name", "start_time_unix_nano", "end_time_unix_nano", "parent_span_id", "otel_kind", "status_code",
    "status_message", "attributes", "events", "links", "trace_state", "flags", "dropped_attributes_count",
    "dropped_events_count", "dropped_links_count",
)  # fmt: skip
_HEAD_1 = tuple[str, str, int | None, int | None, str | None, int, str, str | None]
_TAIL_1 = tuple[tuple[SpanEvent, ...], tuple[SpanLink, ...], str, int, int, int, int]
_load_values_1: Loader[tuple[Any, ...]] = Loader(
    tuple.__class_getitem__((*get_args(_HEAD_1), dict[str, Any], *get_args(_TAIL_1)))
)

_SHARED_AT = _FIELDS_1.index("links") + 1
_AT_2 = _FIELDS_1.index("attributes")
"""Format 2 has only the values of the attributes in this place."""
_values_of = attrgetter(*_FIELDS_1)
_load_values_2: Loader[tuple[Any, ...]] = Loader(
    tuple.__class_getitem__((*get_args(_HEAD_1), list[Any], *get_args(_TAIL_1)))
)
_Part = TypeVar("_Part")

_SHARED_MAX = 256
_SHARED_BYTES_MAX = 4_000


class _Remembering(Generic[_Part]):
    """Decodes the parts that spans share, and remembers the latest: spans of many packs then share one object, by which
    a Reader recognizes it. A part has some 500 bytes; anything larger than 4 KB is not remembered."""

    def __init__(self, type: Any) -> None:  # noqa: A002
        self._load: Loader[_Part] = Loader(type)
        self._remembered = lru_cache(_SHARED_MAX)(self._load)

    def __call__(self, data: bytes) -> _Part:
        return self._remembered(data) if len(data) <= _SHARED_BYTES_MAX else self._load(data)


_load_resource: _Remembering[Resource] = _Remembering(Resource)
_load_scope: _Remembering[Scope] = _Remembering(Scope)
_load_shape: _Remembering[tuple[str, ...]] = _Remembering(tuple[str, ...])


class _Layout1(msgspec.Struct, array_like=True):
    """Format 1. A span is (index of its resource, index of its scope, its values)."""

    trace_id: str
    resources: list[bytes]
    scopes: list[bytes]
    spans: list[tuple[int, int, bytes]]


class _Layout2(msgspec.Struct, array_like=True):
    """Format 2. A span is (index of its resource, of its scope, of its shape, its values)."""

    trace_id: str
    resources: list[bytes]
    scopes: list[bytes]
    shapes: list[bytes]
    spans: list[tuple[int, int, int, bytes]]


_encode_layout = msgspec.msgpack.Encoder().encode
_decode_layout_1 = msgspec.msgpack.Decoder(_Layout1).decode
_decode_layout_2 = msgspec.msgpack.Decoder(_Layout2).decode


@dataclass(slots=True)
class Keyframe:
    """The spans of a pack as they were encoded. Whoever keeps the pack sets `body` to its id."""

    encoded: bytes
    body: int | None = None


@dataclass(frozen=True, slots=True)
class Pack:
    """Some spans as bytes; the slot of each is its index in `span_ids`. `first_start` and `last_start` are the earliest
    and the latest start of its spans, in nanoseconds; None if all are fragments. `base` is the keyframe needed to read
    the rest; `own` is what later packs may be compressed against: the same keyframe, or this pack's spans."""

    span_ids: tuple[str, ...]
    head: bytes
    rest: bytes
    first_start: int | None
    last_start: int | None
    base: Keyframe | None = None
    own: Keyframe | None = None


def pack_spans(
    spans: Sequence[SpanData],
    rows: Mapping[str, SpanRow],
    keyframe: Keyframe | None = None,
    level: int = zstd.LEVEL,
) -> list[Pack]:
    """Packs spans of one trace, in their order, with the rows of those that are not fragments. `keyframe` comes from an
    earlier pack of the trace."""
    packs: list[Pack] = []
    builder = _Builder(rows)
    for span in spans:
        values = list(_values_of(span))
        attributes: Mapping[str, Any] = values[_AT_2]
        values[_AT_2] = list(attributes.values())
        data = dump(values)
        if builder.spans and builder.raw_bytes + len(data) > RAW_BYTES_MAX:
            packs.append(builder.finish(keyframe, level))
            keyframe = packs[-1].own
            builder = _Builder(rows)
        builder.add(span, tuple(attributes), data)
    if builder.spans:
        packs.append(builder.finish(keyframe, level))
    return packs


class _Builder:
    def __init__(self, rows: Mapping[str, SpanRow]) -> None:
        self.spans: list[SpanData] = []
        self.raw_bytes = 0
        self._rows = rows
        self._resources, self._scopes, self._shapes = _Interned(), _Interned(), _Interned()
        self._packed: list[tuple[int, int, int, bytes]] = []

    def add(self, span: SpanData, shape: tuple[str, ...], data: bytes) -> None:
        # The spans of one request share their resource object, so its id is as good a key as its content.
        resource = self._resources.index_of(id(span.resource), span.resource)
        scope = self._scopes.index_of(id(span.scope), span.scope)
        self._packed.append((resource, scope, self._shapes.index_of(shape, shape), data))
        self.spans.append(span)
        self.raw_bytes += len(data)

    def finish(self, keyframe: Keyframe | None, level: int) -> Pack:
        span_ids = tuple([span.span_id for span in self.spans])
        rows = [self._rows.get(span_id) for span_id in span_ids]
        layout = _Layout2(
            self.spans[0].trace_id,
            self._resources.parts,
            self._scopes.parts,
            self._shapes.parts,
            self._packed,
        )
        encoded = _encode_layout(layout)
        starts = [row.start_time_unix_nano for row in rows if row is not None]
        first, last = min(starts, default=None), max(starts, default=None)
        if keyframe is not None and _resembles(encoded, keyframe.encoded):
            rest = zstd.compress_against(encoded, keyframe.encoded)
            if len(rest) * _KEYFRAME_PAYS_FROM < len(encoded):
                head = zstd.compress(dump_rows(rows))
                return Pack(span_ids, head, FORMAT_3 + rest, first, last, keyframe, keyframe)
        head, rest = packed(dump_rows(rows), encoded, level)
        own = Keyframe(encoded) if len(encoded) >= _KEYFRAME_BYTES_MIN else None
        return Pack(span_ids, head, rest, first, last, None, own)


def _resembles(encoded: bytes, base: bytes) -> bool:
    """Whether samples of one occur in the other: a guess, 5 µs if they do, so that only what may pay off is tried."""
    stride = len(encoded) // _PROBES
    if stride < _PROBE_BYTES:
        return False
    probes = (encoded[at : at + _PROBE_BYTES] for at in range(stride // 2, len(encoded), stride))
    return sum(probe in base for probe in probes) > _PROBES // 2


class _Interned:
    """Numbers parts, equal ones alike. `key` is a cheap stand-in for a part."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self._index_of_key: dict[Hashable, int] = {}
        self._index_of_bytes: dict[bytes, int] = {}

    def index_of(self, key: Hashable, part: Resource | Scope | tuple[str, ...]) -> int:
        index = self._index_of_key.get(key)
        if index is None:
            data = dump(part)
            index = self._index_of_bytes.setdefault(data, len(self.parts))
            if index == len(self.parts):
                self.parts.append(data)
            self._index_of_key[key] = index
        return index


def packed(rows: bytes, encoded: bytes | memoryview, level: int) -> tuple[bytes, bytes]:
    """Head and rest of a pack without a keyframe, from its rows and its encoded spans."""
    head, rest = zstd.compress_in_two(rows, encoded, level)
    return head, FORMAT_2 + rest


def rows_of_head(span_ids: Sequence[str], head: bytes) -> list[SpanRow | None]:
    """The rows of a pack by slot, None for a fragment. Raises StoreDamaged."""
    try:
        return rows_of_bytes(span_ids, zstd.decompress_first(head))
    except zstandard.ZstdError as error:
        raise StoreDamaged(f"A body is damaged: {error}.", DAMAGE_HINT) from error


def rows_of_bytes(span_ids: Sequence[str], rows: bytes) -> list[SpanRow | None]:
    """`rows_of_head` for rows already decompressed. Raises StoreDamaged."""
    try:
        return load_rows(span_ids, rows)
    except (msgspec.DecodeError, LookupError, ValueError) as error:
        raise StoreDamaged(f"A body is damaged: {error}.", DAMAGE_HINT) from error


def with_rows(head: bytes, rest: bytes, rows: Sequence[SpanRow | None]) -> tuple[bytes, bytes]:
    """Head and rest of a pack with other rows, as another Reader derives them. The spans are not touched."""
    if rest[:1] != FORMAT_2:
        return zstd.compress(dump_rows(rows)), rest
    level = zstd.DENSE_LEVEL if zstd.is_dense(head) else zstd.LEVEL
    return packed(dump_rows(rows), encoded_spans(head, rest), level)


def encoded_spans(head: bytes, rest: bytes, base: bytes | None = None) -> bytes:
    """The spans of a pack as they were encoded; `base` is the keyframe, likewise. Raises zstandard.ZstdError."""
    if rest[:1] == FORMAT_2:
        return zstd.decompress(head + rest[1:])[len(zstd.decompress_first(head)) :]
    return zstd.decompress(rest[1:]) if base is None else zstd.decompress_against(rest[1:], base)


class PackReader:
    """An opened pack: decompressed once, each span decoded on demand. `base` are the encoded spans of its keyframe, if it
    has one. Raises StoreDamaged."""

    def __init__(self, head: bytes, rest: bytes, base: bytes | None = None) -> None:
        format = rest[:1]  # noqa: A001
        if format not in (FORMAT_1, FORMAT_2, FORMAT_3):
            raise StoreDamaged(f"A body has the unknown format {format!r}.", DAMAGE_HINT)
        try:
            encoded = encoded_spans(head, rest, base)
        except zstandard.ZstdError as error:
            raise StoreDamaged(f"A body is damaged: {error}.", DAMAGE_HINT) from error
        self._decode(encoded, _decode_layout_1 if format == FORMAT_1 else _decode_layout_2)

    @classmethod
    def of_encoded(cls, encoded: bytes | memoryview) -> PackReader:
        """A reader of encoded spans (format 2) that are not compressed. Raises StoreDamaged."""
        reader = cls.__new__(cls)
        reader._decode(encoded, _decode_layout_2)
        return reader

    def _decode(
        self, encoded: bytes | memoryview, decode: Callable[[bytes | memoryview], _Layout1 | _Layout2]
    ) -> None:
        try:
            self._layout = decode(encoded)
        except msgspec.DecodeError as error:
            raise StoreDamaged(f"A body is damaged: {error}.", DAMAGE_HINT) from error
        self._resources = _Shared(_load_resource, self._layout.resources)
        self._scopes = _Shared(_load_scope, self._layout.scopes)
        self._shapes = _Shared(_load_shape, getattr(self._layout, "shapes", ()))

    def __len__(self) -> int:
        return len(self._layout.spans)

    def values(self, slot: int) -> bytes:
        """The encoded span in a slot, without the names of its attributes: its texts are UTF-8 there, unless they have
        lone surrogates."""
        return self._layout.spans[slot][-1]

    def span(self, slot: int) -> SpanData:
        """The span in a slot."""
        layout = self._layout
        if isinstance(layout, _Layout1):
            resource, scope, data = layout.spans[slot]
            values = list(_load_values_1(data))
        else:
            resource, scope, shape, data = layout.spans[slot]
            values = list(_load_values_2(data))
            values[_AT_2] = dict(zip(self._shapes[shape], values[_AT_2], strict=True))
        # By position, in half the time that names take: SpanData has the two shared fields between these.
        values[_SHARED_AT:_SHARED_AT] = self._resources[resource], self._scopes[scope]
        return SpanData(layout.trace_id, *values)

    def span_as_read(self, slot: int, blob_of: BlobOf) -> SpanData:
        """The span in a slot, in the form `read`. Most spans have no marker; their bytes show that ten times faster than
        their values."""
        span = self.span(slot)
        return in_form(span, "read", blob_of) if _OPENING in self.values(slot) else span


class _Shared(Generic[_Part]):
    """What spans have in common, each part decoded once: spans share the object, by which a Reader recognizes it."""

    def __init__(self, load: Callable[[bytes], _Part], encoded: Sequence[bytes]) -> None:
        self._load = load
        self._encoded = encoded
        self._known: dict[int, _Part] = {}

    def __getitem__(self, index: int) -> _Part:
        part = self._known.get(index)
        if part is None:
            part = self._known[index] = self._load(self._encoded[index])
        return part
