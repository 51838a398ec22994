"""How durations, counts, costs and previews are written."""

from __future__ import annotations

import codecs
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer.model.text import byte_size, cost, count, duration, plain, preview

DURATIONS = [
    (None, "–"), (0, "0 ms"), (0.85, "850 µs"), (0.9994, "999 µs"), (0.9996, "1.0 ms"), (1, "1.0 ms"), (4.2, "4.2 ms"), (4.25, "4.3 ms"),
    (9.96, "10 ms"), (320, "320 ms"), (999.4, "999 ms"), (999.6, "1.00 s"), (4210, "4.21 s"), (9996, "10.0 s"),
    (31_000, "31.0 s"), (59_940, "59.9 s"), (59_960, "1 m"), (192_000, "3 m 12 s"), (3_599_400, "59 m 59 s"),
    (3_599_600, "1 h"), (7_500_000, "2 h 5 m"), (86_399_400, "23 h 59 m"), (86_399_600, "1 d"), (284_400_000, "3 d 7 h"),
    (-5000, "-5.00 s"), (-0.5, "-500 µs"),
]  # fmt: skip


@pytest.mark.parametrize(("ms", "written"), DURATIONS)
def test_a_duration_has_the_unit_that_fits(ms: float | None, written: str) -> None:
    assert duration(ms) == written


COUNTS = [
    (None, "–"), (0, "0"), (950, "950"), (999, "999"), (1000, "1.0 k"), (1049, "1.0 k"), (1250, "1.3 k"), (8100, "8.1 k"),
    (9960, "10 k"), (92_000, "92 k"), (999_499, "999 k"), (999_500, "1.0 M"), (1_200_000, "1.2 M"), (999_499_999, "999 M"),
    (999_500_000, "1.0 G"), (1_200_000_000, "1.2 G"), (10**13, "1.00e+13"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "written"), COUNTS)
def test_a_count_is_written_short(number: int | None, written: str) -> None:
    assert count(number) == written


COSTS = [
    (None, True, "–"), (None, False, "–"), (0, True, "$0"), (0, False, "≥$0"), (0.00005, True, "<$0.0001"),
    (0.00005, False, "≥$0"), (0.0213, True, "$0.0213"), (0.09996, True, "$0.100"), (0.4, False, "≥$0.400"),
    (0.9996, True, "$1.00"), (1.2, True, "$1.20"), (1.125, True, "$1.13"), (1234.5, False, "≥$1,235"), (999.996, True, "$1,000"),
]  # fmt: skip


@pytest.mark.parametrize(("usd", "complete", "written"), COSTS)
def test_a_cost_has_the_digits_that_matter(usd: float | None, complete: bool, written: str) -> None:
    assert cost(usd, complete) == written


SIZES = [
    (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (4200, "4.2 kB"), (9_960, "10 kB"), (184_000, "184 kB"), (999_499, "999 kB"),
    (999_500, "1.0 MB"), (12_300_000, "12 MB"), (5_000_000_000, "5.0 GB"), (2 * 10**12, "2.0 TB"), (10**15, f"{10**15} B"),
]  # fmt: skip


@pytest.mark.parametrize(("size_bytes", "written"), SIZES)
def test_a_size_is_written_short(size_bytes: int, written: str) -> None:
    assert byte_size(size_bytes) == written


PREVIEWS = [
    ("", ""),
    ("hello", "hello"),
    ("a\n  b\tc ", "a b c"),
    ("x" * 10, "x" * 10),
    ("x" * 11, "x" * 9 + "…"),
    ("word word word", "word word…"),
    ("\n" * 500 + "late", "late"),
    ("a" + " " * 500 + "b", "a…"),
    ("退款" * 10, "退款退款退款退款退…"),
]


@pytest.mark.parametrize(("text", "written"), PREVIEWS)
def test_a_preview_folds_white_space_and_marks_what_it_leaves_out(text: str, written: str) -> None:
    assert preview(text, limit=10) == written


@given(st.text(), st.integers(1, 30))
def test_a_preview_is_one_line_within_its_limit(text: str, limit: int) -> None:
    written = preview(text, limit)
    assert len(written) <= limit
    assert written.splitlines() in ([], [written])


@given(
    st.lists(st.sampled_from(["a", "退", " ", "  ", "\n", "\xa0", "\u2003", "\x00", "x" * 40])),
    st.integers(1, 30),
)
def test_a_preview_folds_all_white_space(pieces: list[str], limit: int) -> None:
    text = "".join(pieces)
    if len(text.lstrip()) <= limit * 8:
        whole = " ".join(text.split())
        assert preview(text, limit) == (whole if len(whole) <= limit else whole[: limit - 1].rstrip() + "…")


def test_a_preview_of_megabytes_takes_no_time() -> None:
    text = "word " * 10_000_000
    began = time.process_time()
    assert len(preview(text)) <= 200
    assert time.process_time() - began < 0.1


def test_marks_have_a_likeness_where_an_encoding_lacks_them() -> None:
    codecs.register_error("plain", plain)
    assert "✓ ok → 3 µs, – $1 …".encode("ascii", "plain") == b"+ ok -> 3 us, - $1 ..."
    assert "✕ 3 µs – …".encode("cp1252", "plain") == "x 3 µs – …".encode("cp1252")
    assert "日本".encode("latin-1", "plain") == b"??"
    with pytest.raises(UnicodeDecodeError):
        b"\xff".decode("utf-8", "plain")
