"""A prompt cache could not be used, because the beginning of the conversation had changed."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from llm_tracer.model.reading import Usage

from llm_tracer_service.conversation.delta import Delta, delta_of
from llm_tracer_service.conversation.exchange import exchange_of
from llm_tracer_service.hints.steps import Hint, Step, Steps, ids

CACHED_TOKENS_MIN = 1_024
"""The shortest beginning that OpenAI and Anthropic cache."""

KEPT_SHARE_MAX = 0.5
"""The share of the tokens cached before. Caches are read in blocks, so slightly less means nothing."""

NEVER_MIN = 2
"""How often the same instructions must come with a change if nothing was ever cached: once may be intended."""

ALIKE_SHARE_MIN = 0.8
"""How much of two instructions must be equal, at both ends together, to be the same template with other values."""

_AROUND_CHARS = 30
_CHANGED_CHARS_MAX = 60


@dataclass(frozen=True, slots=True)
class Break:
    """A call that begins differently than the one before it. `kept` and `read` are cached tokens. `change`: what changed in
    the instructions, as a text for people; None if they do not come from the same template."""

    previous: Step
    step: Step
    kept: int
    read: int
    delta: Delta
    change: str | None


def hints(steps: Steps) -> Iterator[Hint]:
    """One for all calls of a model by one agent that read less than half of what the call before left in the cache, and whose
    conversation begins differently; and one if nothing was cached at all because the same template had different values
    each time. None for a cache that expired: there the beginning is the same."""
    breaks: dict[tuple[int, str | None], list[Break]] = defaultdict(list)
    before: dict[tuple[int, str | None], Step] = {}
    for step in steps.calls:
        key = (step.scope, step.row.reading.model)
        previous = before.get(key)
        before[key] = step
        if previous is not None and (found := _break(steps, previous, step)):
            breaks[key].append(found)
    for alike in breaks.values():
        yield from _told([each for each in alike if each.kept])
        yield from _told_never([each for each in alike if not each.kept])


def _break(steps: Steps, previous: Step, step: Step) -> Break | None:
    kept, read = _kept(previous), _read(step)
    if read is None or read > KEPT_SHARE_MAX * kept or 0 < kept < CACHED_TOKENS_MIN:
        return None
    if kept == 0 and min(_given(previous), _given(step)) < CACHED_TOKENS_MIN:
        return None
    delta = _delta(steps, step, previous)
    if delta is None or not (delta.system_changed or delta.removed or delta.changed):
        return None
    change = _change(_instructions(steps, previous), _instructions(steps, step))
    return Break(previous, step, kept, read, delta, change)


def _told(found: Sequence[Break]) -> Iterator[Hint]:
    if not found:
        return
    first, lost = found[0], sum(each.kept - each.read for each in found)
    where = (
        f"message {first.delta.same + 1} changed"
        if not first.delta.system_changed
        else f"the instructions changed{first.change or ''}"
    )
    calls = "" if len(found) == 1 else f" This happened in {len(found):,} calls."
    yield Hint(
        "cache_prefix_broken",
        f"{lost:,} cached tokens were lost",
        f"The previous call left {first.kept:,} tokens in the cache, this one read {first.read:,}: {where}.{calls}",
        ids(_steps_of(found)),
        {
            "calls": len(found),
            "cached_tokens": sum(each.kept for each in found),
            "read_tokens": sum(each.read for each in found),
            "same_messages": first.delta.same,
            "system_changed": first.delta.system_changed,
        },
    )


def _told_never(found: Sequence[Break]) -> Iterator[Hint]:
    found = [each for each in found if each.delta.system_changed and each.change]
    if len(found) < NEVER_MIN:
        return
    again = sum(_given(each.previous) for each in found)
    yield Hint(
        "cache_prefix_broken",
        f"Nothing could be cached in {len(found) + 1:,} calls",
        f"Each call begins with different instructions{found[0].change}. A prompt is cached only up to the first change, so "
        f"about {again:,} tokens were paid for in full again. Move what changes to the end.",
        ids(_steps_of(found)),
        {"calls": len(found) + 1, "cached_tokens": 0, "read_tokens": 0, "system_changed": True},
    )


def _steps_of(found: Sequence[Break]) -> list[Step]:
    """The calls, each once, in order of time."""
    return list({each.index: each for pair in found for each in (pair.previous, pair.step)}.values())


def _given(step: Step) -> int:
    usage = step.row.reading.usage
    return (usage.input or 0) if usage else 0


def _kept(step: Step) -> int:
    """How many tokens a call read from the cache or wrote to it."""
    usage = step.row.reading.usage
    return 0 if usage is None else (usage.cache_read or 0) + _written(usage)


def _written(usage: Usage) -> int:
    return usage.cache_write or (usage.cache_write_5m or 0) + (usage.cache_write_1h or 0)


def _read(step: Step) -> int | None:
    """How many tokens came from the cache; None if the sender does not mention caches."""
    usage = step.row.reading.usage
    if usage is None or (usage.cache_read is None and usage.cache_write is None):
        return None
    return usage.cache_read or 0


def _delta(steps: Steps, step: Step, previous: Step) -> Delta | None:
    """What is new in a call since the one before; None if they share nothing, so that it is another conversation."""
    said, earlier = (
        exchange_of(each.row.span_id, "llm", steps.content(each)).said for each in (step, previous)
    )
    return delta_of(said, [earlier])


def _instructions(steps: Steps, step: Step) -> str:
    return "\n".join(
        part["content"] for part in steps.content(step).system if isinstance(part.get("content"), str)
    )


def _change(old: str, new: str) -> str | None:
    """What became what, and after which words: " (“0” became “4” after “The time is 12:0”)". None if the two are not alike,
    or equal."""
    shorter = min(len(old), len(new))
    same = _same_beginning(old, new)
    same_end = min(_same_beginning(old[::-1], new[::-1]), shorter - same)
    if old == new or same + same_end < ALIKE_SHARE_MIN * max(len(old), len(new)):
        return None
    begin = old.rfind(" ", 0, same) + 1  # at word boundaries, if there are any
    end = old.find(" ", len(old) - same_end)
    same_end = 0 if end < 0 else len(old) - end
    was, became = (text[begin : len(text) - same_end][:_CHANGED_CHARS_MAX] for text in (old, new))
    after = old[max(0, begin - _AROUND_CHARS) : begin].strip()
    return f" (“{was}” became “{became}”" + (f" after “{after}”)" if after else ")")


def _same_beginning(one: str, other: str) -> int:
    """How many characters at the beginning of two texts are equal."""
    return bisect_left(range(min(len(one), len(other))), True, key=lambda n: one[: n + 1] != other[: n + 1])
