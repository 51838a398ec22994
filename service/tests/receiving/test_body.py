from __future__ import annotations

import asyncio
import gzip
import os
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable

import pytest
import zstandard
from llm_tracer_service.errors import Problem
from llm_tracer_service.receiving import body as receiving
from llm_tracer_service.receiving.body import as_utf8
from llm_tracer_service.service.room import BODIES_MAX, Room, Share

BODY = os.urandom(5_000) + b"a" * 50_000


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def share_of(body_bytes_max: int) -> Share:
    return Share(Room(body_bytes_max))


def read(limit: int, *parts: bytes, share: Share | None = None, **headers: str) -> bytes:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return asyncio.run(receiving.read_body(chunks(*parts), named, limit, share or share_of(limit)))


def decompress(body: bytes, encoding: str, limit: int, share: Share | None = None) -> bytes:
    return receiving.decompress(body, encoding, limit, share or share_of(limit))


def test_a_body_comes_whole() -> None:
    assert read(10, b"abc", b"", b"defghij") == b"abcdefghij"
    assert read(10) == b""


def test_a_body_over_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(Problem) as refused:
        read(10, content_length="11")
    assert refused.value.status == 413
    with pytest.raises(Problem):
        read(10, b"abcdef", b"ghijkl")


def test_what_has_no_room_is_503_while_it_arrives_or_unfolds() -> None:
    room = Room(10)
    with room.share() as others:
        others.take(BODIES_MAX * 10 - 5)
        for attempt in (
            lambda share: read(10, b"abc", b"def", share=share),
            lambda share: read(10, share=share, content_length="6"),
            lambda share: decompress(gzip.compress(b"abcdef"), "gzip", 10, share),
            lambda share: decompress(zstd_stream(b"abcdef"), "zstd", 10, share),
        ):
            with room.share() as share, pytest.raises(Problem) as refused:
                attempt(share)
            assert (refused.value.status, refused.value.retry_after_s) == (503, 2)
        with room.share() as share:
            assert read(10, b"abc", b"de", share=share) == b"abcde"
    with room.share() as share:
        assert read(10, b"abcdef", share=share) == b"abcdef"


def zstd_stream(body: bytes) -> bytes:
    compressor = zstandard.ZstdCompressor().compressobj()  # a frame that does not say how large it is
    return compressor.compress(body) + compressor.flush()


def test_several_parts_are_one_body() -> None:
    assert decompress(gzip.compress(BODY) * 3, "gzip", 10**6) == BODY * 3
    assert decompress(gzip.compress(BODY) + b"\0" * 512, "gzip", 10**6) == BODY
    assert decompress(zstandard.compress(BODY) + zstd_stream(BODY), "zstd", 10**6) == BODY * 2
    assert decompress(b"", "gzip", 10) == b""


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
def test_what_is_cut_or_broken_is_400(encoding: str) -> None:
    packed = {"gzip": gzip.compress(BODY), "deflate": zlib.compress(BODY), "zstd": zstd_stream(BODY)}[
        encoding
    ]
    broken = [packed[:cut] for cut in (1, 10, len(packed) // 2, len(packed) - 1)] + [
        b"nonsense",
        packed + b"rest",
    ]
    for body in broken:
        with pytest.raises(Problem) as refused:
            decompress(body, encoding, 10**6)
        assert refused.value.status == 400, body[:20]


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd", "gzip, gzip", "zstd, zstd"])
def test_a_bomb_never_unfolds(encoding: str) -> None:
    pack: dict[str, Callable[[bytes], bytes]] = {
        "gzip": gzip.compress,
        "deflate": zlib.compress,
        "zstd": zstandard.compress,
    }
    body = bytes(200_000_000)
    for coding in encoding.split(", "):
        body = pack[coding](body)
    tracemalloc.start()
    with pytest.raises(Problem) as refused:
        decompress(body, encoding, 1_000_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert refused.value.status == 413
    assert peak < 80_000_000


def test_many_tiny_parts_are_refused() -> None:
    for pack, encoding in ((gzip.compress, "gzip"), (zstandard.compress, "zstd")):
        with pytest.raises(Problem) as refused:
            decompress(pack(b"") * 100_000, encoding, 10**6)
        assert refused.value.status == 400


def test_text_that_is_utf_8_is_no_other_charset() -> None:
    assert as_utf8("Café".encode(), "iso-8859-1") == "Café".encode()
    for unknown in ("iso-8859-99", "punycode", "nonsense"):
        with pytest.raises(Problem) as refused:
            as_utf8(b"caf\xe9", unknown)
        assert (refused.value.status, unknown in refused.value.detail) == (415, True)


def test_too_many_or_unknown_encodings_are_415() -> None:
    for encoding in ("br", "gzip, br", "gzip, gzip, gzip, gzip"):
        with pytest.raises(Problem) as refused:
            decompress(b"", encoding, 10)
        assert refused.value.status == 415
