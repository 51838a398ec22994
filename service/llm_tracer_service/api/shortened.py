"""The beginning of what may be of any length, for lists: a name of 5 MB would be in every row that has it. An answer says
which of its fields are shortened; the spans have all of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from msgspec import UNSET, Struct
from msgspec.structs import replace

TEXT_CHARS_MAX = 200

LONGER_CHARS_MAX = 1_000
_CHARS_MAX = {
    "message": LONGER_CHARS_MAX,
    "session_id": LONGER_CHARS_MAX,
    "user_id": LONGER_CHARS_MAX,
    "q": 10 * LONGER_CHARS_MAX,
}
"""What people read in full, or follow."""

_GROUP_CHARS_MAX = 1_000
"""How long the texts of one list or object may be together."""

Answer = TypeVar("Answer", bound=Struct)


def beginning(text: str, chars_max: int = TEXT_CHARS_MAX) -> str:
    """The text, or what it begins with and an ellipsis: at most `chars_max` characters."""
    return text if len(text) <= chars_max else f"{text[: chars_max - 1]}…"


def found_by(value: str) -> str:
    """A value as a query asks for it: a very long one by its beginning and `*`. Most of those that lists show shortened are
    asked for in full, so that two values with the same beginning are not taken for one."""
    return value if len(value) <= LONGER_CHARS_MAX else f"{value[: LONGER_CHARS_MAX - 1]}*"


def shortened(answer: Answer) -> Answer:
    """A row of a list, in which no text, list or object is long; `shortened` names the fields that were."""
    changes = _changes(answer)
    if not changes:
        return answer
    before = getattr(answer, "shortened", UNSET)
    return replace(answer, **changes, shortened=tuple(dict.fromkeys([*(before or ()), *changes])))


def _changes(of: Struct) -> dict[str, Any]:
    """The fields that have to be shortened, as they then are."""
    changes = {}
    for name in of.__struct_fields__:
        value = getattr(of, name)
        brief = short(value, _CHARS_MAX.get(name, TEXT_CHARS_MAX))
        if brief is not value:
            changes[name] = brief
    return changes


def short(value: Any, chars_max: int = TEXT_CHARS_MAX) -> Any:
    """A value in which no text, list or object is long; the very same object if it has none."""
    match value:
        case str():
            return beginning(value, chars_max)
        case dict() if value:
            kept = _fitting((beginning(key), short(each)) for key, each in value.items())
            return value if _is_same(kept, value.items()) else dict(kept)
        case tuple() | list() if value:
            kept = _fitting(("", short(each)) for each in value)
            elements = type(value)(each for _, each in kept)
            return value if _is_same(enumerate(elements), enumerate(value)) else elements
        case Struct():
            changes = _changes(value)
            return replace(value, **changes) if changes else value
        case _:
            return value


def _is_same(kept: Iterable[tuple[Any, Any]], sent: Iterable[tuple[Any, Any]]) -> bool:
    kept, sent = [*kept], [*sent]
    return len(kept) == len(sent) and all(
        key == sent_key and each is sent_each
        for (key, each), (sent_key, sent_each) in zip(kept, sent, strict=True)
    )


def _fitting(entries: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Those entries that have room, from the first one on."""
    kept: list[tuple[str, Any]] = []
    left = _GROUP_CHARS_MAX
    for key, value in entries:
        left -= len(key) + _chars(value)
        if left < 0:
            break
        kept.append((key, value))
    return kept


def _chars(value: Any) -> int:
    """About how long a value is in an answer; at least 1, so that there are not many of those without a text."""
    match value:
        case str():
            return len(value) + 1
        case dict():
            return 1 + sum(len(key) + _chars(each) for key, each in value.items())
        case tuple() | list():
            return 1 + sum(map(_chars, value))
        case Struct():
            return 1 + sum(_chars(getattr(value, name)) for name in value.__struct_fields__)
        case int():
            return value.bit_length() // 3 + 1
        case _:
            return 1
