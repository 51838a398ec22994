from __future__ import annotations

from base64 import urlsafe_b64encode

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from llm_tracer_service.store.base import BadCursor
from llm_tracer_service.store.paging import UNKNOWN, known, read_cursor, trace_order, write_cursor


@given(st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False), st.text())
def test_a_cursor_gives_back_its_key(value: float, text: str) -> None:
    cursor = write_cursor("traces", ("p", "q"), (value, text))
    assert read_cursor("traces", ("p", "q"), cursor, ((int, float), str)) == [value, text]
    assert cursor.isascii()
    assert not set(cursor) & set("=+/ ")


@example(urlsafe_b64encode(b"\x91" * 5_000).decode())  # a list in a list in a list
@given(st.text() | st.binary().map(lambda data: urlsafe_b64encode(data).decode()))
def test_no_nonsense_is_taken_for_a_cursor(text: str) -> None:
    with pytest.raises(BadCursor):
        read_cursor("traces", ("p",), text, (int, str))


def test_a_cursor_belongs_to_its_question_and_shape() -> None:
    cursor = write_cursor("traces", ("p", "q"), (1, "x"))
    for listing, question, types in (
        ("spans", ("p", "q"), (int, str)),
        ("traces", ("p", "other"), (int, str)),
        ("traces", ("p", "q"), (str, str)),
        ("traces", ("p", "q"), (int,)),
    ):
        with pytest.raises(BadCursor):
            read_cursor(listing, question, cursor, types)  # type: ignore[arg-type]


def test_a_number_that_no_database_holds_is_refused() -> None:
    fingerprint = msgspec.msgpack.decode(_raw(write_cursor("traces", ("p",), (1,))))[0]
    forged = urlsafe_b64encode(msgspec.msgpack.encode([fingerprint, 2**63])).decode()
    with pytest.raises(BadCursor):
        read_cursor("traces", ("p",), forged, (int,))


def test_unknown_comes_last_in_descending_orders() -> None:
    keys = [(known(value), "id") for value in (None, 1, float("nan"), 3.5, float("inf"), -2)]
    ordered = [value for value, _ in sorted(keys, key=lambda key: trace_order(key, "-cost"))]
    assert ordered == [3.5, 1, -2, UNKNOWN, UNKNOWN, UNKNOWN]


def _raw(cursor: str) -> bytes:
    import base64

    return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
