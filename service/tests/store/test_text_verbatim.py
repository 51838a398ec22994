"""What the bytes of a span reveal about its texts: a word that is not among them is in none."""

from __future__ import annotations

import json
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer.model.span import SpanData
from llm_tracer_service.store.packing import PackReader, pack_spans
from llm_tracer_service.store.sqlite.text import verbatim

from .helpers import make_span
from .test_text_words import texts

SPELLINGS = {
    "as it is": str,
    "in JSON": lambda text: json.dumps({"said": [text]}, ensure_ascii=False),
    "in the ASCII of JSON": lambda text: json.dumps({"said": [text]}),
    "with escapes that are not needed": lambda text: "".join(f"\\u{ord(letter):04x}" for letter in text),
    "in other letters": str.swapcase,
}


def bytes_of(span: SpanData) -> bytes:
    (pack,) = pack_spans([span], {})
    return PackReader(pack.head, pack.rest).values(0)


@pytest.mark.parametrize("spelling", SPELLINGS)
@given(before=texts, word=st.one_of(texts, st.text(" !#az_{}[]", max_size=8)), after=texts)
def test_a_word_in_a_verbatim_text_is_in_the_bytes(spelling: str, before: str, word: str, after: str) -> None:
    text = before + word + after
    try:
        values = bytes_of(make_span(input=SPELLINGS[spelling](text)))
    except UnicodeEncodeError:
        return
    if verbatim.are_verbatim([text], values) and verbatim.is_told(word):
        assert word.casefold().encode() in values.lower()


@pytest.mark.parametrize("spelling", ["as it is", "in JSON", "in the ASCII of JSON"])
def test_common_spellings_are_verbatim(spelling: str) -> None:
    text = 'A "quoted"\nphrase, 我们 \\ and more'
    values = bytes_of(make_span(input=SPELLINGS[spelling](text)))
    assert verbatim.are_verbatim([text], values)
    assert not verbatim.are_verbatim([text, "Straße"], values + "Straße".encode())


def test_a_text_is_found_behind_another_that_begins_like_it() -> None:
    beginning = "the same beginning of each of them, " * 2
    values = bytes_of(make_span(input=f"{beginning}one. {beginning}two."))
    assert verbatim.are_verbatim([f"{beginning}two."], values)
    assert not verbatim.are_verbatim([f"{beginning}three."], values)


def test_every_letter_that_folds_to_ascii_is_known() -> None:
    beyond = map(chr, range(0x80, sys.maxunicode))
    folding = {letter for letter in beyond if re.search("[\0-\x7f]", letter.casefold())}
    assert folding == {*verbatim._FOLDED_TO_ASCII}
