"""Compares two texts, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from llm_tracer_service.compare.common import CELLS_MAX, Key, common

Operation: TypeAlias = Literal["=", "-", "+"]
Words: TypeAlias = list[tuple[Operation, str]]

CHARS_MAX = 1_000_000
"""How much of each text is compared."""

# Chinese, Japanese and Korean have no spaces: in these, each character is a word.
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[{_CJK}]|[^\W{_CJK}]+|\s+|.", re.DOTALL)
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


@dataclass(frozen=True, slots=True)
class TextDiff:
    """What is in both texts ("="), only in the first ("-") and only in the second ("+"), in order.

    Without the "+" these are the words of the first text, without the "-" those of the second, as far as they were
    compared. `complete` is False if a text is longer than CHARS_MAX.
    """

    words: Words
    complete: bool


def text_diff(a: str, b: str) -> TextDiff:
    """Two texts, word by word; if they have very many words, line by line."""
    complete = max(len(a), len(b)) <= CHARS_MAX
    a, b = a[:CHARS_MAX], b[:CHARS_MAX]
    mine, theirs = _WORD.findall(a), _WORD.findall(b)
    if len(mine) * len(theirs) > CELLS_MAX:
        mine, theirs = _LINE.findall(a), _LINE.findall(b)
    return TextDiff(_readable(_steps(mine, theirs)), complete)


def _steps(a: list[str], b: list[str]) -> Iterator[tuple[str, str, str]]:
    """Steps through both texts: what is removed, what is added, and the common word that follows."""
    keys_a: list[Key] = [(word,) for word in a]
    keys_b: list[Key] = [(word,) for word in b]
    pairs = [*common(keys_a, keys_b), (len(a), len(b))]
    from_a = from_b = 0
    for at_a, at_b in pairs:
        same = a[at_a] if at_a < len(a) else ""
        yield "".join(a[from_a:at_a]), "".join(b[from_b:at_b]), same
        from_a, from_b = at_a + 1, at_b + 1


def _readable(steps: Iterator[tuple[str, str, str]]) -> Words:
    """Changes in a readable form: space between two changed words is part of the change."""
    words: Words = []
    removed = added = same = ""
    for out, put, after in steps:
        if out or put:
            if same and (not same.isspace() or not (removed or added)):
                words += _change(removed, added)
                words.append(("=", same))
                removed, added = out, put
            else:
                removed, added = removed + same + out, added + same + put
            same = ""
        same += after
    words += _change(removed, added)
    if same:
        words.append(("=", same))
    return words


def _change(removed: str, added: str) -> Words:
    words: Words = []
    if removed:
        words.append(("-", removed))
    if added:
        words.append(("+", added))
    return words
