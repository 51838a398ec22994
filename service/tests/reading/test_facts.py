"""Status, levels, names, providers, sessions, previews and the search text of single spans."""

from __future__ import annotations

from typing import Any

import pytest
from llm_tracer.model.reading import SpanError
from llm_tracer.model.span import SpanEvent

from .spans import content, read, reader, span


@pytest.mark.parametrize(
    ("sent", "provider"),
    [
        ({"gen_ai.system": "az.ai.openai"}, "azure.ai.openai"),
        ({"gen_ai.system": "Azure"}, "azure.ai.openai"),
        ({"gen_ai.system": "vertex_ai"}, "gcp.vertex_ai"),
        ({"llm.provider": "google"}, "gcp.gemini"),
        ({"gen_ai.system": "AWS"}, "aws.bedrock"),
        ({"ai.model.provider": "openai.responses"}, "openai"),
        ({"ai.model.provider": "amazon-bedrock.converse"}, "aws.bedrock"),
        ({"gen_ai.system": "MistralAI"}, "mistral_ai"),
        ({"gen_ai.system": "NewCo"}, "newco"),
        ({"gen_ai.system": "openai", "server.address": "eu.openrouter.ai"}, "openrouter"),
        ({"gen_ai.system": "openai", "server.address": "localhost", "server.port": 11434}, "ollama"),
        ({"gen_ai.system": "openai", "server.address": "api.openai.com"}, "openai"),
        ({"gen_ai.system": "openai", "server.address": "notopenrouter.ai"}, "openai"),
    ],
)
def test_providers_by_one_name_each(sent: dict[str, Any], provider: str) -> None:
    assert read(sent).provider == provider


EXCEPTION = {"exception.type": "ValueError", "exception.message": "no", "exception.stacktrace": "Traceback"}


def test_an_error_says_its_type_and_message() -> None:
    event = SpanEvent("exception", 5, EXCEPTION)
    reading = read({}, event, status_code="error")
    assert reading.error == SpanError("ValueError", "no")
    assert (reading.status, reading.level) == ("error", "error")
    assert content({}, event).error_stack == "Traceback"


def test_the_type_is_the_first_word_of_the_message_where_it_says_one() -> None:
    assert read(status_code="error", status_message="TimeoutError: 5 s").error == SpanError(
        "TimeoutError", "TimeoutError: 5 s"
    )
    assert read(status_code="error", status_message="it broke").error == SpanError(None, "it broke")


@pytest.mark.parametrize(
    ("attributes", "escaped", "status"),
    [
        ({}, "False", "unset"),
        ({}, True, "error"),
        ({}, "True", "error"),
        ({"error.type": "Timeout"}, False, "error"),
        ({"langfuse.observation.level": "ERROR"}, False, "error"),
        ({"mcp.tool.result.is_error": True}, False, "error"),
    ],
)
def test_an_unset_status_is_raised_where_the_span_failed(
    attributes: dict[str, Any], escaped: Any, status: str
) -> None:
    reading = read(attributes, SpanEvent("exception", 5, {**EXCEPTION, "exception.escaped": escaped}))
    assert reading.status == status
    assert reading.error is None or reading.error.inferred


@pytest.mark.parametrize(
    ("escaped", "fails_as_leaf"),
    [({}, True), ({"exception.escaped": "False"}, False), ({"exception.escaped": False}, False)],
)
def test_an_exception_alone_is_a_failure_of_a_leaf(escaped: dict[str, Any], fails_as_leaf: bool) -> None:
    event = SpanEvent("exception", 5, {**EXCEPTION, **escaped})
    reading = read({}, event)
    assert (reading.status, reading.level, reading.fails_as_leaf) == ("unset", "info", fails_as_leaf)
    assert reading.error == (SpanError("ValueError", "no", inferred=True) if fails_as_leaf else None)
    assert not read({}, event, status_code="ok").fails_as_leaf
    explained = read({}, SpanEvent("exception", 5, EXCEPTION), status_message="it broke")
    assert (explained.status, explained.fails_as_leaf) == ("error", False)


@pytest.mark.parametrize(
    ("stack", "said"),
    [
        (
            'Traceback (most recent call last):\n  File "a.py", line 1\nValueError: no\n',
            SpanError("ValueError", "ValueError: no"),
        ),
        ("TypeError: no\n    at f (a.js:1:1)\n    at g (a.js:2:2)", SpanError("TypeError", "TypeError: no")),
        (" ", SpanError(None, None)),
    ],
)
def test_a_stack_says_what_happened_where_nothing_else_does(stack: str, said: SpanError) -> None:
    event = SpanEvent("exception", 5, {"exception.stacktrace": stack, "exception.escaped": "False"})
    assert read({}, event, status_code="error").error == said


def test_a_status_of_ok_stands() -> None:
    assert read({"error.type": "Timeout"}, status_code="ok").status == "ok"


def test_session_user_environment_and_service_come_from_the_resource_too() -> None:
    resource = {
        "service.name": "shop",
        "service.version": "1.2",
        "deployment.environment.name": "prod",
        "session.id": "from resource",
    }
    reading = read({"session.id": "s"}, resource=resource)
    assert (reading.service_name, reading.release, reading.environment, reading.session_id) == (
        "shop",
        "1.2",
        "prod",
        "s",
    )
    assert read({}, resource=resource).session_id == "from resource"
    assert read({}, resource={"service.name": "unknown_service:python"}).service_name is None


def test_one_resource_does_not_colour_the_next() -> None:
    assert read({}, resource={"session.id": "a"}).session_id == "a"
    assert read({}, resource={"session.id": "b"}).session_id == "b"
    assert read({}).session_id is None


@pytest.mark.parametrize(
    ("sent", "tags"),
    [(["a", "b"], ("a", "b")), ('["a", "b"]', ("a", "b")), ("a, b", ("a", "b")), ("a", ("a",))],
)
def test_tags_in_every_form(sent: Any, tags: tuple[str, ...]) -> None:
    assert read({"tag.tags": sent}).tags == tags


def test_root_only_keys_count_on_a_root_only() -> None:
    attributes = {"langsmith.trace.name": "my run", "langfuse.trace.input": "hi"}
    assert read(attributes, parent=None, name="x").name == "my run"
    assert read(attributes, name="x").name == "x"
    assert read(attributes, parent=None).input_preview == "hi"
    assert read(attributes).input_preview is None


@pytest.mark.parametrize(
    ("sent", "line"),
    [
        ("plain text", "plain text"),
        ('{"question": "how?"}', "how?"),
        ('{"a": 1, "b": "x"}', '{"a": 1, "b": "x"}'),
        ('{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "yes"}]}', "hi"),
        ('{"args": [], "kwargs": {"topic": "cats", "n": 2}}', '{"topic":"cats","n":2}'),
        ("a" * 300, "a" * 199 + "…"),
        ("", None),
    ],
)
def test_previews_of_raw_input(sent: str, line: str | None) -> None:
    assert read({"input.value": sent}).input_preview == line


@pytest.mark.parametrize(
    ("attributes", "line"),
    [
        ({"http.request.method": "GET", "url.full": "https://a.eu/x?id=7", "url.path": "/x"}, "https://a.eu/x?id=7"),
        ({"http.method": "POST", "http.target": "/chat"}, "/chat"),
        ({"db.system": "postgresql", "db.statement": "SELECT 1"}, "SELECT 1"),
        ({"db.system.name": "postgresql", "db.query.text": "SELECT\n  1"}, "SELECT 1"),
        ({"url.full": "https://a.eu/x"}, None),
    ],
)  # fmt: skip
def test_a_request_is_given_its_address_and_a_database_its_statement(
    attributes: dict[str, Any], line: str | None
) -> None:
    assert read(attributes).input_preview == line


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("Crew_09f39b23-6ad4-471e-ac5a-9fbd610e8262.kickoff", "Crew.kickoff"),
        (
            "autogen publish critic_14117a8f-1bd8-4bf2-940d-9664dd5d5e4b.(14117a8f-1bd8-4bf2-940d-9664dd5d5e4b)-T",
            "autogen publish critic-T",
        ),
        ("09f39b23-6ad4-471e-ac5a-9fbd610e8262", "09f39b23-6ad4-471e-ac5a-9fbd610e8262"),
        ("a-name-of-many-words-and-without-any-id-in-it", "a-name-of-many-words-and-without-any-id-in-it"),
    ],
)
def test_a_name_is_shown_without_the_ids_of_one_run(sent: str, shown: str) -> None:
    assert read(name=sent).name == shown


def test_the_spans_of_llamaindex_are_known_by_class_and_method() -> None:
    given = {"llamaindex.step.input_summary": "ToolCall(tool_name='lookup')"}
    tool = read(given, name="FunctionTool.acall", scope="llamaindex.opentelemetry.tracer")
    assert (tool.kind, tool.input_preview) == ("tool", "ToolCall(tool_name='lookup')")
    assert read(name="FunctionAgent.run", scope="llamaindex.opentelemetry.tracer").kind == "agent"


def test_a_span_of_nothing_is_other() -> None:
    reading = read()
    assert (reading.kind, reading.status, reading.usage, reading.cost, reading.input_preview) == (
        "other",
        "unset",
        None,
        None,
        None,
    )


def test_a_kind_that_is_none_is_noted() -> None:
    assert content({"llm_tracer.span.kind": "llm"}).ingest_notes == ()
    sent = {"llm_tracer.span.kind": "dream", "gen_ai.operation.name": "chat"}
    assert (read(sent).kind, content(sent).ingest_notes) == (
        "llm",
        ("llm_tracer.span.kind: dream is no kind",),
    )


def test_search_finds_names_inputs_outputs_and_errors_with_json_decoded() -> None:
    call = span(
        {
            "openinference.span.kind": "LLM",
            "input.value": '{"messages": [{"role": "user", "content": "caf\\u00e9?"}]}',
            "output.value": "a latte",
        },
        SpanEvent("exception", 5, EXCEPTION),
        name="ask",
        status_code="error",
    )
    found = {(text.where, text.text) for text in reader().texts(call)}
    assert {("name", "ask"), ("input", "café?"), ("output", "a latte"), ("error", "ValueError")} <= found


@pytest.mark.parametrize("bad", [-5, float("nan"), "many", 1.5])
def test_a_number_that_is_none_is_passed_over_and_noted(bad: Any) -> None:
    attributes = {"gen_ai.usage.input_tokens": bad, "llm.token_count.prompt": 7, "gen_ai.request.model": "m"}
    reading, found = read(attributes), content(attributes)
    assert reading.usage is not None
    assert reading.usage.input == 7
    assert found.provenance["usage_input"] == "llm.token_count.prompt"
    (note,) = found.ingest_notes
    assert note.startswith("gen_ai.usage.input_tokens: ")


def test_numbers_as_text_and_with_a_fraction_of_zero_are_numbers() -> None:
    reading = read(
        {"gen_ai.usage.input_tokens": "7", "gen_ai.usage.output_tokens": 2.0, "gen_ai.request.model": "m"}
    )
    assert reading.usage is not None
    assert (reading.usage.input, reading.usage.output) == (7, 2)


def test_a_sender_that_always_says_ok_fails_by_its_exception() -> None:
    event = SpanEvent("exception", 1, {"exception.type": "RateLimitError", "exception.message": "slow down"})
    failed = read({}, event, scope="langsmith", status_code="ok")
    assert (failed.status, failed.error) == ("error", SpanError("RateLimitError", "slow down", inferred=True))
    assert read({}, event, scope="other", status_code="ok").status == "ok"


def test_a_failed_answer_of_http_is_the_reason_where_nobody_says_another() -> None:
    for key in ("http.response.status_code", "http.status_code"):
        for status in (500, 500.0, "500"):
            assert read({key: status}, status_code="error").error == SpanError("500", None)
        assert read({key: 404, "error.type": "NotFound"}, status_code="error").error == SpanError(
            "NotFound", None
        )
        assert read({key: 200}, status_code="error").error == SpanError(None, None)
    assert read({"http.status_code": 500}).error is None


def test_a_log_beside_its_call_is_an_event() -> None:
    sent = {"logfire.span_type": "log", "gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 5}
    assert read(sent).kind == "event"
    assert read({"ag2.span.type": "usage", "gen_ai.usage.input_tokens": 5}).kind == "event"
    assert read({"lmnr.span.type": "LLM"}, name="openai.embeddings").kind == "embedding"


def test_the_key_is_known_that_gave_a_raw_value_or_the_system_instructions() -> None:
    found = content(
        {"gen_ai.system_instructions": '[{"type": "text", "content": "Be kind."}]', "input.value": "1"}
    )
    assert found.provenance["system"] == "gen_ai.system_instructions"
    assert found.provenance["input_raw"] == "input.value"


@pytest.mark.parametrize(
    ("reason", "has"),
    [
        ("length", ("cut",)),
        ("FinishReason.MAX_TOKENS", ("cut",)),
        ("maxTokens", ("cut",)),
        ("max_output_tokens", ("cut",)),
        ("stop", ()),
        ("content_filter", ()),
    ],
)
def test_an_answer_that_was_cut_short_is_found(reason: str, has: tuple[str, ...]) -> None:
    sent = {"gen_ai.operation.name": "chat", "gen_ai.response.finish_reasons": [reason]}
    assert read(sent).has == has
