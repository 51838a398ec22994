"""Compression: zstd at the level of the store."""

from __future__ import annotations

import threading

import zstandard

_LEVEL = 3

_local = threading.local()  # zstandard's contexts must not be shared by threads, and are dear to make


def compress(data: bytes) -> bytes:
    """Bytes, compressed. The frame knows their size, and a checksum: a flipped bit is an error, not another text."""
    return _compressor().compress(data)


def compress_in_two(first: bytes, second: bytes) -> tuple[bytes, bytes]:
    """One frame in two pieces: the first alone tells `first`, both joined tell both joined."""
    stream = _compressor().compressobj(size=len(first) + len(second))
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
    return zstandard.ZstdCompressor(level=_LEVEL, dict_data=_raw(base), write_checksum=True).compress(data)


def decompress_against(data: bytes, base: bytes) -> bytes:
    """What `compress_against` was given with this base. Raises zstandard.ZstdError."""
    return zstandard.ZstdDecompressor(dict_data=_raw(base)).decompress(data)


def _raw(base: bytes) -> zstandard.ZstdCompressionDict:
    return zstandard.ZstdCompressionDict(base, dict_type=zstandard.DICT_TYPE_RAWCONTENT)


def _compressor() -> zstandard.ZstdCompressor:
    if not hasattr(_local, "compressor"):
        _local.compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
    return _local.compressor  # type: ignore[no-any-return]


def _decompressor() -> zstandard.ZstdDecompressor:
    if not hasattr(_local, "decompressor"):
        _local.decompressor = zstandard.ZstdDecompressor()
    return _local.decompressor  # type: ignore[no-any-return]
