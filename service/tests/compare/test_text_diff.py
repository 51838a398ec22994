from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from llm_tracer_service.compare.text_diff import CHARS_MAX, text_diff

texts = st.text(st.sampled_from("ab \n.猫"), max_size=30)


def test_a_changed_word_is_one_change() -> None:
    diff = text_diff("Be brief and polite.", "Be thorough and polite.")
    assert diff.words == [("=", "Be "), ("-", "brief"), ("+", "thorough"), ("=", " and polite.")]
    assert diff.complete


def test_neighbouring_words_change_together() -> None:
    assert text_diff("say one two now", "say three four now").words == [
        ("=", "say "), ("-", "one two"), ("+", "three four"), ("=", " now"),
    ]  # fmt: skip


def test_chinese_is_compared_by_character() -> None:
    assert text_diff("我喜欢猫", "我喜欢狗").words == [("=", "我喜欢"), ("-", "猫"), ("+", "狗")]


def test_what_lies_beyond_the_bound_is_said_to() -> None:
    assert not text_diff("a" * (CHARS_MAX + 1), "b").complete


def test_very_many_words_are_compared_by_line() -> None:
    a = "\n".join(f"line {number} of many" for number in range(6_000))
    diff = text_diff(a, a.replace("line 3000 ", "row 3000 "))
    assert [each for each in diff.words if each[0] != "="] == [
        ("-", "line 3000 of many\n"), ("+", "row 3000 of many\n"),
    ]  # fmt: skip


@given(texts, texts)
def test_both_texts_can_be_read_in_the_words(a: str, b: str) -> None:
    words = text_diff(a, b).words
    assert "".join(text for operation, text in words if operation != "+") == a
    assert "".join(text for operation, text in words if operation != "-") == b
    assert all(text for _, text in words)
