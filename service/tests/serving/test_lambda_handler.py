"""What the Lambda function does besides answering: the ingest log, scheduled tasks, answers that are too long."""

from __future__ import annotations

from typing import Any

import pytest
from app_helpers import FixedClock, bearer, native_span, packaged_reader
from dynamodb_tables import DynamoDBLocal, client_of
from lambda_events import body_of, event_of
from llm_tracer_service.serving import lambda_handler
from llm_tracer_service.serving.app import create_app
from llm_tracer_service.serving.lambda_handler import (
    ANSWER_BYTES_MAX,
    NOTES_EVERY_S,
    Function,
    _fitting,
    handler,
)
from llm_tracer_service.settings import Settings
from llm_tracer_service.store.base import StoreError
from llm_tracer_service.store.dynamodb import table
from llm_tracer_service.store.memory import MemoryStore
from msgspec import json

KEY = "project-shop.0123456789abcdef"


class Seconds:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def function(seconds: Seconds) -> Function:
    settings = Settings(store="memory:", host="0.0.0.0", api_keys=(KEY,))
    reader, clock = packaged_reader(), FixedClock()
    app = create_app(settings, MemoryStore(reader, clock, 600.0), reader, clock, can_wait=False)
    return Function(app, settings, seconds)


def sending(body: bytes) -> dict[str, Any]:
    headers = [("content-type", "application/json"), *bearer(KEY).items()]
    return event_of("POST", "/api/spans", "", headers, body)


def noted(function: Function) -> int:
    return len(function._service.store.outcomes("shop"))


def test_notes_are_written_down_at_their_pace(function: Function, seconds: Seconds) -> None:
    body = json.encode({"spans": [native_span()]})
    assert function(sending(body), None)["statusCode"] == 200
    assert noted(function) == 0
    seconds.now += NOTES_EVERY_S
    function(sending(body), None)
    assert noted(function) == 2


def test_a_refusal_is_noted_at_once(function: Function) -> None:
    assert function(sending(b"{"), None)["statusCode"] == 400
    assert noted(function) == 1


def test_the_schedule_writes_down_what_is_left(function: Function) -> None:
    function(sending(json.encode({"spans": [native_span()]})), None)
    assert function({"task": "maintain"}, None) == {"more": False}
    assert noted(function) == 1


@pytest.mark.parametrize(
    ("stage", "path", "status"),
    [
        ("$default", "/api/traces", 200),
        ("prod", "/prod/api/traces", 200),
        ("prod", "/prod/", 200),
        ("prod", "/production/api/traces", 404),
        ("api", "/api/api/traces", 200),
    ],
)
def test_the_name_of_a_stage_is_taken_from_the_path(
    function: Function, stage: str, path: str, status: int
) -> None:
    event = event_of("GET", path, "", [*bearer(KEY).items()], b"")
    event["requestContext"]["stage"] = stage
    assert function(event, None)["statusCode"] == status


def test_any_other_event_is_named(function: Function) -> None:
    with pytest.raises(ValueError, match="Records"):
        function({"Records": []}, None)


def test_an_answer_that_fits_is_as_it_was() -> None:
    answer = {"statusCode": 200, "headers": {}, "body": "x" * ANSWER_BYTES_MAX, "isBase64Encoded": False}
    assert _fitting(answer) is answer


def test_an_answer_that_does_not_says_its_size() -> None:
    answer = _fitting({"statusCode": 200, "headers": {}, "body": "x" * (ANSWER_BYTES_MAX + 1)})
    problem = json.decode(body_of(answer))
    assert (answer["statusCode"], problem["status"], problem["limit_bytes"]) == (413, 413, ANSWER_BYTES_MAX)
    assert str(ANSWER_BYTES_MAX + 1) in problem["detail"]


@pytest.mark.parametrize(
    ("text", "runtime", "carried"),
    [
        ("x", "AWS_Lambda_python3.13", 1),
        ('"', "AWS_Lambda_python3.13", 2),
        ("\n", "AWS_Lambda_python3.13", 2),
        ("\u4e16", "AWS_Lambda_python3.13", 3),
        ("\u4e16", "AWS_Lambda_python3.11", 6),
        ("\U0001f600", "AWS_Lambda_python3.11", 12),
    ],
)
def test_the_size_of_an_answer_is_that_of_its_json(
    monkeypatch: pytest.MonkeyPatch, text: str, runtime: str, carried: int
) -> None:
    monkeypatch.setenv("AWS_EXECUTION_ENV", runtime)
    count = ANSWER_BYTES_MAX // carried
    fits = {"statusCode": 200, "headers": {}, "body": text * count, "isBase64Encoded": False}
    assert _fitting(fits) is fits
    problem = json.decode(body_of(_fitting({**fits, "body": text * (count + 1)})))
    assert problem["limit_bytes"] == ANSWER_BYTES_MAX
    assert str(carried * (count + 1)) in problem["detail"]


def test_a_store_that_cannot_be_opened_is_said_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, dynamodb: DynamoDBLocal
) -> None:
    name = "made-later"
    monkeypatch.setenv("TRACER_STORE", f"dynamodb:{name}?endpoint={dynamodb.endpoint}")
    monkeypatch.setenv("TRACER_API_KEYS", KEY)
    asking = event_of("GET", "/api/traces", "", [*bearer(KEY).items()], b"")
    answer = handler(asking, None)
    assert (answer["statusCode"], answer["headers"]["retry-after"]) == (503, "2")
    assert json.decode(body_of(answer))["detail"] == f"There is no table '{name}'."
    with pytest.raises(StoreError):
        handler({"task": "maintain"}, None)
    client = client_of(dynamodb, name)
    table.create(client)
    assert handler(asking, None)["statusCode"] == 200
    client.call("DeleteTable", {})
    lambda_handler._function.cache_clear()
