"""Token counts made comparable, with a flag for every change."""

from __future__ import annotations

from typing import Any

import pytest
from llm_tracer.model.reading import Usage
from llm_tracer_service.reading.tokens import Counting, usage_of, usage_of_object

from .spans import read


def test_no_usage_is_none_and_zero_is_zero() -> None:
    assert usage_of({}, Counting()) == (None, ())
    assert usage_of({"usage_input": 0}, Counting())[0] == Usage(input=0, total=0)


@pytest.mark.parametrize(
    ("facts", "exclusive", "given", "flags"),
    [
        (
            {"usage_input": 10, "usage_cache_read": 50, "usage_output": 1},
            False,
            60,
            ("input_made_inclusive",),
        ),
        ({"usage_input": 100, "usage_cache_read": 50, "usage_output": 1}, False, 100, ()),
        (
            {"usage_input": 100, "usage_cache_read": 50, "usage_output": 1},
            True,
            150,
            ("input_made_inclusive",),
        ),
        (
            {"usage_input": 100, "usage_cache_read": 50, "usage_output": 1, "usage_total": 151},
            False,
            150,
            ("input_made_inclusive",),
        ),
        # The sender's own sum: it proves nothing.
        (
            {"usage_input": 100, "usage_cache_read": 50, "usage_output": 1, "usage_total": 101},
            True,
            150,
            ("input_made_inclusive",),
        ),
        ({"usage_input": 100, "usage_cache_read": 50, "usage_output": 1, "usage_total": 101}, False, 100, ()),
    ],
)
def test_input_includes_the_cache(
    facts: dict[str, int], exclusive: bool, given: int, flags: tuple[str, ...]
) -> None:
    usage, found = usage_of(facts, Counting(exclusive_input=exclusive))
    assert usage is not None
    assert (usage.input, usage.total, found) == (given, given + 1, flags)


def test_output_includes_reasoning() -> None:
    usage, flags = usage_of({"usage_output": 10, "usage_reasoning": 50}, Counting())
    assert usage is not None
    assert (usage.output, flags) == (60, ("output_made_inclusive",))


def test_a_total_that_does_not_add_up_is_flagged() -> None:
    usage, flags = usage_of({"usage_input": 10, "usage_output": 5, "usage_total": 99}, Counting())
    assert usage is not None
    assert (usage.total, flags) == (15, ("total_mismatch",))


@pytest.mark.parametrize(
    ("sent", "counts"),
    [
        (
            {"prompt_tokens": 9, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}},
            {"input": 9, "output": 3, "cache_read": 4},
        ),
        ({"input_tokens": 9, "cache_read_input_tokens": 4}, {"input": 13, "cache_read": 4}),
        (
            {"promptTokenCount": 9, "candidatesTokenCount": 3, "thoughtsTokenCount": 5},
            {"input": 9, "output": 8, "reasoning": 5},
        ),
        (
            {"inputTokens": 9, "outputTokens": 3, "cacheReadInputTokens": 4},
            {"input": 13, "output": 3, "cache_read": 4},
        ),
    ],
)
def test_objects_of_the_providers(sent: dict[str, Any], counts: dict[str, int]) -> None:
    assert usage_of_object(sent, of_provider=True) == counts


def test_other_counts_are_kept_by_the_name_that_was_sent() -> None:
    usage = read(
        {"gen_ai.usage.input_tokens": 5, "gen_ai.usage.made_up": 7, "gen_ai.usage.made_up_cost": 1}
    ).usage
    assert usage is not None
    assert usage.extra == {"gen_ai.usage.made_up": 7}


@pytest.mark.parametrize("bad", [-5, float("nan"), "many", 1.5, True, [], {}])
def test_what_is_no_count_is_not_one(bad: Any) -> None:
    assert read({"gen_ai.usage.input_tokens": bad}).usage is None


def test_the_next_key_is_asked_where_the_first_is_no_count() -> None:
    usage = read({"gen_ai.usage.input_tokens": -1, "gen_ai.usage.prompt_tokens": "7"}).usage
    assert usage is not None
    assert usage.input == 7


ZEROS = {"gen_ai.usage.input_tokens": 0, "gen_ai.usage.output_tokens": 0, "gen_ai.usage.total_tokens": 0}


def test_zeros_for_a_call_with_an_answer_are_unknown() -> None:
    call = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o",
        **ZEROS,
        "gen_ai.usage.cost": 0.0,
    }
    reading = read({**call, "gen_ai.completion.0.content": "Hello"})
    assert (reading.usage, reading.cost, reading.usage_flags) == (None, None, ("zeros_unknown",))
    assert read({**call, "gen_ai.completion.0.content": "Hello", "gen_ai.usage.cost": 0.01}).cost is not None
    unanswered = read(call)
    assert unanswered.usage is not None
    assert (unanswered.usage.total, unanswered.usage_flags) == (0, ())


@pytest.mark.parametrize(
    "said",
    [
        {"gen_ai.usage.output_tokens": 3},
        {"gen_ai.usage.input_tokens": 3},
        {"gen_ai.usage.total_tokens": 3},
        {"gen_ai.usage.image.output_tokens": 3},
    ],
)
def test_one_count_that_is_not_zero_makes_the_others_known(said: dict[str, int]) -> None:
    answered = {"gen_ai.operation.name": "chat", **ZEROS, **said, "gen_ai.completion.0.content": "Hello"}
    assert read(answered).usage is not None
