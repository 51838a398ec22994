"""The word of the live counter, as pages compare it."""

import pytest
from javascript import evaluate


@pytest.mark.parametrize(
    ("known", "version", "covers"),
    [
        ("ab.3", "ab.3", True), ("ab.4", "ab.3", True), ("ab.3", "ab.10", False), ("cd.9", "ab.3", False),
        ("", "ab.0", False), ("ab.3", "", False),
    ],
)  # fmt: skip
def test_an_answer_knows_the_words_of_its_run_up_to_its_own(known: str, version: str, covers: bool) -> None:
    assert evaluate("shared/news.js", f"m.covers('{known}', '{version}')") is covers


@pytest.mark.parametrize(
    ("seen", "version", "is_next"),
    [("ab.3", "ab.4", True), ("ab.3", "ab.5", False), ("ab.3", "cd.4", False), ("", "ab.1", False)],
)
def test_a_word_that_was_missed_is_noticed(seen: str, version: str, is_next: bool) -> None:
    assert evaluate("shared/news.js", f"m.isNext('{seen}', '{version}')") is is_next
