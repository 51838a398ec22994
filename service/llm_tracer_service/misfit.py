"""What does not fit the type that it should have, in words: the text of msgspec, and what was probably meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches

import msgspec

_UNKNOWN = re.compile(
    r"Object contains unknown field `(?P<name>.*?)`(?: - at `\$\.?(?P<place>.*)`)?", re.DOTALL
)
_NAME_CHARS_MAX = 60


def text_of(
    fault: msgspec.ValidationError,
    known: Sequence[str],
    otherwise: str = "",
    foreign: Callable[[Sequence[str]], str] = lambda names: "",
) -> str:
    """What is wrong, without a full stop. For a member that nobody knows: what `foreign` says of it, the nearest of the
    `known`, or else `otherwise`."""
    unknown = _UNKNOWN.fullmatch(str(fault))
    if unknown is None:
        return str(fault).replace(" - at `$.", " at `").replace("`$", "`")
    name, place = unknown["name"][:_NAME_CHARS_MAX], unknown["place"]
    nearest = next(iter(get_close_matches(name.lower(), known, n=1)), None)
    advice = foreign([name]).rstrip(".") or (otherwise if nearest is None else f"did you mean `{nearest}`?")
    there = f" in `{place}`" if place else ""
    return f"there is no member `{name}`{there}" + (f": {advice}" if advice else "")


def names_in(*types: type[msgspec.Struct]) -> tuple[str, ...]:
    """The names of the members of some types, as they are written."""
    return tuple(name for each in types for name in each.__struct_encode_fields__)
