"""Compression: zstd at the levels of the stores."""

from __future__ import annotations

import threading

import zstandard

LEVEL = 3
"""The knee: twice the time saves no more than 6 % of the bytes."""

FAST_LEVEL = 1
"""For what is compressed again later: 6 % more bytes, and half the time among other work, since its tables leave room in the
cache."""

_local = threading.local()  # zstandard's contexts must not be shared by threads, and are dear to make


def compress(data: bytes) -> bytes:
    """Bytes, compressed. The frame knows their size, and a checksum: a flipped bit is an error, not another text."""
    return _compressor(LEVEL).compress(data)


def compress_in_two(first: bytes, second: bytes, level: int = LEVEL) -> tuple[bytes, bytes]:
    """One frame in two pieces: the first alone tells `first`, both joined tell both joined."""
    stream = _compressor(level).compressobj(size=len(first) + len(second))
    head = stream.compress(first) + stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    return head, stream.compress(second) + stream.flush()


def decompress(data: bytes | memoryview) -> bytes:
    """What `compress` was given. Raises zstandard.ZstdError."""
    return _decompressor().decompress(data)


def decompress_first(head: bytes) -> bytes:
    """The first part of what `compress_in_two` was given, by the first piece. Raises zstandard.ZstdError."""
    return _decompressor().decompressobj().decompress(head)


def compress_against(data: bytes, base: bytes) -> bytes:
    """Bytes, compressed to what they have besides `base`. 0.3 ms for 100 KB that resemble it."""
    return zstandard.ZstdCompressor(level=LEVEL, dict_data=_raw(base), write_checksum=True).compress(data)


def decompress_against(data: bytes, base: bytes) -> bytes:
    """What `compress_against` was given with this base. Raises zstandard.ZstdError."""
    return zstandard.ZstdDecompressor(dict_data=_raw(base)).decompress(data)


def _raw(base: bytes) -> zstandard.ZstdCompressionDict:
    return zstandard.ZstdCompressionDict(base, dict_type=zstandard.DICT_TYPE_RAWCONTENT)


def _compressor(level: int) -> zstandard.ZstdCompressor:
    of_levels: dict[int, zstandard.ZstdCompressor] = _local.__dict__.setdefault("compressors", {})
    if level not in of_levels:
        of_levels[level] = zstandard.ZstdCompressor(level=level, write_checksum=True)
    return of_levels[level]


def _decompressor() -> zstandard.ZstdDecompressor:
    if not hasattr(_local, "decompressor"):
        _local.decompressor = zstandard.ZstdDecompressor()
    return _local.decompressor  # type: ignore[no-any-return]
