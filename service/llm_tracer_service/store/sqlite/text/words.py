"""Texts as tokens, and the tokens that a wanted text implies. Pure.

A token is a run of letters and digits, folded by `str.casefold`. Scripts that put no spaces between words become
overlapping pairs of characters, plus the last character of each run on its own. How a character is treated depends on it
alone: so wherever a text occurs within a longer one, its tokens occur there too, except for the two outermost, which
may be parts of longer tokens. That is why a search by tokens finds every substring.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from operator import add
from typing import Literal, TypeAlias

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
"""Everything else: it ends a token. The index's tokenizer knows the separators in ASCII by itself."""

_TOKENS = re.compile(rf"([{_UNSPACED}]+)|[^\W_{_UNSPACED}]+")
_FOLDED = bytes(
    code if code >= 0x80 else ord(chr(code).lower()) if chr(code).isalnum() else 0x20 for code in range(256)
)
"""Folds ASCII and turns its separators into spaces, in one pass over the bytes."""

_ASCII = bytes(range(0x80))
_LETTERS_MAX = 64
"""If the bytes beyond ASCII are fewer than half of a text's characters, with no more distinct letters than this, each letter
is replaced: 4 to 17 µs for 2,400 characters of English, French or German. Looking at every character takes 60."""

TOKEN_BYTES_MAX = 32_000
"""FTS5 cuts a token at 32,768 bytes: a longer one is taken in as pieces that overlap."""

WANTED_CHARS_MAX = 1_000
"""How many characters of a longer wanted token are looked for: 4,000 bytes, the overlap of those pieces."""

_PIECE_CHARS = TOKEN_BYTES_MAX // 4
_FOLDED_BYTES_MAX = 6
"""The most bytes that `str.casefold` makes of one character."""

Place: TypeAlias = Literal["whole", "start", "end", "anywhere"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A token that must occur: this word, or one that has it at its start, at its end or anywhere. `pair`: it is of a
    script without spaces."""

    word: str
    place: Place
    pair: bool = False


def tokens(texts: Collection[str]) -> set[bytes]:
    """The tokens of some texts, each once; joined by spaces, FTS5's tokenizer `ascii` leaves them as they are."""
    spelled = "\n".join([text if text.isascii() else _spelled(text) for text in texts])
    found = set(spelled.encode().translate(_FOLDED).split())
    if any(len(text) > TOKEN_BYTES_MAX // _FOLDED_BYTES_MAX for text in texts):
        for token in [token for token in found if len(token) > TOKEN_BYTES_MAX]:
            found.remove(token)
            found.update(_pieces(token.decode()))
    return found


def is_pair(token: bytes) -> bool:
    """Whether a token is of a script without spaces."""
    return not token.isascii() and _RUN.match(token.decode()) is not None


def wanted(text: str) -> list[Wanted]:
    """The tokens of every text that contains this one; none if it has no letter and no digit."""
    text = text.casefold()
    return [part for found in _TOKENS.finditer(text) for part in _parts(found, len(text))]


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


def _spelled(text: str) -> str:
    """A text with its letters beyond ASCII folded, and set apart if they are not part of a word."""
    beyond = text.encode("utf-8", "surrogatepass").translate(None, _ASCII)
    if len(beyond) * 2 > len(text):
        return _spelled_in_full(text)
    letters = set(beyond.decode("utf-8", "surrogatepass"))
    if len(letters) > _LETTERS_MAX:
        return _spelled_in_full(text)
    few = text
    for letter in letters:
        few = few.replace(letter, _spelled_letter(letter))
    # Two neighbours in a script without spaces are a pair.
    return _spelled_in_full(text) if "\0\0" in few else few


def _spelled_in_full(text: str) -> str:
    return _RUN.sub(_pairs, _SEPARATORS.sub(" ", text.casefold()))


@lru_cache(4_096)
def _spelled_letter(letter: str) -> str:
    """A letter on its own, folded; between zeros, which end tokens, if it is of a script without spaces."""
    spelled = _SEPARATORS.sub(" ", letter.casefold())
    return f"\0{spelled}\0" if _RUN.search(spelled) else spelled


def _pairs(run: re.Match[str]) -> str:
    text = run[0]
    return f" {' '.join(map(add, text, text[1:]))} {text[-1]} "


def _pieces(token: str) -> Iterator[bytes]:
    for at in range(0, len(token), _PIECE_CHARS - WANTED_CHARS_MAX):
        yield token[at : at + _PIECE_CHARS].encode()
