"""A prompt cache that could not be read, because the beginning of the conversation was changed."""

from __future__ import annotations

from collections.abc import Iterator

from llm_tracer.model.reading import Usage

from llm_tracer_service.conversation.delta import Delta, delta_of
from llm_tracer_service.conversation.exchange import exchange_of
from llm_tracer_service.hints.steps import Hint, Step, Steps, ids

CACHED_TOKENS_MIN = 1_024
"""The shortest beginning that OpenAI and Anthropic keep in their caches."""

KEPT_SHARE_MAX = 0.5
"""Of what was kept for the call before. Caches are read in blocks, so a little less is no sign."""


def hints(steps: Steps) -> Iterator[Hint]:
    """One for each call that read less than half of what the call before it left in the cache, and whose conversation
    does not begin like that one's. A cache that only expired is none: its beginning is the same."""
    before: dict[tuple[int, str | None], Step] = {}
    for step in steps.calls:
        key = (step.scope, step.row.reading.model)
        previous = before.get(key)
        before[key] = step
        kept, read = _kept(previous), _read(step)
        if previous is None or kept < CACHED_TOKENS_MIN or read is None or read > KEPT_SHARE_MAX * kept:
            continue
        delta = _delta(steps, step, previous)
        if delta is None or not (delta.system_changed or delta.removed or delta.changed):
            continue
        where = "its instructions changed" if delta.system_changed else f"message {delta.same + 1} changed"
        yield Hint(
            "cache_prefix_broken",
            f"{kept:,} cached tokens were lost",
            f"The call before left {kept:,} tokens in the cache, this one read {read:,}: {where}.",
            ids([previous, step]),
            {"cached_tokens": kept, "read_tokens": read, "same_messages": delta.same,
             "system_changed": delta.system_changed},
        )  # fmt: skip


def _kept(step: Step | None) -> int:
    """How many tokens a call read from the cache or wrote to it."""
    usage = step.row.reading.usage if step else None
    return 0 if usage is None else (usage.cache_read or 0) + _written(usage)


def _written(usage: Usage) -> int:
    return usage.cache_write or (usage.cache_write_5m or 0) + (usage.cache_write_1h or 0)


def _read(step: Step) -> int | None:
    """How many tokens came from the cache; None where the sender says nothing of caches."""
    usage = step.row.reading.usage
    if usage is None or (usage.cache_read is None and usage.cache_write is None):
        return None
    return usage.cache_read or 0


def _delta(steps: Steps, step: Step, previous: Step) -> Delta | None:
    """What is new in a call since the one before; None where they share nothing: another conversation."""
    said, earlier = (
        exchange_of(each.row.span_id, "llm", steps.content(each)).said for each in (step, previous)
    )
    return delta_of(said, [earlier])
