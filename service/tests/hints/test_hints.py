"""Each hint on a trace that deserves it and on one that almost does; none on real telemetry without problems."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from functools import cache
from typing import Any, get_args

import pytest
from conversation.traces import START, agent, answers, calls, chat, reader, says, tool
from llm_tracer.model.place import placed
from llm_tracer.model.row import row_of
from llm_tracer.model.span import SpanData
from llm_tracer.model.trace import Trace
from llm_tracer_service import hints as hints_package
from llm_tracer_service.hints import Hint, Steps, hints_of, unchecked_of
from llm_tracer_service.hints.steps import HintName
from llm_tracer_service.reading.pricing import PriceBook
from llm_tracer_service.receiving.otlp import decode_traces
from reading.test_sources import body_of, sources

USER = says("user", "What is the weather in Oslo?")
ANSWER = says("assistant", "4 C in Oslo.")


@cache
def prices() -> PriceBook:
    return PriceBook()


def steps_of(*spans: SpanData, window: int | None = None) -> Steps:
    rows = placed("a" * 32, [row_of(span, reader().read(span)) for span in spans])
    by_id = {span.span_id: span for span in spans}
    trace = Trace("a" * 32, rows, START, by_id, reader().texts)
    return Steps(
        trace,
        reader(),
        lambda row: window,
        lambda row, name: prices().known_model(row.reading.provider, name),
    )


def found(*spans: SpanData, window: int | None = None) -> list[Hint]:
    hints = hints_of(steps_of(*spans, window=window))
    sent = {span.span_id for span in spans}
    assert all(
        hint.span_ids and sent.issuperset(hint.span_ids) for hint in hints
    )  # each link leads somewhere
    return hints


def unchecked(*spans: SpanData, window: int | None = None) -> list[tuple[str, str]]:
    return [(each.hint, each.reason) for each in unchecked_of(steps_of(*spans, window=window))]


def numbers(hint: Hint) -> list[int]:
    return [int(span_id) for span_id in hint.span_ids]


def failed(span: SpanData, message: str = "connection reset") -> SpanData:
    return replace(span, status_code="error", status_message=message)


def with_usage(span: SpanData, **more: Any) -> SpanData:
    return replace(
        span, attributes={**span.attributes, **{f"gen_ai.usage.{key}": n for key, n in more.items()}}
    )


def weather(number: int, city: str = "Oslo", result: Any = "4 C") -> SpanData:
    return tool(number, "weather", {"city": city}, f"c{number}", result, parent=1)


# --- a tool called again ----------------------------------------------------------------------------------------------


def test_a_tool_called_again_for_the_same_result() -> None:
    (hint,) = found(agent(1), weather(2), weather(3), weather(4, "Rome"))
    assert (hint.hint, hint.title) == (
        "repeated_tool_call",
        "weather was called 2 times with the same arguments",
    )
    assert numbers(hint) == [2, 3]
    assert hint.evidence == {"tool": "weather", "calls": 2, "arguments": '{"city":"Oslo"}', "result": '"4 C"'}
    assert hint.detail == 'Every call returned the same result: “4 C”. Arguments: {"city":"Oslo"}'


def test_a_tool_that_ran_in_between_is_a_reason_to_look_again() -> None:
    edit = tool(3, "edit", {"file": "a"}, "c3", "done", parent=1)
    assert found(agent(1), weather(2), edit, weather(4)) == []
    (hint,) = found(agent(1), weather(2), edit, weather(4), weather(5))
    assert numbers(hint) == [2, 4, 5]
    assert found(agent(1), failed(weather(2)), edit, failed(weather(4))) == []


def test_a_tool_that_is_polled_and_two_agents_with_one_question_are_no_repeats() -> None:
    assert found(agent(1), weather(2, result="wait"), weather(3, result="done")) == []
    other = replace(weather(4), parent_span_id=f"{3:016x}")
    assert found(agent(1), weather(2), agent(3, parent=1), other) == []


# --- tried again ------------------------------------------------------------------------------------------------------


def test_a_call_that_failed_and_was_tried_again() -> None:
    attempt = chat(2, [USER], parent=1)
    (hint,) = found(
        agent(1),
        failed(attempt, "rate limit"),
        failed(replace(chat(3, [USER], parent=1), name=attempt.name), "rate limit"),
        replace(chat(4, [USER], [ANSWER], parent=1), name=attempt.name),
    )
    assert (hint.hint, hint.title) == ("retried", "span 2 was retried 2 times")
    assert (
        hint.detail
        == "2 of 3 attempts with the same input failed: rate limit. 2.00 s passed before one succeeded."
    )
    assert numbers(hint) == [2, 3, 4]


BODY = 'Error code: 429 - {"error": {"message": "Slow down.", "type": "requests", "param": null}}'


def test_of_the_body_of_an_answer_stands_what_it_says() -> None:
    attempts = [failed(replace(chat(number, [USER], parent=1), name="chat"), BODY) for number in (2, 3)]
    (hint,) = found(agent(1), *attempts)
    assert hint.detail == (
        "2 of 2 attempts with the same input failed: 429 - Slow down. 1.50 s passed before the last one failed."
    )
    run = run_with_error("It is 20 degrees and sunny.")
    run[2] = failed(run[2], BODY)
    (hint,) = found(*run)
    assert hint.detail.startswith("429 - Slow down. No tool was called because of it")
    (hint,) = found(agent(1), *(weather(number, result="Error: " + BODY) for number in (2, 3)))
    assert "“Error: Error code: 429 - Slow down.”" in hint.detail


def test_another_question_after_a_failure_is_no_retry() -> None:
    attempt = failed(chat(2, [USER], parent=1))
    other = replace(chat(3, [says("user", "And in Rome?")], [ANSWER], parent=1), name=attempt.name)
    assert found(agent(1), attempt, other) == []


# --- the window -------------------------------------------------------------------------------------------------------


def test_a_context_near_the_window() -> None:
    call = with_usage(chat(2, [USER], [ANSWER], parent=1), input_tokens=92_000, output_tokens=5)
    (hint,) = found(agent(1), call, window=100_000)
    assert (hint.hint, hint.title) == (
        "context_near_window", "The context filled 92% of the window of gpt-4o",
    )  # fmt: skip
    assert found(agent(1), call, window=128_000) == []
    assert found(agent(1), call, window=None) == []


# --- the cache --------------------------------------------------------------------------------------------------------


def cached(number: int, given: list[Any], read: int, system: str = "Be brief.") -> SpanData:
    call = chat(number, given, [ANSWER], parent=1, system=system)
    return with_usage(call, input_tokens=5_000, **{"cache_read.input_tokens": read})


def test_a_cache_whose_beginning_changed() -> None:
    first, second = (
        cached(2, [USER], 4_096),
        cached(3, [USER, ANSWER, USER], 0, system="It is 12:01. Be brief."),
    )
    (hint,) = found(agent(1), first, second)
    assert (hint.hint, hint.title) == ("cache_prefix_broken", "4,096 cached tokens were lost")
    assert hint.detail.endswith("this one read 0: the instructions changed.")
    assert numbers(hint) == [2, 3]


def test_a_cache_that_expired_or_was_read_is_none() -> None:
    assert found(agent(1), cached(2, [USER], 4_096), cached(3, [USER, ANSWER, USER], 0)) == []
    assert found(agent(1), cached(2, [USER], 4_096), cached(3, [USER, ANSWER, USER], 4_096, "Other")) == []


def stamped(number: int, time: str, read: int = 0, written: int = 0) -> SpanData:
    call = cached(number, [USER], read, system=f"You are careful. It is {time} now. " + "Be kind. " * 20)
    return with_usage(call, **{"cache_creation.input_tokens": written}) if written else call


def test_instructions_that_change_with_each_call_are_never_cached() -> None:
    calls = [stamped(2, "12:01"), stamped(3, "12:02"), stamped(4, "12:03")]
    (hint,) = found(agent(1), *calls)
    assert (hint.hint, hint.title) == ("cache_prefix_broken", "Nothing could be cached in 3 calls")
    assert "(“12:01” became “12:02” after “You are careful. It is”)" in hint.detail
    assert "10,000 tokens" in hint.detail
    assert numbers(hint) == [2, 3, 4]
    assert found(agent(1), *calls[:2]) == []  # another task may have other instructions
    assert found(agent(1), *(stamped(number, "12:01") for number in (2, 3, 4))) == []
    roles = ("Plan the journey.", "Write a poem about it.", "Judge whether it is good.")
    assert found(agent(1), *(cached(2 + n, [USER], 0, system=role) for n, role in enumerate(roles))) == []


def test_a_cache_that_is_written_and_never_read_is_one_hint() -> None:
    calls = [stamped(number, f"12:0{number}", written=4_000) for number in (2, 3, 4)]
    (hint,) = found(agent(1), *calls)
    assert (hint.title, numbers(hint)) == ("8,000 cached tokens were lost", [2, 3, 4])
    assert "(“12:02” became “12:03” after" in hint.detail
    assert hint.evidence["calls"] == 2


# --- errors -----------------------------------------------------------------------------------------------------------


def run_with_error(answer: str) -> list[SpanData]:
    asked = calls("weather", {"city": "Oslo"}, "c3")
    return [
        agent(1),
        chat(2, [USER], [asked], parent=1),
        failed(weather(3, result=None)),
        chat(4, [USER, asked, answers("connection reset", "c3")], [says("assistant", answer)], parent=1),
    ]


def test_a_tool_error_that_nothing_came_of() -> None:
    (hint,) = found(*run_with_error("It is 20 degrees and sunny."))
    assert (hint.hint, hint.title) == ("tool_error_ignored", "weather failed and the failure was ignored")
    assert numbers(hint) == [3, 4]
    assert hint.evidence == {"tool": "weather", "failures": 1, "error": "connection reset"}


def run_with_result(result: str) -> list[SpanData]:
    asked = calls("weather", {"city": "Oslo"}, "c3")
    return [
        agent(1),
        chat(2, [USER], [asked], parent=1),
        weather(3, result=result),
        chat(4, [USER, asked, answers(result, "c3")], [says("assistant", "It is 20 degrees.")], parent=1),
    ]


@pytest.mark.parametrize(
    ("result", "error"),
    [
        ('{"error": "connection refused"}', "connection refused"),
        ('{"error": {"message": "Slow down", "code": 429}, "success": false}', "Slow down"),
        ("Error: no such city", "Error: no such city"),
        ("Error executing tool weather: timeout", "Error executing tool weather: timeout"),
    ],
)
def test_a_result_that_is_an_error_is_a_failure_though_its_span_ended_well(result: str, error: str) -> None:
    (hint,) = found(*run_with_result(result))
    assert (hint.hint, numbers(hint)) == ("tool_error_ignored", [3, 4])
    assert hint.evidence == {"tool": "weather", "failures": 1, "error": error}
    assert hint.detail.startswith(f"{error} (in its result; its span ended well). ")


@pytest.mark.parametrize(
    "result",
    [
        '{"error": null, "degrees": 4}', '{"error": "", "degrees": 4}', '{"error": 0.02}', '{"error": "one station", "stations": [1]}',
        "Errors in the forecast are rare.", "No error: 4 C", '["error"]', "4 C",
    ],
)  # fmt: skip
def test_a_result_that_has_more_than_an_error_or_only_speaks_of_one_is_no_failure(result: str) -> None:
    assert found(*run_with_result(result)) == []


@pytest.mark.parametrize(
    "answer", ["I could not reach the service.", "Leider nicht.", "抱歉", "The connection broke."]
)
def test_an_error_that_the_answer_speaks_of_is_none(answer: str) -> None:
    assert found(*run_with_error(answer)) == []


def test_a_tool_that_was_used_because_of_an_error_is_a_reaction() -> None:
    *run, answer = run_with_error("It is 20 degrees and sunny.")
    along = tool(4, "news", {}, "c4", "none", parent=1)
    (hint,) = found(*run, along, chat(5, [USER], [says("assistant", "Sunny.")], parent=1))
    assert hint.hint == "tool_error_ignored"
    edited = tool(5, "edit", {"path": "city.py"}, "c5", "ok", parent=1)
    assert found(*run, answer, edited, chat(6, [USER], [ANSWER], parent=1)) == []


# --- the limit --------------------------------------------------------------------------------------------------------


def test_an_answer_that_was_cut() -> None:
    call = with_usage(chat(2, [USER], [ANSWER], parent=1), output_tokens=256)
    more = {"gen_ai.response.finish_reasons": ["length"], "gen_ai.request.max_tokens": 256}
    (hint,) = found(agent(1), replace(call, attributes={**call.attributes, **more}))
    assert (hint.hint, hint.title) == ("length_finish", "An answer was cut off at the token limit")
    assert hint.detail.endswith("256 were written, 256 were allowed.")


# --- arguments --------------------------------------------------------------------------------------------------------

DEFINED = [
    {
        "type": "function",
        "name": "weather",
        "parameters": {
            "type": "object",
            "required": ["city"],
            "additionalProperties": False,
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        },
    }
]


def test_arguments_that_a_tool_does_not_take() -> None:
    wrong = calls("weather", {"town": "Oslo", "days": "two"}, "c3")
    (hint,) = found(agent(1), chat(2, [USER], [wrong], parent=1, tools=DEFINED))
    assert (hint.hint, hint.title) == (
        "invalid_arguments",
        "weather was called with invalid arguments",
    )
    assert hint.detail.startswith(
        "`city` is missing; `days`: string, not integer; `town` is not in the schema (1 call)."
    )
    assert numbers(hint) == [2]
    assert hint.evidence["tool"] == "weather"


def test_arguments_that_fit_or_that_nobody_defined_are_fine() -> None:
    right = calls("weather", {"city": "Oslo", "days": 2}, "c3")
    assert found(agent(1), chat(2, [USER], [right], parent=1, tools=DEFINED)) == []
    assert found(agent(1), chat(2, [USER], [calls("weather", {"town": 1}, "c3")], parent=1)) == []
    nameless = {"type": "tool_call", "id": "c3", "name": {"of": "weather"}, "arguments": {"town": 1}}
    asked = {"role": "assistant", "parts": [nameless]}
    assert found(agent(1), chat(2, [USER], [asked], parent=1, tools=DEFINED)) == []


def formatted(answer: str, asked: Any, **more: Any) -> SpanData:
    call = chat(2, [USER], [says("assistant", answer)], parent=1)
    return replace(
        call, attributes={**call.attributes, "gen_ai.request.response_format": json.dumps(asked), **more}
    )


INVOICE = {"type": "object", "properties": {"total": {"type": "number"}}, "required": ["total"]}
ASKED = {"type": "json_schema", "json_schema": {"name": "Invoice", "schema": INVOICE}}


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ('{"total": "12,50"}', "`total`: string, not number (1 call)"),
        ("Here it is: 12.5", "not JSON, from character 1 on (1 call)"),
    ],
)
def test_an_answer_that_does_not_fit_its_schema(answer: str, problem: str) -> None:
    (hint,) = found(agent(1), formatted(answer, ASKED))
    assert (hint.hint, hint.title, numbers(hint)) == (
        "invalid_answer",
        "An answer does not fit its schema",
        [2],
    )
    assert hint.detail.startswith(problem)


def test_answers_that_fit_or_were_asked_for_no_schema_are_fine() -> None:
    assert found(agent(1), formatted('{"total": 12.5}', ASKED)) == []
    assert found(agent(1), formatted('```json\n{"total": 12.5}\n```', ASKED)) == []
    assert found(agent(1), formatted("12.5", {"type": "text"})) == []
    assert found(agent(1), formatted("12.5", "json_schema")) == []
    cut = {"gen_ai.response.finish_reasons": ["length"]}
    assert [hint.hint for hint in found(agent(1), formatted('{"tot', ASKED, **cut))] == ["length_finish"]


# --- the model --------------------------------------------------------------------------------------------------------


def answered_by(asked: str, answered: str, provider: str = "openai") -> SpanData:
    call = chat(2, [USER], [ANSWER], parent=1)
    more = {
        "gen_ai.request.model": asked,
        "gen_ai.response.model": answered,
        "gen_ai.provider.name": provider,
    }
    return replace(call, attributes={**call.attributes, **more})


def test_another_model_than_the_one_that_was_asked() -> None:
    (hint,) = found(agent(1), answered_by("gpt-4o", "gpt-3.5-turbo-0125"))
    assert (hint.hint, hint.title) == (
        "another_model",
        "gpt-4o was requested, but gpt-3.5-turbo-0125 answered",
    )
    assert hint.detail.startswith("This happened in 1 of 1 call.")
    assert hint.evidence == {"asked": "gpt-4o", "answered": "gpt-3.5-turbo-0125", "calls": 1}


@pytest.mark.parametrize(
    ("asked", "answered", "provider"),
    [
        ("gpt-4o", "gpt-4o-2024-08-06", "openai"),
        ("openai/gpt-4o", "gpt-4o-2024-08-06", "openai"),
        ("gpt-4o-2024-08-06", "gpt-4o", "openai"),
        ("our-deployment", "gpt-4o-2024-08-06", "azure.ai.openai"),
        ("claude-3-5-sonnet-latest", "claude-3-5-sonnet-20241022", "anthropic"),
        ("openrouter/auto", "openai/gpt-4o", "openrouter"),
        ("gemini-flash-latest", "gemini-2.5-flash", "gcp.gemini"),
        ("us.anthropic.claude-3-5-sonnet-20241022-v2:0", "claude-3-5-sonnet-20241022", "aws.bedrock"),
    ],
)
def test_other_names_of_a_model_are_no_other_model(asked: str, answered: str, provider: str) -> None:
    assert found(agent(1), answered_by(asked, answered, provider)) == []


def test_a_name_that_the_price_list_does_not_know_says_no_model() -> None:
    assert unchecked(agent(1), answered_by("our-deployment", "gpt-4o-2024-08-06", "azure.ai.openai")) == [
        ("another_model", "The price lists do not say whether these are the same model: our-deployment and gpt-4o-2024-08-06."),
    ]  # fmt: skip
    assert unchecked(agent(1), answered_by("gpt-4o", "gpt-4o-2024-08-06")) == []


# --- secrets ----------------------------------------------------------------------------------------------------------


def with_params(**params: Any) -> SpanData:
    call = chat(2, [USER], [ANSWER], parent=1)
    return replace(call, attributes={**call.attributes, "llm.invocation_parameters": json.dumps(params)})


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"api_key": "sk-proj-0123456789abcdef"}, "api_key"),
        ({"extra_headers": {"X-API-Key": "0123456789abcdef"}}, "X-API-Key"),
        ({"headers": {"Authorization": "Bearer sk-0123456789abcdef"}}, "Authorization"),
    ],
)
def test_a_key_among_the_parameters(params: dict[str, Any], name: str) -> None:
    (hint,) = found(agent(1), with_params(**params))
    assert (hint.hint, hint.evidence["names"], numbers(hint)) == ("secret_sent", [name], [2])
    assert "0123456789abcdef" not in hint.title + hint.detail


@pytest.mark.parametrize(
    "params",
    [
        {"api_key": "EMPTY"},
        {"api_key": "sk-****************cdef"},
        {"api_key": "<redacted by the sender>"},
        {"api_key": None, "temperature": 0.5},
        {"max_tokens": 1000, "prompt_cache_key": "0123456789abcdef"},
    ],
)
def test_what_is_no_key_is_none(params: dict[str, Any]) -> None:
    assert found(agent(1), with_params(**params)) == []


# --- hand-offs --------------------------------------------------------------------------------------------------------

WISH = says("user", "I am customer 8812, refund INV-2209.")


def handed_over(*given: dict[str, Any], tool_name: str = "transfer_to_billing") -> list[SpanData]:
    handing = chat(3, [WISH], [calls(tool_name, {}, "c1")], parent=2)
    return [agent(1), agent(2, parent=1), handing, agent(4, parent=1), chat(5, given, [ANSWER], parent=4)]


def test_a_hand_off_that_loses_what_the_user_said() -> None:
    (hint,) = found(*handed_over(says("user", "The customer wants a refund.")))
    assert (hint.hint, hint.title) == (
        "handoff_forgets",
        "The user's message was lost after transfer_to_billing",
    )
    assert "“I am customer 8812, refund INV-2209.”" in hint.detail
    assert numbers(hint) == [3, 5]


def test_a_hand_off_that_quotes_and_an_agent_with_a_task_of_its_own_are_fine() -> None:
    assert found(*handed_over(WISH)) == []
    quoted = says("user", "So far: user said: I am customer 8812,  refund INV-2209. Go on.")
    assert found(*handed_over(quoted)) == []
    assert found(*handed_over(says("user", "Look the invoice up."), tool_name="ask_billing")) == []


# --- a call reported by two -------------------------------------------------------------------------------------------


def test_what_was_said_is_read_where_it_was_sent() -> None:
    """The library traces itself, without messages, inside the span of an instrumentation that has them."""
    wrong = calls("weather", {"town": "Oslo"}, "c3")
    outer = chat(2, [USER], [wrong], parent=1, tools=DEFINED)
    inner = replace(without_content(chat(3, [USER], parent=2)), attributes={"gen_ai.operation.name": "chat"})
    (hint,) = found(agent(1), outer, inner)
    assert (hint.hint, numbers(hint)) == ("invalid_arguments", [2])
    second = replace(inner, span_id=f"{4:016x}", start_time_unix_nano=inner.start_time_unix_nano + 10)
    assert found(agent(1), outer, inner, second) == []  # whose words are they?


# --- what nobody can tell ---------------------------------------------------------------------------------------------


def test_a_model_of_unknown_window_is_named() -> None:
    call = with_usage(chat(2, [USER], [ANSWER], parent=1), input_tokens=92_000, output_tokens=5)
    assert unchecked(agent(1), call) == [
        ("context_near_window", "The price lists do not give the context window of gpt-4o."),
    ]  # fmt: skip
    assert unchecked(agent(1), call, window=100_000) == []
    assert unchecked(agent(1), chat(2, [USER], [ANSWER], parent=1)) == []  # nobody says how much it took in


def without_content(span: SpanData) -> SpanData:
    """A span of a sender that does not record what was said."""
    said = ("messages", "arguments", "result")
    attributes = {key: value for key, value in span.attributes.items() if not key.endswith(said)}
    return replace(span, attributes=attributes)


def test_what_was_not_sent_is_neither_a_retry_nor_a_repeat() -> None:
    uses = [without_content(weather(number)) for number in (2, 3)]
    assert found(agent(1), *uses) == []
    assert unchecked(agent(1), *uses) == [
        ("repeated_tool_call", "The arguments or results of 2 tool calls were not sent."),
    ]  # fmt: skip
    assert unchecked(agent(1), uses[0]) == []
    attempts = [without_content(failed(chat(number, [USER], parent=1))) for number in (2, 3)]
    alike = [replace(attempt, name="chat") for attempt in attempts]
    assert found(agent(1), *alike) == []
    assert unchecked(agent(1), *alike) == [("retried", "The input of 2 failed steps was not sent.")]


def test_a_tool_error_whose_answer_was_not_sent() -> None:
    run = run_with_error("It is 20 degrees and sunny.")
    silent = [*run[:3], without_content(run[3])]
    assert found(*silent) == []
    assert unchecked(*silent) == [
        ("tool_error_ignored", "A tool failed, but the model's answer after it was not sent."),
    ]  # fmt: skip
    assert unchecked(*run) == []


# --- real telemetry ---------------------------------------------------------------------------------------------------

NOT_CLEAN = {
    "oi_crewai": {"retried"},  # its model refused the same request three times
    "node_vercel_ai_v5": {"repeated_tool_call"},  # its model asks for Oslo five times
}


@pytest.mark.parametrize("source", [*sources()])
def test_real_telemetry_has_the_hints_that_are_true_of_it(source: str) -> None:
    traces: dict[str, list[SpanData]] = defaultdict(list)
    for file in sources()[source]["files"]:
        if "log" not in file["file"] and "metric" not in file["file"]:
            for span in decode_traces(*body_of(sources()[source], file)).spans:
                traces[span.trace_id].append(span)
    assert traces
    hints = {hint.hint for spans in traces.values() for hint in found(*spans)}
    assert hints == NOT_CLEAN.get(source, set())


def test_each_hint_has_a_module_of_its_name() -> None:
    names = {module.__name__.rpartition(".")[2] for module in hints_package._HINTS}
    assert names == set(get_args(HintName))
