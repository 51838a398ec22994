"""Compression: zstd at the level of the store."""

from __future__ import annotations

import threading

import zstandard

_LEVEL = 3

_local = threading.local()  # zstandard's contexts must not be shared by threads, and are dear to make


def compress(data: bytes) -> bytes:
    """Bytes, compressed. The frame knows their size, and a checksum: a flipped bit is an error, not another text."""
    if not hasattr(_local, "compressor"):
        _local.compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
    return _local.compressor.compress(data)  # type: ignore[no-any-return]


def decompress(data: bytes | memoryview) -> bytes:
    """What `compress` was given. Raises zstandard.ZstdError."""
    if not hasattr(_local, "decompressor"):
        _local.decompressor = zstandard.ZstdDecompressor()
    return _local.decompressor.decompress(data)  # type: ignore[no-any-return]
