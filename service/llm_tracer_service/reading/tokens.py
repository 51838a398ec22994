"""Token counts made comparable: input includes the cache, output includes reasoning.

If a sender counts otherwise the numbers are changed, and a flag says so; never silently.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from llm_tracer.model.reading import Usage

from llm_tracer_service.reading.values import integer, number

INPUT_MADE_INCLUSIVE = "input_made_inclusive"
OUTPUT_MADE_INCLUSIVE = "output_made_inclusive"
REASONING_COUNTED_TWICE = "reasoning_counted_twice"
TOTAL_MISMATCH = "total_mismatch"
ZEROS_UNKNOWN = "zeros_unknown"

_FIELDS = tuple(
    (name, "usage_" + name)
    for name in (
        "input", "output", "total", "cache_read", "cache_write", "cache_write_5m", "cache_write_1h", "reasoning",
        "input_audio", "output_audio", "input_image",
    )
)  # fmt: skip

USAGE_FIELDS = frozenset((*(field for _, field in _FIELDS), "usage_buckets", "usage_objects", "usage_extra"))
"""Without a value of one of these fields there is no usage."""

_NAMES: dict[str, tuple[str, ...]] = {
    "input": ("input_tokens", "prompt_tokens", "inputTokens", "promptTokens", "prompt_token_count", "promptTokenCount", "prompt_eval_count", "input"),
    "output": ("output_tokens", "completion_tokens", "outputTokens", "completionTokens", "candidates_token_count", "candidatesTokenCount", "eval_count", "output"),
    "total": ("total_tokens", "totalTokens", "tokens", "total_token_count", "totalTokenCount", "total"),
    "cache_read": (
        "cache_read_input_tokens", "cached_tokens", "prompt_cached_tokens", "cachedContentTokens", "cached_content_token_count", "cachedContentTokenCount",
        "cache_read_tokens", "cacheReadInputTokens", "cached_input_tokens", "cachedInputTokens", "cache_read",
        "prompt_cache_hit_tokens", "cache_hit_tokens", "cached_read_tokens", "cached_content_tokens",
    ),
    "cache_write": (
        "cache_creation_input_tokens", "prompt_cache_creation_tokens", "cache_write_tokens", "cacheWriteInputTokens",
        "cache_write_input_tokens", "cache_creation", "cache_write", "cache_creation_tokens", "cached_write_tokens",
    ),
    "cache_write_5m": ("ephemeral_5m_input_tokens", "cache_write_5m", "cached_write_tokens_5m"),
    "cache_write_1h": ("ephemeral_1h_input_tokens", "cache_write_1h", "cached_write_tokens_1h"),
    "reasoning": (
        "reasoning_tokens", "completion_reasoning_tokens", "thoughtsTokens", "thoughts_token_count",
        "reasoning_output_tokens", "reasoningTokens", "thoughtsTokenCount", "reasoning", "thinking_tokens", "thoughts_tokens",
    ),
    "input_audio": ("input_audio_tokens", "prompt_audio_tokens", "input_audio"),
    "output_audio": ("output_audio_tokens", "completion_audio_tokens", "output_audio"),
}  # fmt: skip


class Counting(NamedTuple):
    """How a sender is known to count, where it differs from the canonical counts."""

    exclusive_input: bool = False
    """Its input leaves out the cache."""
    exclusive_output: bool = False
    """Its output leaves out the reasoning."""
    total_has_thoughts: bool = False
    """Its provider's total exceeds input and output by the reasoning, which the sender may not pass on."""
    doubled_reasoning: bool = False
    """It adds the reasoning to an output that already includes it."""


def usage_of(facts: Mapping[str, Any], counting: Counting) -> tuple[Usage | None, tuple[str, ...]]:
    """The usage of one span, and flags for what was changed in it. No usage at all is None, never zeros.

    `facts` are the values of the `usage_*` fields; `usage_input_fresh` among them is the input that did not come from the
    cache, if a sender reports it besides its input.
    """
    if USAGE_FIELDS.isdisjoint(facts):
        return None, ()
    sent = _sent(facts)
    extra = _extra(facts["usage_extra"]) if "usage_extra" in facts else {}
    if extra:
        _take_details(extra, sent)
    if not sent and not extra:
        return None, ()
    flags: list[str] = []
    _with_cache(sent, flags, counting.exclusive_input, facts.get("usage_input_fresh"))
    _with_reasoning(sent, flags, counting)
    if not counting.total_has_thoughts:
        _with_reasoning_once(sent, flags, counting.doubled_reasoning)
    given, answered, total = sent.get("input"), sent.get("output"), sent.get("total")
    if given is not None and answered is not None:
        if total is not None and abs(total - given - answered) > 1:
            flags.append(TOTAL_MISMATCH)
        sent["total"] = given + answered
    elif total is None and given is not None:
        sent["total"] = given
    elif total is None and answered is not None:
        sent["total"] = answered
    return Usage(extra=extra, **sent), tuple(flags)


def says_nothing(usage: Usage, flags: tuple[str, ...]) -> bool:
    """Whether zeros are all that a sender says about the tokens of a call.

    If such a call has an answer, the sender did not know: it writes zeros for a stream whose usage it has not seen.
    """
    return (
        usage.output == 0
        and not usage.input
        and TOTAL_MISMATCH not in flags
        and not any(usage.extra.values())
    )


def _sent(facts: Mapping[str, Any]) -> dict[str, int]:
    sent: dict[str, int] = {name: facts[field] for name, field in _FIELDS if field in facts}
    if "usage_buckets" in facts:
        return {**sent, **_of_buckets(facts["usage_buckets"])}
    for usage in facts.get("usage_objects", ()):
        sent = {**usage_of_object(usage), **sent}
    return sent


def usage_of_object(usage: Mapping[str, Any], of_provider: bool = False) -> dict[str, int]:
    """Counts from an object in the terms of OpenAI, Anthropic, Gemini, Genkit or LangChain; {} if it has none.

    `of_provider`: the object is the provider's own, so its names say whether the input includes the cache. Anthropic's
    and Bedrock's does not.
    """
    flat = dict(usage)
    # Cohere also says what it billed: its actual tokens come first.
    for details, member in sorted(usage.items(), key=lambda item: item[0] != "tokens"):
        if isinstance(member, dict):
            side = "input" if details.startswith(("input", "prompt")) else "output"
            for name, value in member.items():
                # Audio is recognized by the details it is part of.
                flat.setdefault(f"{side}_audio_tokens" if name in ("audio", "audio_tokens") else name, value)
    found: dict[str, int] = {}
    for field, names in _NAMES.items():
        for name in names:
            value = integer(flat.get(name))
            if value is not None:
                found[field] = value
                break
    if not _GEMINI.isdisjoint(flat) and "reasoning" in found and "output" in found:
        # Gemini's candidates leave out the thoughts; those that Google's ADK gets from LiteLLM do not: the total tells.
        is_whole = "input" in found and found.get("total") == found["input"] + found["output"]
        found["output"] += 0 if is_whole else found["reasoning"]
    if of_provider and "input" in found and fresh_input_of(flat) is not None:
        found["input"] += found.get("cache_read", 0) + found.get("cache_write", 0)
        found.pop("total", None)
    return found


def fresh_input_of(usage: Mapping[str, Any]) -> int | None:
    """The input tokens that did not come from the cache, in an object of Anthropic or Bedrock; others do not say them."""
    if _EXCLUSIVE.isdisjoint(usage) or "prompt_tokens" in usage:
        return None  # LiteLLM has Anthropic's names beside OpenAI's, whose input includes the cache
    return integer(usage.get("input_tokens", usage.get("inputTokens")))


_GEMINI = frozenset(("candidates_token_count", "candidatesTokenCount"))
_EXCLUSIVE = frozenset(("cache_read_input_tokens", "cache_creation_input_tokens", "cacheReadInputTokens"))


def _of_buckets(buckets: Mapping[str, Any]) -> dict[str, int]:
    """Langfuse's usage details: every token is in one bucket, classified by how its name starts; `total` is their sum."""
    counts = {name: count for name, value in buckets.items() if (count := integer(value)) is not None}
    found: dict[str, int] = {}
    if any(isinstance(value, dict) for value in buckets.values()):
        return usage_of_object(buckets)  # a provider's own object, with details
    for field in ("input", "output"):
        names = [name for name in counts if name.startswith(field)]
        if names:
            found[field] = sum(counts[name] for name in names)
    if not found:
        return usage_of_object(buckets)
    if "total" in counts:
        found["total"] = counts["total"]
    for field, starts in _BUCKETS.items():
        names = [name for name in counts if name.startswith(starts)]
        if names:
            found[field] = sum(counts[name] for name in names)
    return found


_BUCKETS = {
    "cache_read": ("input_cached", "input_cache_read", "cache_read"),
    "cache_write": ("input_cache_creation", "input_cache_write", "cache_creation", "cache_write"),
    "reasoning": ("output_reasoning",),
    "input_audio": ("input_audio",),
    "output_audio": ("output_audio",),
    "input_image": ("input_image",),
}


def _with_cache(sent: dict[str, int], flags: list[str], exclusive_input: bool, fresh: int | None) -> None:
    if not sent.get("cache_write") and ("cache_write_5m" in sent or "cache_write_1h" in sent):
        # LangChain leaves the sum at 0 even if it knows both parts.
        sent["cache_write"] = sent.get("cache_write_5m", 0) + sent.get("cache_write_1h", 0)
    cached = sent.get("cache_read", 0) + sent.get("cache_write", 0)
    if not cached or "input" not in sent:
        return
    beyond = sent.get("total", 0) - sent["input"] - sent.get("output", 0)
    # Three facts prove that the input leaves the cache out: more tokens cached than given, a total that has the cache
    # besides the input, and an equal count of tokens that did not come from the cache. If that count and the cached tokens
    # add up to the input, the input includes the cache. (Vercel's fifth version reports the usage of its last step besides
    # the sum of all steps, which proves nothing.)
    if fresh == sent["input"]:
        exclusive_input = True
    elif fresh is not None and fresh + cached == sent["input"]:
        exclusive_input = False
    if cached > sent["input"] or beyond == cached or exclusive_input:
        if beyond == 0:
            del sent["total"]  # the sender's own sum of the two, without the cache
        sent["input"] += cached
        flags.append(INPUT_MADE_INCLUSIVE)


def _with_reasoning(sent: dict[str, int], flags: list[str], counting: Counting) -> None:
    if "output" not in sent:
        return
    beyond = sent.get("total", 0) - sent.get("input", 0) - sent["output"]
    if counting.total_has_thoughts and beyond > 0 and "input" in sent:
        sent.setdefault("reasoning", beyond)
    reasoning = sent.get("reasoning", 0)
    # More reasoning than output, or a total that has the reasoning besides the output: both prove that the output lacks it.
    if reasoning and (reasoning > sent["output"] or reasoning == beyond or counting.exclusive_output):
        sent["output"] += reasoning
        flags.append(OUTPUT_MADE_INCLUSIVE)


def _with_reasoning_once(sent: dict[str, int], flags: list[str], doubled_reasoning: bool) -> None:
    """Takes out reasoning that was added to an output which already had it: Google's ADK does so with LiteLLM's models."""
    reasoning = sent.get("reasoning", 0)
    if not reasoning or OUTPUT_MADE_INCLUSIVE in flags:
        return
    beyond = sent["total"] - sent.get("input", 0) - sent.get("output", 0) if "total" in sent else None
    # A total that is less than the sum by exactly the reasoning proves it. If there is no total, an output that is less
    # than twice the reasoning cannot have it twice.
    if beyond == -reasoning or (
        doubled_reasoning and beyond is None and sent.get("output", 0) >= 2 * reasoning
    ):
        sent["output"] -= reasoning
        flags.append(REASONING_COUNTED_TWICE)


def _take_details(extra: dict[str, float], sent: dict[str, int]) -> None:
    """Moves details that no key names to their fields: gen_ai.usage.input_tokens_details.cached_tokens is one by its end."""
    for name in list(extra):
        field = _DETAILS.get(name.rsplit(".", 1)[-1])
        if field is not None and field not in sent and (count := integer(extra[name])) is not None:
            sent[field] = count
            del extra[name]


_DETAILS = {
    name: field
    for field in ("cache_read", "cache_write", "cache_write_5m", "cache_write_1h", "reasoning")
    for name in _NAMES[field]
}


def _extra(sent: Mapping[str, Any]) -> dict[str, float]:
    found = {}
    for name, value in sent.items():
        count = number(value) if "cost" not in name else None
        if count is not None:
            found[name] = count
    return found
