"""The tokens of repeated texts: the same as if the texts were new, and each only once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer_service.store.sqlite.text import repeated, words
from llm_tracer_service.store.sqlite.text.repeated import RepeatedTexts

from .test_text_words import texts


@given(own=st.lists(texts, min_size=1, max_size=6), data=st.data())
def test_texts_have_the_tokens_that_they_have_alone(own: list[str], data: st.DataObject) -> None:
    bodies = data.draw(st.lists(st.lists(st.sampled_from(own), max_size=6), max_size=8))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(repeated, "_TEXT_CHARS_MIN", 2)
        patched.setattr(repeated, "_TEXT_CHARS_MAX", 20)
        patched.setattr(repeated, "_CHARS_MAX", 30)
        patched.setattr(repeated, "_HASHES_MAX", 3)
        known = RepeatedTexts()
        for body in bodies:
            assert known.tokens(body) == words.tokens(body)


def test_what_comes_again_is_split_once_more_and_then_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    split: list[str] = []
    tokens = words.tokens

    def noted(of: list[str]) -> set[bytes]:
        split.extend(of)
        return tokens(of)

    monkeypatch.setattr(words, "tokens", noted)
    known = RepeatedTexts()
    history = ["what is it " * 30, "it is a wombat " * 30]
    for _ in range(5):
        assert known.tokens([*history, "short"]) == {b"what", b"is", b"it", b"a", b"wombat", b"short"}
    assert [split.count(text) for text in history] == [2, 2]
    assert split.count("short") == 5


def test_no_more_than_a_bounded_size_is_remembered() -> None:
    known = RepeatedTexts()
    long = [f"{number} " * 3_000 for number in range(10_000, 10_100)]
    for text in (*long, *long):
        known.tokens([text])
    remembered = [text for text in long if text in known._tokens]
    assert remembered == long[-len(remembered) :]
    assert 0 < sum(map(len, remembered)) <= repeated._CHARS_MAX
