"""Ids of other products."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer_service.receiving.peers.ids import span_id_of, trace_id_of

UUID_7 = "019AC2F1-7C3A-7B10-8F6E-2D4C6B8A9E01"


def test_a_uuid_keeps_its_digits() -> None:
    assert trace_id_of(UUID_7) == "019ac2f17c3a7b108f6e2d4c6b8a9e01"
    assert trace_id_of("019ac2f17c3a7b108f6e2d4c6b8a9e01") == trace_id_of(UUID_7)
    assert span_id_of(UUID_7) == "8f6e2d4c6b8a9e01"


def test_ids_of_opentelemetry_stay() -> None:
    assert span_id_of("00F067AA0BA902B7") == "00f067aa0ba902b7"


@pytest.mark.parametrize("sent", ["chat-1", "", "0" * 16, "0" * 32, "00000000-0000-0000-0000-000000000000"])
def test_other_ids_are_hashed(sent: str) -> None:
    assert re.fullmatch("[0-9a-f]{32}", trace_id_of(sent))
    assert set(trace_id_of(sent)) != {"0"}
    assert set(span_id_of(sent)) != {"0"}


@given(st.text())
def test_any_id_gives_ids_that_can_be_stored(sent: str) -> None:
    assert re.fullmatch("[0-9a-f]{32}", trace_id_of(sent))
    assert re.fullmatch("[0-9a-f]{16}", span_id_of(sent))
    assert trace_id_of(sent) == trace_id_of(sent)
