"""Bundles: packs of several traces as one zstd frame, for the disk.

A pack is made while a caller waits, from what arrived together. Much of it repeats what other packs say: names of
attributes, prompts, the frame of every message. So packs of neighbouring traces are bundled later: 512 KB of them, at
level 9 of zstd.

A bundle has the layout of a pack (store/packing.py): one frame in two pieces, of which the first, with the rows of all
bodies, can be read alone. The spans stay as they were encoded, so a body goes into a bundle and comes out unchanged.

Measured on the workload of benchmarks/workload.py, in bytes a span and µs of CPU to compress: packs alone take 1,432
(level 3, 13 µs) or 1,343 (level 6, 38 µs), bundles of 512 KB 1,140 (level 6, 37 µs) or 1,115 (level 9, 60 µs). Bundles of
twice the size save another 60 bytes, and double the time to read one span, which is 0.6 ms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import zstandard

from llm_tracer_service.store import zstd
from llm_tracer_service.store.base import StoreDamaged
from llm_tracer_service.store.packing import DAMAGE_HINT, FORMAT_2

RAW_BYTES_MAX = 512 * 1024
"""Where a bundle ends, before compression. A body of more than half of it stays alone: bundling would gain little."""

_LEVEL = 9

_encode = msgspec.msgpack.Encoder().encode
_decode_heads = msgspec.msgpack.Decoder(dict[int, bytes]).decode
_decode_rests = msgspec.msgpack.Decoder(
    list[memoryview]
).decode  # without copies: only one body of them is wanted


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The content of one body, decompressed: its rows, and its spans as they were encoded."""

    rows: bytes
    spans: bytes

    @property
    def raw_bytes(self) -> int:
        """Its share of a bundle, before compression."""
        return len(self.rows) + len(self.spans)


def unpacked(head: bytes, rest: bytes) -> Unpacked | None:
    """The content of a body; None if it cannot be bundled: another format, damaged, or too large."""
    if rest[:1] != FORMAT_2:
        return None
    try:
        raw, rows = zstd.decompress(head + rest[1:]), zstd.decompress_first(head)
    except zstandard.ZstdError:
        return None
    return Unpacked(rows, raw[len(rows) :]) if len(raw) <= RAW_BYTES_MAX // 2 else None


def bundle(bodies: Mapping[int, Unpacked]) -> tuple[bytes, bytes]:
    """Heads and rests of a bundle of these bodies, by their ids."""
    heads = _encode({body: unpacked.rows for body, unpacked in bodies.items()})
    rests = _encode([unpacked.spans for unpacked in bodies.values()])
    return zstd.compress_in_two(heads, rests, _LEVEL)


def rows_in(heads: bytes) -> dict[int, bytes]:
    """The rows of each body of a bundle, as `dump_rows` wrote them. Raises StoreDamaged."""
    try:
        return _decode_heads(zstd.decompress_first(heads))
    except (zstandard.ZstdError, msgspec.DecodeError) as error:
        raise StoreDamaged(f"A bundle is damaged: {error}.", DAMAGE_HINT) from error


def spans_in(heads: bytes, rests: bytes) -> dict[int, memoryview]:
    """The spans of each body of a bundle, as a pack has them encoded. Raises StoreDamaged."""
    try:
        raw, first = zstd.decompress(heads + rests), zstd.decompress_first(heads)
        spans = _decode_rests(memoryview(raw)[len(first) :])
        return dict(zip(_decode_heads(first), spans, strict=True))
    except (zstandard.ZstdError, msgspec.DecodeError, ValueError) as error:
        raise StoreDamaged(f"A bundle is damaged: {error}.", DAMAGE_HINT) from error
