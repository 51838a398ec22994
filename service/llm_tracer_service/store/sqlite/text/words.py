"""Texts as tokens, and what tokens a wanted text implies. Pure.

A token is a run of letters and digits, folded as `str.casefold` does. Scripts that put no spaces between words become
overlapping pairs of characters, each run's last character on its own besides. What a character is depends on it
alone: so wherever a text stands inside of a longer one, its tokens stand there too, but for the outermost two, which
may be parts of longer ones. That is what makes a search by tokens find every substring.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest
from operator import add
from typing import Literal, TypeAlias
from zlib import crc32

_UNSPACED = (
    "\u0e00-\u0eff"  # Thai, Lao, with their marks
    "\u1000-\u109f\u1780-\u17ff"  # Burmese, Khmer
    "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af"  # Korean
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # Japanese
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Chinese
    "\u2190-\u2bff\U0001f000-\U0001faff"  # arrows, symbols, emoji: they stand wherever they like
)
_RUN = re.compile(f"[{_UNSPACED}]+")
_SEPARATORS = re.compile(rf"[^\w{_UNSPACED}\0-\x7f]+")
"""What is neither: it ends tokens. In ASCII, the tokenizer of the index knows them by itself."""

_BEYOND_ASCII = re.compile(r"[^\0-\x7f]+")
"""All that the two above find: one look at each letter of a text that has few others, instead of two dear ones."""

_TOKENS = re.compile(rf"([{_UNSPACED}]+)|[^\W_{_UNSPACED}]+")
_SPACES = bytes(code if code >= 0x80 or chr(code).isalnum() else 0x20 for code in range(256))

TOKEN_BYTES_MAX = 32_000
"""FTS5 cuts a token at 32,768 bytes: what is longer is taken in in pieces that overlap."""

WANTED_CHARS_MAX = 1_000
"""Of a longer token that is looked for, so many characters are: 4,000 bytes, by which those pieces overlap."""

_LONG_TOKEN = re.compile(rf"[^\W_{_UNSPACED}]{{{TOKEN_BYTES_MAX // 4},}}")
_PIECE_CHARS = TOKEN_BYTES_MAX // 4

_SEVERAL = "\u00ac"  # "¬", which is part of no token
_SEVERAL_BYTES = _SEVERAL.encode()
_BEGINNING_BYTES = 2
_WORD_BYTES_MAX = 20

_STEPS = 1 << 13
"""How many ways of going on are told apart. FTS5 is dear by how many different terms it is given: one for each word and
beginning takes 37 µs a span, these take 16. A body of 30 KB has 400 of them, so that one in 20 has any by chance."""

_STEP_TERMS = [chr(0xF0000 + number).encode() for number in range(_STEPS)]
"""Letters for private use, which are part of no token."""

Place: TypeAlias = Literal["whole", "start", "end", "anywhere"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A token that must be there: this word, or one that has it at its start, its end or anywhere. `pair`: it is of a
    script without spaces."""

    word: str
    place: Place
    pair: bool = False
    then: str | None = None
    """The beginning of the token after it, as far as the index knows it; None where that tells nothing."""

    def spelled(self, word: str) -> tuple[tuple[str, ...], ...]:
        """The terms of the index for a token, `word`, at this place: every body that has it has all of one of these."""
        once: tuple[str, ...] = (word,)
        encoded = word.encode()
        if self.then is not None and _goes_on(encoded):
            once = (word, _STEP_TERMS[crc32(encoded + self.then.encode()) % _STEPS].decode())
        return once, (word + _SEVERAL,)


def folded(text: str) -> str:
    """A text as the index takes it in: its tokens are what the tokenizer `ascii` of FTS5 makes of it."""
    text = text.casefold()
    if not text.isascii():
        text = _BEYOND_ASCII.sub(_as_tokens, text)
    if len(text) >= _PIECE_CHARS:
        text = _LONG_TOKEN.sub(_pieces, text)
    return text


def split(text: str) -> list[bytes]:
    """The tokens of a folded text, as often as they stand there."""
    return text.encode().translate(_SPACES).split()


def terms(tokens: list[bytes]) -> tuple[list[bytes], list[bytes]]:
    """The tokens of a body, each once, and the terms by which the index knows the body.

    A token that stands there once is a term, and so is the way it goes on: a number made of it and of the beginning of the
    token after it. One that stands there several times is a term with a mark, whatever comes after it. So bodies that have
    the words of a phrase are told from those that may have the phrase: for 50 bytes a span, where positions take 900."""
    after: dict[bytes, bytes] = {}
    several: set[bytes] = set()
    for token, following in zip(tokens, [*tokens[1:], b""], strict=False):  # of no token, nothing
        if token in after:
            several.add(token)
        else:
            after[token] = following
    for token in several:
        del after[token]
    steps = {
        crc32(token + following[:_BEGINNING_BYTES]) % _STEPS
        for token, following in after.items()
        if len(token) <= _WORD_BYTES_MAX and token.isalpha()  # as in _goes_on
    }
    marked = [token + _SEVERAL_BYTES for token in several]
    return [*after, *several], [*after, *[_STEP_TERMS[number] for number in steps], *marked]


def _goes_on(token: bytes) -> bool:
    """Whether the index knows how a token goes on: numbers and ids are rare enough by themselves."""
    return len(token) <= _WORD_BYTES_MAX and token.isalpha()  # of bytes: letters of ASCII


def is_pair(token: bytes) -> bool:
    """Whether a token is of a script without spaces."""
    return not token.isascii() and _RUN.match(token.decode()) is not None


def wanted(text: str) -> list[Wanted]:
    """What every text that holds this one has; nothing where it has no letter and no digit."""
    text = text.casefold()
    parts = [part for found in _TOKENS.finditer(text) for part in _parts(found, len(text))]
    return [_before(part, after) for part, after in zip_longest(parts, parts[1:])]


def _before(part: Wanted, after: Wanted | None) -> Wanted:
    """The same with what follows, where its end and the beginning of what follows are known."""
    if after is None or after.pair or part.pair or part.place not in ("whole", "end"):
        return part
    start = after.word[:_BEGINNING_BYTES]
    known = after.place == "whole" or (after.place == "start" and len(start) == _BEGINNING_BYTES)
    return replace(part, then=start) if known and start.isascii() else part


def _parts(found: re.Match[str], end: int) -> Iterator[Wanted]:
    token = found[0]
    if found[1]:
        if len(token) == 1:
            yield Wanted(token, "start", pair=True)
        for pair in map(add, token, token[1:]):
            yield Wanted(pair, "whole", pair=True)
        return
    if len(token) > WANTED_CHARS_MAX:
        yield Wanted(token[:WANTED_CHARS_MAX], "anywhere")
        return
    opens, closes = found.start() > 0, found.end() < end
    yield Wanted(
        token, "whole" if opens and closes else "start" if opens else "end" if closes else "anywhere"
    )


def _as_tokens(found: re.Match[str]) -> str:
    return _RUN.sub(_pairs, _SEPARATORS.sub(" ", found[0]))


def _pairs(run: re.Match[str]) -> str:
    text = run[0]
    return f" {' '.join(map(add, text, text[1:]))} {text[-1]} "


def _pieces(found: re.Match[str]) -> str:
    token, step = found[0], _PIECE_CHARS - WANTED_CHARS_MAX
    return " ".join(token[at : at + _PIECE_CHARS] for at in range(0, len(token), step))
