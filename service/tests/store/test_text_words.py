"""Texts as tokens: wherever a text stands inside of another, what it implies is found among the tokens of that one."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer_service.store.sqlite.text import words
from llm_tracer_service.store.sqlite.text.words import Wanted

SCRIPTS = st.sampled_from(
    [
        "abcXYZ 019_-./", "refund ERR_42 ", "ßẞſKﬃİıΣςσ", "我们需要退款订单，。", "ありがとうカタカナー", "한국어 텍스트",
        "ภาษาไทยที่นี่", "हिन्दी", "😀👩\u200d💻→✅", "\0\ud800\n\t", "éÉñ\u0301", "العربية",
    ]
)  # fmt: skip
texts = st.lists(SCRIPTS.flatmap(lambda letters: st.text(letters, max_size=12)), max_size=6).map("".join)


def holds(tokens: set[str], wanted: Wanted) -> bool:
    match wanted.place:
        case "whole":
            return wanted.word in tokens
        case "start":
            return any(token.startswith(wanted.word) for token in tokens)
        case "end":
            return any(token.endswith(wanted.word) for token in tokens)
        case "anywhere":
            return any(wanted.word in token for token in tokens)


def holds_term(tokens: set[str], terms: set[str], wanted: Wanted) -> bool:
    """Whether the index would find what is wanted, and how it goes on."""
    found = [token for token in tokens if holds({token}, wanted)]
    return any(terms.issuperset(together) for token in found for together in wanted.spelled(token))


def tokens_of(text: str) -> set[str]:
    return {token.decode() for token in words.split(words.folded(text))}


@given(before=texts, text=texts, after=texts)
def test_what_a_text_implies_is_there_wherever_it_stands(before: str, text: str, after: str) -> None:
    tokens = tokens_of(before + text + after)
    assert [wanted for wanted in words.wanted(text) if not holds(tokens, wanted)] == []


WORDS = st.lists(st.sampled_from(["a", "ab", "the", "other", "Refund", "x1", "é", "款"]), max_size=8).map(
    " ".join
)


@given(before=WORDS, text=WORDS, after=WORDS, joints=st.sampled_from(["", " ", "_"]))
def test_how_a_phrase_goes_on_is_known_wherever_it_stands(
    before: str, text: str, after: str, joints: str
) -> None:
    in_order = words.split(words.folded(before + joints + text + joints + after))
    tokens, terms = words.terms(in_order)
    assert {*tokens} == {*in_order}
    assert len(terms) == len({*terms})
    spelled, decoded = {token.decode() for token in tokens}, {term.decode() for term in terms}
    assert [wanted for wanted in words.wanted(text) if not holds_term(spelled, decoded, wanted)] == []


def test_a_phrase_of_words_that_stand_apart_is_not_there() -> None:
    first, second = words.wanted("wombat saunter")
    ((word, step), several) = first.spelled("wombat")
    assert (word, several) == ("wombat", ("wombat\u00ac",))
    assert second.spelled("saunter") == (("saunter",), ("saunter\u00ac",))
    for text, is_there in (
        ("a wombat saunter", True),
        ("a wombat and a saunter", False),
        ("a wombat sat, a wombat saunter", True),  # it stands there twice: whatever may follow
    ):
        _, terms = words.terms(words.split(text))
        assert holds_term({"wombat"}, {term.decode() for term in terms}, first) is is_there
        assert (step.encode() in terms) is (text == "a wombat saunter")


@given(word=st.text("abz", min_size=1, max_size=3), following=texts)
def test_a_term_for_a_way_of_going_on_is_like_no_token(word: str, following: str) -> None:
    first, *_ = words.wanted(f"{word} saunter")
    ((_, step), _) = first.spelled(word)
    assert step not in tokens_of(f"{following}{step}{following}")


@given(text=texts)
def test_fts5_makes_the_same_tokens(text: str) -> None:
    connection = sqlite3.connect(":memory:")
    connection.executescript(
        "CREATE VIRTUAL TABLE t USING fts5 (x, tokenize = 'ascii'); CREATE VIRTUAL TABLE v USING fts5vocab (t, row)"
    )
    connection.execute("INSERT INTO t VALUES (?)", (words.folded(text),))
    assert {term for (term,) in connection.execute("SELECT term FROM v")} == tokens_of(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Refund", [Wanted("refund", "anywhere")]),
        ("rr_4", [Wanted("rr", "end"), Wanted("4", "start")]),
        (
            "the refund of",
            [Wanted("the", "end", then="re"), Wanted("refund", "whole", then="of"), Wanted("of", "start")],
        ),
        (
            "is a cat",
            [Wanted("is", "end", then="a"), Wanted("a", "whole", then="ca"), Wanted("cat", "start")],
        ),
        ("the refund o", [Wanted("the", "end", then="re"), Wanted("refund", "whole"), Wanted("o", "start")]),
        ("(refund)", [Wanted("refund", "whole")]),
        ("退款", [Wanted("退款", "whole", pair=True)]),
        ("款", [Wanted("款", "start", pair=True)]),
        ("退款订", [Wanted("退款", "whole", pair=True), Wanted("款订", "whole", pair=True)]),
        ("gpt模型", [Wanted("gpt", "end"), Wanted("模型", "whole", pair=True)]),
        ("😀", [Wanted("😀", "start", pair=True)]),
        ("Straße", [Wanted("strasse", "anywhere")]),
        ("?! --", []),
        ("", []),
    ],
)
def test_what_a_text_implies(text: str, expected: list[Wanted]) -> None:
    assert words.wanted(text) == expected


@pytest.mark.parametrize("letter", ["a", "é"])
def test_a_token_longer_than_fts5_takes_is_found_by_each_of_its_parts(letter: str) -> None:
    long = "".join(f"{letter}{number}" for number in range(20_000))
    tokens = words.split(words.folded(f"so {long} it is"))
    assert max(map(len, tokens)) <= words.TOKEN_BYTES_MAX
    found = {token.decode() for token in tokens}
    for start in (0, 7_000, 7_999, 50_001, len(long) - 900):
        for part in (long[start : start + 900], f"{long[:900]}", f"so {long}", f"{long} it", f" {long} "):
            assert all(holds(found, wanted) for wanted in words.wanted(part))
