"""What is new in a model call, compared with the previous call of its conversation. Pure, and linear."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Said:
    """The fingerprints of a model call: of its system instructions, its input messages and its answer."""

    span_id: str
    system: str | None
    given: tuple[str, ...]
    answered: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Delta:
    """What is new in a model call since the previous one of its thread: its input, compared with the input and the answer there.

    The first `same` input messages are unchanged. The new ones begin at the index `first_new` (the number of messages, if
    none is new). `changed` are the indexes below it of messages that the previous call did not have: edited or inserted
    ones. `removed` counts its messages that are gone.
    """

    previous_span_id: str
    same: int
    changed: tuple[int, ...]
    first_new: int
    removed: int
    system_changed: bool


def delta_of(call: Said, earlier: Iterable[Said]) -> Delta | None:
    """What is new in a call; `earlier` are the calls that may be the previous one, latest first.

    The previous call is the one with the longest common beginning, the latest if several are equal. If none has a common
    beginning, it is the one that shares most messages. The search ends at a call whose input and answer are exactly how
    this call begins. None if nothing is shared: the call begins a thread.
    """
    best: tuple[int, int, bool] | None = None
    previous: Said | None = None
    for other in earlier:
        same = _same(call, other)
        shared = same or _shared(call, other)
        if not shared:
            continue
        rank = (same, shared, call.system == other.system)
        if best is None or rank > best:
            best, previous = rank, other
        if same == len(other.given) + len(other.answered):
            break
    return None if previous is None else _against(call, previous)


def _same(call: Said, other: Said) -> int:
    """How many messages at the beginning are the other call's input and then its answer."""
    known = (*other.given, *other.answered)
    count = 0
    for mine, theirs in zip(call.given, known, strict=False):
        if mine != theirs:
            break
        count += 1
    return count


def _shared(call: Said, other: Said) -> int:
    return (Counter(call.given) & Counter((*other.given, *other.answered))).total()


def _against(call: Said, other: Said) -> Delta:
    same = _same(call, other)
    system_changed = call.system != other.system
    if same >= len(other.given):
        return Delta(other.span_id, same, (), same, 0, system_changed)
    found = _found_again(call.given, (*other.given, *other.answered), same)
    # A message that was edited in place is not new, even if no known message follows it.
    first_new = _edited_until(call.given, other.given, max(found, default=same - 1) + 1)
    changed = tuple(index for index in range(same, first_new) if index not in found)
    kept = same + sum(place < len(other.given) for place in found.values())
    removed = max(0, len(other.given) - kept - len(changed))
    return Delta(other.span_id, same, changed, first_new, removed, system_changed)


def _found_again(given: Sequence[str], known: Sequence[str], same: int) -> dict[int, int]:
    """Which messages from `same` on are known: their index, and their place among the known ones, in the same order.

    A message is expected after the one found before it. If it is not there, because one was edited or some were removed,
    the next place counts where it is followed by the same message as here. So a short word that is said again is not
    mistaken for the earlier one.
    """
    places: dict[str, list[int]] = defaultdict(list)
    for place in range(same, len(known)):
        places[known[place]].append(place)
    found: dict[int, int] = {}
    turn = same
    for index in range(same, len(given)):
        following = given[index + 1] if index + 1 < len(given) else None
        if turn < len(known) and known[turn] == given[index]:
            place = turn
        elif turn + 1 < len(known) and known[turn + 1] == following:
            turn += 1  # edited in its place
            continue
        else:
            later = places.get(given[index], [])
            at = bisect_left(later, turn)
            if at == len(later):
                continue
            place = later[at]
            if following is not None and place + 1 < len(known) and known[place + 1] != following:
                continue
        found[index] = place
        turn = place + 1
    return found


def _edited_until(given: Sequence[str], before: Sequence[str], first_new: int) -> int:
    """Where the new messages begin: not before the end of the earlier input, unless the input became shorter."""
    if len(given) > len(before) and first_new < len(before):
        return len(before)
    return first_new
