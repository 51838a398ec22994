from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer import Redact, Tracer
from llm_tracer.model.span import SpanData
from llm_tracer.testing import InMemoryExporter
from llm_tracer.values.redact import MARK, Redactor

SECRETS = {
    "api key": "sk-proj-abcdEFGH1234567890abcdEFGH",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    "aws access key": "AKIAIOSFODNN7EXAMPLE",
    "bearer token": "Bearer abcdefghijklmnopqrstuvwxyz",
    "card number": "4111 1111 1111 1111",
    "private key": "-----BEGIN RSA PRIVATE KEY-----\nMIIBOgIBAAJBAKj34GkxFhD9\n-----END RSA PRIVATE KEY-----",
}


def traced(redact: object, value: object, **attributes: object) -> SpanData:
    exporter = InMemoryExporter()
    tracer = Tracer(enabled=True, exporter=exporter, redact=redact)  # type: ignore[arg-type]
    with tracer.span("work", kind="llm", input=value, **attributes) as span:
        span.set_output(value)
    tracer.shutdown()
    return exporter.span("work")


@pytest.mark.parametrize("what", SECRETS)
def test_what_looks_like_a_secret_is_taken_out_wherever_it_stands(what: str) -> None:
    secret = SECRETS[what]
    text = f"before {secret} after"
    span = traced(True, [{"role": "user", "content": text}], note=text, deep={"list": [text], text: 1})
    assert secret not in json.dumps(dict(span.attributes))
    assert span.attributes["note"] == f"before [REDACTED: {what}] after"
    assert f"input: {what}" in span.attributes["llm_tracer.redacted"]


@pytest.mark.parametrize(
    "key", ["password", "API-Key", "apiKey", "x-api-key", "Authorization", "aws_secret_access_key"]
)
def test_the_value_of_a_secret_key_is_taken_out_whatever_it_is(key: str) -> None:
    span = traced(True, {"outer": [{key: {"any": "thing"}, "other": "stays"}]})
    assert json.loads(span.attributes["input.value"]) == {"outer": [{key: MARK, "other": "stays"}]}


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ('{"password": "a \\"quoted\\" word", "user": "me"}', f'{{"password": "{MARK}", "user": "me"}}'),
        ('"{\\"api_key\\": \\"hunter2\\"}"', f'"{{\\"api_key\\": \\"{MARK}\\"}}"'),
        ("https://host/?token=hunter2&page=1", f"https://host/?token={MARK}&page=1"),
        ("run --password=hunter2 now", f"run --password={MARK} now"),
    ],
)
def test_a_key_in_a_text_is_found_and_the_text_keeps_its_form(text: str, clean: str) -> None:
    assert Redactor(Redact()).clean("input", text, set()) == clean


@pytest.mark.parametrize(
    "text",
    ["4111 1111 1111 1112", "0000 0000 0000 0000", "max_tokens: 500", "the password is long", "task-force"],
)
def test_what_only_resembles_a_secret_stays(text: str) -> None:
    span = traced(True, text, **{"gen_ai.usage.input_tokens": 5})
    assert "llm_tracer.redacted" not in span.attributes
    assert span.attributes["gen_ai.usage.input_tokens"] == 5


def test_exceptions_names_and_attributes_are_searched_too() -> None:
    exporter = InMemoryExporter()
    tracer = Tracer(enabled=True, exporter=exporter, redact=True)
    secret = SECRETS["api key"]
    with pytest.raises(ValueError, match="sk-proj"), tracer.span(f"call {secret}", **{"http.cookie": "a=b"}):
        raise ValueError(f"bad key {secret}")
    tracer.shutdown()
    (span,) = exporter.spans
    assert secret not in repr(span)
    assert span.attributes["http.cookie"] == MARK
    assert span.status_message == "bad key [REDACTED: api key]"


def test_keys_patterns_and_a_function_of_the_user() -> None:
    def shorten(place: str, value: object) -> object:
        return "short" if place == "output" else value

    redact = Redact(keys=("iban",), patterns={"order": r"order-\d+"}, function=shorten, emails=True)
    span = traced(redact, {"iban": "DE02", "text": "order-77 of me@example.org"})
    messages = json.loads(span.attributes["input.value"])
    assert messages == {"iban": MARK, "text": "[REDACTED: order] of [REDACTED: e-mail]"}
    assert "short" in span.attributes["gen_ai.output.messages"]
    assert "output: by the function" in span.attributes["llm_tracer.redacted"]


def test_a_function_that_fails_lets_nothing_through() -> None:
    def broken(place: str, value: object) -> object:
        raise RuntimeError(value)

    exporter = InMemoryExporter()
    tracer = Tracer(enabled=True, exporter=exporter, redact=broken)
    with tracer.span("private", input="private"):
        pass
    tracer.shutdown()
    (span,) = exporter.spans
    assert "private" not in repr(span)
    assert span.attributes["input.value"] == MARK


def test_the_built_in_tables_can_be_left_out() -> None:
    span = traced(Redact(keys=("mine",), secrets=False), {"mine": 1, "password": 2})
    assert json.loads(span.attributes["input.value"]) == {"mine": MARK, "password": 2}


@given(st.recursive(st.text() | st.integers() | st.none(), lambda inner: st.dictionaries(st.text(), inner)))
def test_no_value_breaks_it(value: object) -> None:
    Redactor(Redact(emails=True)).clean("input", value, set())


def test_without_content_only_the_facts_go() -> None:
    exporter = InMemoryExporter()
    tracer = Tracer(enabled=True, exporter=exporter, capture_content=False)

    @tracer.trace
    def ask(question: str) -> str:
        with tracer.span("chat", kind="llm", model="gpt-5", input=question) as chat:
            chat.set_llm(system="private", tools=[{"name": "private"}], temperature=0.5)
            chat.set_output("private", input_tokens=3)
        raise ValueError(question)

    with pytest.raises(ValueError, match="private"):
        ask("private")
    tracer.shutdown()
    assert "private" not in repr(exporter.spans).replace("ask(", "").replace('"private"', "")
    chat = exporter.span("chat")
    assert chat.attributes["gen_ai.usage.input_tokens"] == 3
    assert chat.attributes["llm_tracer.content_captured"] is False
    assert exporter.span("ask").attributes["error.type"] == "ValueError"


def test_a_value_that_is_too_big_is_cut_and_says_so() -> None:
    exporter = InMemoryExporter()
    tracer = Tracer(enabled=True, exporter=exporter, value_limit_bytes=100)
    with tracer.span("work", input="x" * 150, small="y" * 100) as span:
        span.set_output(["z" * 200])
    tracer.shutdown()
    attributes = exporter.span("work").attributes
    assert attributes["input.value"] == "x" * 100 + " … [cut by the SDK: 50 more characters]"
    assert attributes["output.value"].endswith(" … [cut by the SDK: 104 more characters]")
    assert attributes["small"] == "y" * 100
    assert attributes["llm_tracer.limited_values"] == 2


def test_a_pattern_that_is_none_is_told_to_who_wrote_it() -> None:
    with pytest.raises(ValueError, match="no regular expression"):
        Tracer(enabled=True, redact=Redact(patterns={"mine": "("}))
