"""Compression of requests: zstd where this interpreter or its environment has it, gzip level 1 otherwise.

zstd level 1 turns a span of 2 KB into 527 bytes in 3.6 µs, gzip level 6 into 554 bytes in 44 µs. A match table that
fits into the first-level cache saves 0.3 µs of that and makes bodies a tenth larger.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple

_LEVEL = 1
_HASH_LOG = 12
"""4,096 entries, 16 KB."""


class Codec(NamedTuple):
    """`name` is the Content-Encoding."""

    name: str
    compress: Callable[[bytes | bytearray], bytes]
    decompress: Callable[[bytes | bytearray], bytes]


def best_codec() -> Codec:
    """Not to be called on the app's threads: it imports."""
    for find in (_zstd_of_the_interpreter, _zstd_of_the_environment):
        try:
            return find()
        except ImportError:
            continue
    return _gzip()


def codec_named(name: str) -> Codec:
    """The codec of a request, which another process may have compressed. Raises ImportError if it is not installed
    here."""
    if name == "gzip":
        return _gzip()
    codec = best_codec()
    if codec.name != name:
        raise ImportError(f"{name} is not installed")
    return codec


def _zstd_of_the_interpreter() -> Codec:
    zstd = import_module("compression.zstd")  # Python 3.14
    name = zstd.CompressionParameter
    options = {name.compression_level: _LEVEL, name.hash_log: _HASH_LOG}
    return Codec("zstd", lambda body: zstd.compress(body, options=options), zstd.decompress)


def _zstd_of_the_environment() -> Codec:
    zstandard = import_module("zstandard")
    parameters = zstandard.ZstdCompressionParameters.from_level(_LEVEL, hash_log=_HASH_LOG)
    compressor = zstandard.ZstdCompressor(compression_params=parameters)
    return Codec("zstd", compressor.compress, zstandard.ZstdDecompressor().decompress)


def _gzip() -> Codec:
    gzip = import_module("gzip")
    return Codec("gzip", lambda body: gzip.compress(body, compresslevel=1), gzip.decompress)
