"""Compression with zstd, at the levels that the stores use, the densest with a dictionary."""

from __future__ import annotations

import threading
from functools import lru_cache
from pathlib import Path

import zstandard

LEVEL = 3
"""The knee: twice the time would save no more than 6 % of the bytes."""

FAST_LEVEL = 1
"""For what is compressed again later: 6 % more bytes in half the time, measured among other work, since its tables leave
room in the cache."""

DENSE_LEVEL = 6
"""For a store that is paid by the byte, with a dictionary of English, code and telemetry: 12 % fewer bytes in three times
the time, 41 µs a span."""

_FRAME_HEADER_BYTES_MAX = 18

_local = threading.local()  # zstandard's contexts are expensive to make, and threads must not share them


def compress(data: bytes, level: int = LEVEL) -> bytes:
    """Compressed bytes. The frame holds their size and a checksum: a flipped bit is an error, not another text."""
    return _compressor(level).compress(data)


def compress_in_two(first: bytes, second: bytes | memoryview, level: int = LEVEL) -> tuple[bytes, bytes]:
    """One frame in two pieces: the first alone yields `first`, the two joined yield both joined."""
    stream = _compressor(level).compressobj(size=len(first) + len(second))
    head = stream.compress(first) + stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    return head, stream.compress(second) + stream.flush()


def decompress(data: bytes | memoryview) -> bytes:
    """What `compress` was given. Raises zstandard.ZstdError."""
    return _decompressor(is_dense(data)).decompress(data)


def decompress_first(head: bytes) -> bytes:
    """The `first` that `compress_in_two` was given, from its first piece. Raises zstandard.ZstdError."""
    return _decompressor(is_dense(head)).decompressobj().decompress(head)


def is_dense(data: bytes | memoryview) -> bool:
    """Whether a frame was compressed with the dictionary; its header says so. Raises zstandard.ZstdError."""
    return zstandard.get_frame_parameters(data[:_FRAME_HEADER_BYTES_MAX]).dict_id != 0


def compress_against(data: bytes, base: bytes) -> bytes:
    """Bytes compressed to what they add to `base`. 0.3 ms for 100 KB that resemble it."""
    return zstandard.ZstdCompressor(level=LEVEL, dict_data=_raw(base), write_checksum=True).compress(data)


def decompress_against(data: bytes, base: bytes) -> bytes:
    """What `compress_against` was given with this base. Raises zstandard.ZstdError."""
    return zstandard.ZstdDecompressor(dict_data=_raw(base)).decompress(data)


def _raw(base: bytes) -> zstandard.ZstdCompressionDict:
    return zstandard.ZstdCompressionDict(base, dict_type=zstandard.DICT_TYPE_RAWCONTENT)


@lru_cache
def _dictionary() -> zstandard.ZstdCompressionDict:
    """Must never change: what was compressed with it cannot be read without it (benchmarks/dictionary.py made it)."""
    dictionary = zstandard.ZstdCompressionDict(Path(__file__).with_name("zstd_1.dict").read_bytes())
    # Computed ahead, so that a compressor is cheap to make.
    dictionary.precompute_compress(level=DENSE_LEVEL)
    return dictionary


def _compressor(level: int) -> zstandard.ZstdCompressor:
    if level > DENSE_LEVEL:  # takes 6.5 MB, and compresses for so long that making it does not show
        return zstandard.ZstdCompressor(level=level, write_checksum=True)
    of_levels: dict[int, zstandard.ZstdCompressor] = _local.__dict__.setdefault("compressors", {})
    if level not in of_levels:
        dictionary = _dictionary() if level == DENSE_LEVEL else None
        of_levels[level] = zstandard.ZstdCompressor(level=level, write_checksum=True, dict_data=dictionary)
    return of_levels[level]


def _decompressor(dense: bool) -> zstandard.ZstdDecompressor:
    of_kinds: dict[bool, zstandard.ZstdDecompressor] = _local.__dict__.setdefault("decompressors", {})
    if dense not in of_kinds:
        of_kinds[dense] = zstandard.ZstdDecompressor(dict_data=_dictionary() if dense else None)
    return of_kinds[dense]
