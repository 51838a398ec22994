"""Texts as tokens: if a text occurs within another one, the tokens that it implies are among those of the other."""

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


def tokens_of(text: str) -> set[str]:
    return {token.decode() for token in words.tokens([text])}


@given(before=texts, text=texts, after=texts)
def test_what_a_text_implies_is_there_wherever_it_stands(before: str, text: str, after: str) -> None:
    tokens = tokens_of(before + text + after)
    assert [wanted for wanted in words.wanted(text) if not holds(tokens, wanted)] == []


@given(before=texts, text=texts, after=texts)
def test_what_a_text_implies_is_there_among_much_ascii(before: str, text: str, after: str) -> None:
    tokens = tokens_of(f"{'It is said that ' * 20}{before}{text}{after}{' and so on' * 20}")
    assert [wanted for wanted in words.wanted(text) if not holds(tokens, wanted)] == []


@given(text=texts)
def test_a_text_has_the_same_tokens_among_much_ascii(text: str) -> None:
    ascii_text = "so it is " * 60
    assert tokens_of(f"{ascii_text} {text} {ascii_text}") == tokens_of(text) | {"so", "it", "is"}


def test_every_letter_has_the_same_tokens_alone_and_among_others() -> None:
    for letter in map(chr, range(0x80, 0x20100)):
        alone = words._spelled_letter(letter)
        assert words._spelled_in_full(f"x{letter}y").split() == f"x{alone}y".replace("\0", " ").split()
        # The letters of a text are replaced one after the other: what replaced one may be replaced by itself only.
        assert all(words._spelled_letter(part).strip("\0") == part for part in alone if not part.isascii())


@given(several=st.lists(texts, max_size=4))
def test_the_tokens_of_texts_are_those_of_each(several: list[str]) -> None:
    assert words.tokens(several) == {token for text in several for token in words.tokens([text])}


@given(text=texts)
def test_fts5_makes_the_same_tokens(text: str) -> None:
    connection = sqlite3.connect(":memory:")
    connection.executescript(
        "CREATE VIRTUAL TABLE t USING fts5 (x, tokenize = 'ascii'); CREATE VIRTUAL TABLE v USING fts5vocab (t, row)"
    )
    connection.execute("INSERT INTO t VALUES (?)", (" ".join(tokens_of(text)),))
    assert {term for (term,) in connection.execute("SELECT term FROM v")} == tokens_of(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Refund", [Wanted("refund", "anywhere")]),
        ("rr_4", [Wanted("rr", "end"), Wanted("4", "start")]),
        (
            "the refund of",
            [Wanted("the", "end"), Wanted("refund", "whole"), Wanted("of", "start")],
        ),
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
    tokens = words.tokens([f"so {long} it is"])
    assert max(map(len, tokens)) <= words.TOKEN_BYTES_MAX
    found = {token.decode() for token in tokens}
    for start in (0, 7_000, 7_999, 50_001, len(long) - 900):
        for part in (long[start : start + 900], f"{long[:900]}", f"so {long}", f"{long} it", f" {long} "):
            assert all(holds(found, wanted) for wanted in words.wanted(part))
