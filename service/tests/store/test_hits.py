"""Where a word occurs: the snippet around it, and the first place in a trace."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer.model.query import And, FieldTest, Not, Or, SpanGroups, Test, TraceQuery, Word
from llm_tracer_service.store.hits import snippet_of, words_of


@pytest.mark.parametrize(
    ("text", "word", "expected"),
    [
        ("A Refund, please", "refund", "A Refund, please"),
        ("line\n  break", "LINE", "line break"),
        ("x" * 100 + "needle" + "y" * 100, "needle", "…" + "x" * 80 + "needle" + "y" * 80 + "…"),
        ("ß" * 100 + "Straße" + "z" * 100, "STRASSE", "…" + "ß" * 80 + "Straße" + "z" * 80 + "…"),
        ("ß", "s", "ß"),
        ("nothing", "else", None),
        ("", "", ""),
    ],
)
def test_the_text_around_a_word(text: str, word: str, expected: str | None) -> None:
    assert snippet_of(text, word) == expected


letters = st.text("aßİ s\n", max_size=12)


@given(text=letters, word=letters)
def test_there_is_a_snippet_where_there_is_the_word(text: str, word: str) -> None:
    assert (snippet_of(text, word) is not None) == (word.casefold() in text.casefold())


@given(before=letters, word=letters, after=letters)
def test_a_snippet_holds_the_word_on_one_line(before: str, word: str, after: str) -> None:
    snippet = snippet_of(before + word + after, word)
    assert snippet is not None
    assert " ".join(word.split()).casefold() in snippet.casefold()


def test_the_words_of_a_query_in_the_order_of_writing() -> None:
    named = FieldTest("name", Test(texts=("x",)))
    query = And((Word("a"), named, Or((Word("b"), SpanGroups((And((named, Word("c"))),)))), Not(Word("d"))))
    assert words_of(TraceQuery(query)) == ("a", "b", "c")
