from __future__ import annotations

import tracemalloc

import pytest
from llm_tracer_service.receiving.json_text import repaired


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (rb'"a\ud83d"', rb'"a\ufffd"'),
        (rb'"\ude00\ud83d\ude00\uDBFF"', rb'"\ufffd\ud83d\ude00\ufffd"'),
        (rb'"\\ud83d \"\u00e9"', rb'"\\ud83d \"\u00e9"'),
        (b'"cut \xe2\x82"', '"cut \N{REPLACEMENT CHARACTER}"'.encode()),
        (b'["NaN", NaN, "\\"-Infinity", -Infinity]', b'["NaN", "NaN", "\\"-Infinity", "-Infinity"]'),
        (rb'"\ud8', rb'"\ud8'),
        (b'"no end \\', b'"no end \\'),
        (b"", b""),
    ],
)
def test_what_is_broken_is_replaced_and_nothing_else(sent: bytes, kept: bytes) -> None:
    assert repaired(sent) == kept


def test_a_character_between_two_pieces_is_whole() -> None:
    for length in range(1024 * 1024 - 3, 1024 * 1024 + 1):
        text = b"x" * length + "€".encode()
        assert repaired(text) == text


@pytest.mark.parametrize(
    "unit",
    [rb"\\", rb"\ud83d\ude00", rb"\ud800", b"\xff", b'",NaN,"'],
    ids=lambda unit: unit.decode("latin-1"),
)
def test_a_body_takes_a_few_times_its_own_memory(unit: bytes) -> None:
    """In pieces, one for each text and escape, it took 60 times as much."""
    body = b'"' + unit * (1_000_000 // len(unit)) + b'\xff"'
    tracemalloc.start()
    try:
        repaired(body)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 10 * len(body) + 4 * 1024 * 1024
