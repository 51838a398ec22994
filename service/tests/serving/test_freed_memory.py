"""Freed memory returns to the system, by the count of the system."""

from __future__ import annotations

import sys

import pytest
from app_helpers import resident_bytes
from llm_tracer_service.serving import freed_memory


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it does nothing")
def test_what_lies_between_blocks_in_use_is_given_back() -> None:
    blocks = [bytearray(100_000) for _ in range(400)]
    kept = blocks[::20]
    del blocks
    before = resident_bytes()
    freed_memory.give_back()
    assert resident_bytes() < before - 20_000_000
    assert len(kept) == 20
