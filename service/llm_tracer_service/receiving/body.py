"""Reading the body of a request, with a limit while it arrives, and again while it is decompressed."""

from __future__ import annotations

import re
import zlib
from collections.abc import AsyncIterable, Callable, Mapping
from contextlib import suppress
from typing import Any

from llm_tracer_service.errors import Problem
from llm_tracer_service.service.room import Share

CODINGS_MAX = 3
"""How many encodings a body may have on top of each other. One is usual; more than a few can only be an attack."""

_CODINGS = ("gzip", "x-gzip", "deflate", "zstd", "identity")
_FRAMES_MAX = 64
"""How many parts one compressed body may have (gzip members, zstd frames): each has a cost of its own."""

_ZSTD_WINDOW_BYTES_MAX = 128 * 1024 * 1024
_PADDING = re.compile(rb"\0*")
_PIECE_BYTES = 1024
"""How much is decompressed at once. A byte of zstd unfolds to at most 32 KiB, so a bomb is noticed after 32 MiB."""


async def read_body(
    chunks: AsyncIterable[bytes], headers: Mapping[str, str], limit_bytes: int, share: Share
) -> bytes:
    """The body as it was sent, whose bytes `share` takes as they arrive. Raises Problem, as soon as it is known: 413 over the
    limit, 503 if there is no room for it."""
    announced = headers.get("content-length", "")
    if announced.isdigit():
        if int(announced) > limit_bytes:
            raise _too_large(limit_bytes)
        share.check(int(announced))
    parts: list[bytes] = []
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > limit_bytes:
            raise _too_large(limit_bytes)
        share.take(len(chunk))
        parts.append(chunk)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def decompress(body: bytes, content_encoding: str, limit_bytes: int, share: Share) -> bytes:
    """The body without its Content-Encoding, which may name several encodings in the order they were applied.

    Raises Problem: 415 for an unknown encoding, 400 for broken or truncated data, 413 over the limit, 503 if `share` cannot
    take it. Both are checked while decompressing, so that a bomb never unfolds.
    """
    codings = [coding.strip().lower() for coding in content_encoding.split(",") if coding.strip()]
    if len(codings) > CODINGS_MAX:
        raise Problem(
            415,
            f"The body is encoded {len(codings)} times.",
            f"At most {CODINGS_MAX} encodings are accepted.",
        )
    for coding in reversed(codings):
        if coding not in _CODINGS:
            raise Problem(
                415,
                f"Content-Encoding {coding!r} is not supported.",
                "Use gzip, deflate, zstd or none.",
                headers={"Accept-Encoding": "gzip, deflate, zstd"},
            )
        try:
            body = _decompress_one(body, coding, limit_bytes, share)
        except _Broken as fault:
            raise Problem(
                400, f"The body is not valid {coding}: {fault}.", "Send it complete and compressed only once."
            ) from fault
    return body


def as_utf8(body: bytes, sent_charset: str) -> bytes:
    """Text in the charset that its Content-Type names ("": none), as UTF-8. Text that is UTF-8 whatever the header says stays
    as it is: some clients name ISO-8859-1 by default. Raises Problem 415 for a charset that is not known."""
    if sent_charset in ("", "utf-8", "utf8"):
        return body
    try:
        if not _CHARSETS.match(sent_charset):
            raise LookupError
        if not sent_charset.startswith("utf"):
            with suppress(UnicodeDecodeError):
                body.decode()
                return body
        return body.decode(sent_charset, "replace").encode()
    except LookupError:
        raise Problem(415, f"The charset {sent_charset[:40]!r} is not known.", "Send UTF-8.") from None


_CHARSETS = re.compile(r"utf-?(16|32)|us-ascii|iso-?8859|latin|windows-|cp12|shift_jis|euc|gb|big5|koi8")
"""How those begin that texts are in: Python also decodes what is none, such as punycode."""


class _Broken(Exception):
    """Compressed data that is invalid or ends too early."""


def _decompress_one(body: bytes, coding: str, limit_bytes: int, share: Share) -> bytes:
    match coding:
        case "identity":
            return body
        case "zstd":
            import zstandard  # takes 10 ms, only for those who send it

            unzstd = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES_MAX)
            return _unpack(body, unzstd.decompressobj, zstandard.ZstdError, limit_bytes, share)
        case "deflate":
            # HTTP means zlib; some senders mean the bare stream. The first byte tells them apart: 8 is zlib's method.
            is_zlib = len(body) > 1 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
            window_bits = zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS
        case _:
            window_bits = zlib.MAX_WBITS | 16
    return _unpack(body, lambda: zlib.decompressobj(window_bits), zlib.error, limit_bytes, share)


def _unpack(
    body: bytes, begin: Callable[[], Any], fault_type: type[Exception], limit_bytes: int, share: Share
) -> bytes:
    """Decompresses the parts that a body may have one after another; some writers pad with zeros. `begin` makes the object
    that reads one part."""
    parts: list[bytes] = []
    left = limit_bytes
    position = frames = 0
    try:
        while position < len(body):
            frames += 1
            if frames > _FRAMES_MAX:
                raise _Broken(f"it has more than {_FRAMES_MAX} parts")
            frame = begin()
            while not frame.eof:
                piece = body[position : position + _PIECE_BYTES]
                if not piece:
                    raise _Broken("it ends too early")
                part = frame.decompress(piece)
                position += len(piece)
                left -= len(part)
                if left < 0:
                    raise _too_large(limit_bytes)
                share.take(len(part))
                parts.append(part)
            position = _PADDING.match(body, position - len(frame.unused_data)).end()  # type: ignore[union-attr]
    except fault_type as fault:
        raise _Broken(str(fault)) from fault
    return b"".join(parts)


def _too_large(limit_bytes: int) -> Problem:
    return Problem(
        413,
        f"The body is larger than {limit_bytes} bytes.",
        "Send fewer spans per request, or raise TRACER_MAX_BODY_BYTES.",
        facts={"limit_bytes": limit_bytes},
    )
