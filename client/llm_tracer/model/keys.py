"""The keys of an object as texts, which is all that JSON has."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import count


def text_keys(keys: Iterable[object], text_of: Callable[[object], str] = str) -> list[str]:
    """A text for each key, no two of them the same: of `1` and `"1"` one value would be lost.

    Texts go first and stay what they are; another key that reads like one of them says its type: `1 (int)`.
    """
    sent = list(keys)
    names: dict[int, str] = {}
    taken: set[str] = set()
    for texts_turn in (True, False):
        for place, key in enumerate(sent):
            if (type(key) is str) is texts_turn:
                names[place] = _free(text_of(key), type(key).__name__, taken)
                taken.add(names[place])
    return [names[place] for place in range(len(sent))]


def _free(name: str, type_name: str, taken: set[str]) -> str:
    if name not in taken:
        return name
    more = (f"{name} ({type_name}{'' if number == 1 else f' {number}'})" for number in count(1))
    return next(each for each in more if each not in taken)
