"""Langfuse's own protocol, in bodies of its real SDKs.

They were recorded from langfuse 2.60.10 for Python (its low-level calls, its decorator, its handler for LangChain 0.3, and
LiteLLM 1.77.7 with its callback) and langfuse 3.39.2 for JavaScript (and its handler for LangChain), against a server that answered like Langfuse's.
tests/test_peers.py runs the one for JavaScript against the real service.
"""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from hashlib import sha256
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from app_helpers import bearer, one_store
from hypothesis import given, settings
from hypothesis import strategies as st
from llm_tracer.model.place import record_id
from llm_tracer.model.span import SpanData
from llm_tracer_service.malformed import MalformedBody
from llm_tracer_service.receiving.peers.langfuse import decode_batch, decode_scores
from starlette.testclient import TestClient

DATA = Path(__file__).with_name("data")
INGESTION, SCORES = "/api/public/ingestion", "/api/public/scores"
TRACE = "0c5f2f3e-6f0a-4d55-9a3c-5d8a7f1b2c3d"
TRACE_ID = TRACE.replace("-", "")
AT = "2026-11-23T12:00:00.000Z"


def bodies(name: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted(DATA.glob(f"langfuse_{name}_*.json"))]


def event(of: str, **body: Any) -> dict[str, Any]:
    number = body.pop("number", 1)
    return {"id": f"event-{number}", "type": of, "timestamp": AT, "body": body}


def batch(*events: dict[str, Any]) -> dict[str, Any]:
    return {"batch": list(events), "metadata": {"sdk_name": "python", "sdk_version": "2.60.10"}}


def decoded(*events: dict[str, Any]) -> list[SpanData]:
    found = decode_batch(json.dumps(batch(*events)).encode(), lambda of, id: None).decoded  # noqa: A006
    assert found.rejected == []
    return found.spans


def send(client: TestClient, *sent: bytes) -> None:
    for body in sent:
        answer = client.post(INGESTION, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 207
        ids = [each["id"] for each in json.loads(body)["batch"]]
        assert answer.json() == {"successes": [{"id": id, "status": 201} for id in ids], "errors": []}  # noqa: A001


def traces(client: TestClient) -> dict[str, Any]:
    found = client.get("/api/traces", params={"from": "2026-01-01"}).json()["traces"]
    return {trace["name"]: trace for trace in found}


def tree(client: TestClient, trace: dict[str, Any]) -> list[str]:
    """The names of the spans with their kinds, indented by depth."""
    columns = client.get(f"/api/traces/{trace['trace_id']}/skeleton").json()
    depths: list[int] = []
    for parent in columns["parent"]:
        depths.append(0 if parent < 0 else depths[parent] + 1)
    return [
        f"{'  ' * depth}{columns['names'][name]} ({columns['kinds'][kind]})"
        for depth, name, kind in zip(depths, columns["name"], columns["kind"], strict=True)
    ]


def details(client: TestClient, trace: dict[str, Any]) -> Iterator[dict[str, Any]]:
    ids = client.get(f"/api/traces/{trace['trace_id']}/skeleton").json()["id"]
    for at in range(0, len(ids), 16):
        yield client.get(f"/api/traces/{trace['trace_id']}/spans/{ids[at : at + 16]}").json()


def scores(trace: dict[str, Any]) -> list[tuple[Any, ...]]:
    return sorted((each["name"], each["value"], each["label"], each["target"]) for each in trace["scores"])


# --- what real SDKs sent ------------------------------------------------------------------------------------------------


def test_the_calls_of_the_python_sdk(client: TestClient) -> None:
    send(client, *bodies("python"))
    found = traces(client)
    support = found["support"]
    assert tree(client, support) == [
        "support (chain)",
        "  retrieve (other)",
        "    cache-miss (event)",
        "  answer (llm)",
        "  broken (other)",
    ]
    assert (support["session_id"], support["user_id"], support["tags"]) == ("chat-7", "ada", ["beta"])
    assert (support["environment"], support["release"]) == ("staging", "r1")
    assert support["metadata"] == {"plan": "pro", "steps": 2, "k": 3, "public": True}
    assert (support["models"], support["usage"]["input"], support["usage"]["output"]) == (
        ["gpt-4o-mini"],
        24,
        5,
    )
    assert support["usage"]["cache_read"] == 8
    assert support["cost"]["total"] == pytest.approx(0.0003)
    assert support["output_preview"] == "Paris."
    assert (support["status"], support["error"]["message"]) == ("ok", "ValueError: no such tool")
    assert support["duration_ms"] == pytest.approx(134.297)
    assert scores(support) == [
        ("correct", 1, "true", "span"),
        ("helpful", 0.9, None, "trace"),
        ("thumb", 1, None, "trace"),
        ("tone", None, "friendly", "trace"),
    ]
    assert (found["none-below"]["input_preview"], found["none-below"]["output_preview"]) == ("a", "b")
    assert found["none-below"]["status"] == "ok"
    assert tree(client, found["alone"]) == ["alone (llm)"]
    assert (found["alone"]["usage"]["input"], found["alone"]["usage"]["output"]) == (5, 7)
    _, _, cache_miss, answer, _ = details(client, support)
    assert (cache_miss["level"], cache_miss["status_message"]) == ("warn", "no entry")
    assert answer["ttft_ms"] == pytest.approx(66.054)
    assert answer["params"] == {"temperature": "0.2", "max_tokens": 50}
    assert [part["content"] for part in answer["output_messages"][0]["parts"]] == ["Paris."]


def test_the_outermost_function_of_the_decorator_is_the_trace(client: TestClient) -> None:
    send(client, *bodies("decorator"))
    answer, fails = (traces(client)[name] for name in ("answer", "fails"))
    assert tree(client, answer) == ["answer (chain)", "  flaky (other)", "  lookup (other)", "  ask (llm)"]
    assert (answer["status"], answer["error"]["message"]) == ("ok", "tool is down")
    assert (answer["user_id"], answer["session_id"], answer["tags"]) == ("bob", "s-1", ["x"])
    assert answer["duration_ms"] == pytest.approx(1025.019)  # of the function, not of what it called
    assert scores(answer) == [("obs-ok", 1, None, "trace"), ("ok", 1, None, "trace")]
    assert (fails["status"], fails["error"]["message"]) == ("error", "all broken")
    assert fails["duration_ms"] == pytest.approx(54.134)


def test_the_handler_for_langchain(client: TestClient) -> None:
    send(client, *bodies("langchain"))
    listed = client.get("/api/traces", params={"from": "2026-01-01", "sort": "start_time"}).json()["traces"]
    called, streamed, failed = listed
    for each in (called, streamed):
        assert tree(client, each) == [
            "RunnableSequence (other)",
            "  ChatPromptTemplate (other)",
            "  ChatOpenAI (llm)",
        ]
        assert (each["session_id"], each["user_id"], each["tags"]) == ("lc-1", "eve", ["lc"])
        assert (each["usage"]["input"], each["usage"]["output"], each["usage"]["cache_read"]) == (24, 5, 8)
        assert (each["input_preview"], each["output_preview"]) == ("capital of France?", "Paris.")
    assert tree(client, failed) == ["ChatOpenAI (llm)"]
    assert failed["status"] == "error"
    assert "does not exist" in failed["error"]["message"]


def test_the_handler_for_langchain_in_javascript(client: TestClient) -> None:
    """Its outermost span has the id of the trace."""
    send(client, *bodies("langchainjs"))
    found = traces(client)
    called, failed = found["RunnableSequence"], found["ChatOpenAI"]
    assert tree(client, called) == [
        "RunnableSequence (other)",
        "  ChatPromptTemplate (other)",
        "  ChatOpenAI (llm)",
    ]
    assert (called["session_id"], called["user_id"], called["tags"]) == ("ljs", "kim", ["js"])
    assert (called["usage"]["input"], called["usage"]["output"], called["output_preview"]) == (
        24,
        5,
        "Paris.",
    )
    assert (tree(client, failed), failed["status"]) == (["ChatOpenAI (llm)"], "error")


def test_the_callback_of_litellm(client: TestClient) -> None:
    send(client, *bodies("litellm"))
    found = traces(client)
    assert tree(client, found["geo"]) == ["gen (llm)"]
    assert (found["geo"]["user_id"], found["geo"]["session_id"], found["geo"]["tags"]) == (
        "dan",
        "ll-1",
        ["t1"],
    )
    assert (found["geo"]["usage"]["input"], found["geo"]["usage"]["output"]) == (24, 5)
    assert found["geo"]["cost"]["total"] == pytest.approx(6e-06)
    assert found["geo"]["duration_ms"] == pytest.approx(5559.93)  # LiteLLM tells of the trace after the call
    (call,) = details(client, found["litellm-completion"])
    assert call["input_messages"][0]["parts"][0]["content"] in ("weather in Paris?", "capital?")


def test_the_javascript_sdk_sends_in_any_order(client: TestClient) -> None:
    send(client, *bodies("javascript"))
    (trace,) = traces(client).values()
    assert tree(client, trace) == [
        "js-support (chain)",
        "  retrieve (other)",
        "    chat (llm)",
        "    ev (event)",
    ]
    assert (trace["usage"]["input"], trace["usage"]["output"]) == (5, 2)
    assert (trace["output_preview"], trace["release"], scores(trace)) == (
        "done",
        "js1",
        [("good", 1, None, "trace")],
    )


@one_store
def test_every_key_is_known_to_the_table_of_dialects(client: TestClient) -> None:
    for name in ("python", "decorator", "langchain", "langchainjs", "litellm", "javascript"):
        send(client, *bodies(name))
    log = client.get("/api/ingest").json()
    assert {each["convention"] for each in log["requests"]} == {"langfuse"}
    assert [each["key"] for each in log["unmapped"]] == ["langfuse.observation.trace"]  # says nothing new


# --- the rules ----------------------------------------------------------------------------------------------------------

LIFE = (
    event("trace-create", id=TRACE, timestamp=AT, name="t", input="q"),
    event("span-create", id="a", traceId=TRACE, name="a", startTime=AT),
    event("span-update", id="a", traceId=TRACE, output="x", endTime="2026-11-23T12:00:03Z"),
    event("trace-create", id=TRACE, output="done", userId="ada"),
)


def test_events_may_come_in_any_order_and_twice(client: TestClient) -> None:
    seen = set()
    for turn, order in enumerate(permutations(LIFE)):
        client.headers["X-API-Key"] = f"project-{turn}"
        for each in (*order, order[0]):
            send(client, json.dumps(batch(each)).encode())
        (trace,) = traces(client).values()
        seen.add(
            (
                trace["name"], trace["user_id"], trace["status"], trace["duration_ms"], trace["input_preview"],
                trace["output_preview"], *tree(client, trace),
            )
        )  # fmt: skip
    assert seen == {("t", "ada", "ok", 3_000, "q", "done", "t (chain)", "  a (other)")}


def test_a_trace_runs_while_something_at_its_top_does(client: TestClient) -> None:
    for each, status in zip(LIFE, ("ok", "running", "ok", "ok"), strict=True):
        send(client, json.dumps(batch(each)).encode())
        (trace,) = traces(client).values()
        assert trace["status"] == status
    (record,) = (each for each in details(client, trace) if each["name"] == "t")
    assert (record["status"], record["duration_ms"]) == ("unset", 3_000)
    (listed,) = client.get("/api/spans", params={"q": "name:t", "from": "2026-01-01"}).json()["spans"]
    assert listed["duration_ms"] == 3_000


def test_the_only_call_of_a_trace_is_listed_once(client: TestClient) -> None:
    generation = event(
        "generation-create", id="g", traceId=TRACE, name="g", startTime=AT, input="q", output="a"
    )
    send(
        client,
        json.dumps(
            batch(event("trace-create", id=TRACE, name="t", input="q", output="a"), generation)
        ).encode(),
    )
    listed = client.get("/api/spans", params={"from": "2026-01-01"}).json()["spans"]
    assert [(each["name"], each["parent_span_id"]) for each in listed] == [("g", None)]


def test_what_is_told_of_an_observation_becomes_what_the_exporter_would_have_sent() -> None:
    record, span = decoded(
        event(
            "generation-create", id="g", traceId=TRACE, name="call", startTime=AT, endTime="2026-11-23T12:00:01Z",
            completionStartTime="2026-11-23T12:00:00.5Z", model="m", modelParameters={"temperature": 0.5},
            input=[{"role": "user", "content": "q"}], output="a", level="ERROR", statusMessage="no",
            usageDetails={"input": 1}, costDetails={"total": 0.5}, promptName="p", promptVersion=3, version="v",
            environment="test", metadata={"k": 1, "deep": {"x": [1]}}, mood="good", parentObservationId=None,
        )
    )  # fmt: skip
    assert (record.span_id, record.attributes) == (record_id(TRACE_ID), {})
    assert (span.trace_id, span.parent_span_id, span.name) == (TRACE_ID, record_id(TRACE_ID), "call")
    assert span.end_time_unix_nano is not None
    assert span.start_time_unix_nano is not None
    assert span.end_time_unix_nano - span.start_time_unix_nano == 1_000_000_000
    assert (span.status_code, span.status_message) == ("error", "no")
    assert (span.scope.name, span.scope.version, span.scope.attributes) == (
        "langfuse",
        "2.60.10",
        {"sdk.name": "python"},
    )
    assert span.attributes == {
        "langfuse.observation.type": "generation",
        "langfuse.observation.completion_start_time": '"2026-11-23T12:00:00.5Z"',
        "langfuse.observation.model.name": "m",
        "langfuse.observation.model.parameters": '{"temperature":0.5}',
        "langfuse.observation.input": '[{"role":"user","content":"q"}]',
        "langfuse.observation.output": "a",
        "langfuse.observation.level": "ERROR",
        "langfuse.observation.status_message": "no",
        "langfuse.observation.usage_details": '{"input":1}',
        "langfuse.observation.cost_details": '{"total":0.5}',
        "langfuse.observation.prompt.name": "p",
        "langfuse.observation.prompt.version": 3,
        "langfuse.version": "v",
        "langfuse.environment": "test",
        "langfuse.observation.metadata.k": 1,
        "langfuse.observation.metadata.deep": '{"x":[1]}',
        "langfuse.observation.mood": "good",
    }


@pytest.mark.parametrize(
    ("usage", "tokens", "cost"),
    [
        (
            {"input": 1, "output": 2, "total": 3, "unit": "TOKENS"},
            {"input": 1, "output": 2, "total": 3},
            None,
        ),
        ({"promptTokens": 1, "completionTokens": 2}, {"input": 1, "output": 2}, None),
        (
            {"input": 9, "unit": "CHARACTERS", "inputCost": 0.1, "totalCost": 0.2},
            None,
            {"input": 0.1, "total": 0.2},
        ),
        (
            {"input": 16, "total": 29, "input_cache_read": 8},
            {"input": 16, "total": 29, "input_cache_read": 8},
            None,
        ),
        ({}, None, None),
    ],
)
def test_usage_of_older_sdks(usage: dict[str, Any], tokens: Any, cost: Any) -> None:
    *_, span = decoded(event("generation-create", id="g", traceId=TRACE, usage=usage))
    sent = {
        name: json.loads(span.attributes.get(f"langfuse.observation.{name}", "null"))
        for name in ("usage_details", "cost_details", "usage")
    }
    is_elsewhere = usage.get("unit") != "CHARACTERS"
    assert sent == {"usage_details": tokens, "cost_details": cost, "usage": None if is_elsewhere else usage}


def test_usage_that_is_told_twice_and_differs_is_kept() -> None:
    for usage, kept in (({"input": 1}, False), ({"input": 2}, True)):
        *_, span = decoded(
            event("generation-create", id="g", traceId=TRACE, usage=usage, usageDetails={"input": 1})
        )
        assert span.attributes["langfuse.observation.usage_details"] == '{"input":1}'
        assert ("langfuse.observation.usage" in span.attributes) == kept


def test_newer_types_and_those_of_old_events() -> None:
    for of, body in (("tool-create", {}), ("observation-create", {"type": "TOOL"})):
        *_, span = decoded(event(of, id="x", traceId=TRACE, **body))
        assert (span.attributes["langfuse.observation.type"], span.name) == ("tool", "tool")
    (change,) = decoded(event("observation-update", id="x", traceId=TRACE, name="y", parentObservationId="p"))
    assert (change.is_fragment, change.name, change.attributes) == (True, "y", {})


def test_an_observation_without_a_trace_is_a_trace_of_its_own(client: TestClient) -> None:
    send(client, json.dumps(batch(event("span-create", id=TRACE, name="lone"))).encode())
    (trace,) = client.get("/api/traces", params={"from": "2026-01-01"}).json()["traces"]
    assert (trace["trace_id"], trace["name"], trace["orphan_count"]) == (TRACE_ID, "lone", 0)


def test_logs_of_the_sdk_are_of_no_use() -> None:
    found = decode_batch(json.dumps(batch(event("sdk-log", log={"a": 1}))).encode(), lambda of, id: None)  # noqa: A006
    assert (found.decoded.spans, found.decoded.dropped, found.event_ids) == ([], 1, ("event-1",))


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ({"id": "x", "type": "mood-create", "timestamp": AT, "body": {}}, "there is no event of type 'mood-create'"),
        ({"id": "x", "type": "span-create", "timestamp": "soon", "body": {}}, "timestamp is not a time in RFC 3339: 'soon'"),
        ({"id": "x", "type": "span-create", "timestamp": "-15m", "body": {}}, "timestamp is not a time in RFC 3339: '-15m'"),
        ({"id": "x", "type": "span-create", "timestamp": AT, "body": []}, "body is not an object"),
        ({"id": "x", "type": "span-create", "timestamp": AT, "body": {"id": 1}}, "id is not a text: '1'"),
        ({"id": "x", "type": "observation-create", "timestamp": AT, "body": {"type": "MOOD"}}, "there is no type of observation 'mood'"),
        ({"id": "x", "type": "score-create", "timestamp": AT, "body": {"traceId": "t", "name": "n"}}, "value is neither a number nor a text"),
        ({"id": "x", "type": "score-create", "timestamp": AT, "body": {"sessionId": "s", "name": "n", "value": 1}}, "what it judges is no trace, and no session that is here"),
    ],
)  # fmt: skip
@one_store
def test_a_bad_event_refuses_only_itself(client: TestClient, sent: dict[str, Any], reason: str) -> None:
    good = event("trace-create", id=TRACE, name="good", number=2)
    answer = client.post(INGESTION, json=batch(sent, good))
    assert answer.status_code == 207
    assert answer.json() == {
        "successes": [{"id": "event-2", "status": 201}],
        "errors": [{"id": "x", "status": 400, "message": reason, "error": "Invalid event"}],
    }
    assert list(traces(client)) == ["good"]
    (logged,) = client.get("/api/ingest").json()["requests"]
    assert [each["reason"] for each in logged["refused"]] == [reason]


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"{", "The body is not JSON"),
        (b"[]", "The body is not an object"),
        (b'{"batch": 1}', "batch is not a list of events"),
        (b'{"spans": []}', "Expected an object with `batch`"),
        (b"[" * 100_000, "The body is not JSON"),
    ],
)
def test_a_body_that_is_no_batch(body: bytes, detail: str) -> None:
    with pytest.raises(MalformedBody, match=detail):
        decode_batch(body, lambda of, id: None)  # noqa: A006


@one_store
def test_half_a_surrogate_pair_and_numbers_that_are_none_are_no_reason_to_refuse(client: TestClient) -> None:
    body = b'{"batch":[{"id":"e","type":"trace-create","timestamp":"%s","body":{"id":"t","name":"\\ud83d","input":NaN}}]}'
    answer = client.post(INGESTION, content=body % AT.encode(), headers={"Content-Type": "application/json"})
    assert answer.json()["errors"] == []
    assert list(traces(client)) == ["�"]


# --- scores -------------------------------------------------------------------------------------------------------------


def test_scores_of_a_trace_sent_by_opentelemetry_may_come_before_its_spans(client: TestClient) -> None:
    """Langfuse's SDKs from version 3 on send scores once a second, and spans every five seconds."""
    sent = [
        {
            "id": "s1",
            "traceId": TRACE_ID,
            "name": "early",
            "value": "good",
            "dataType": "CATEGORICAL",
            "timestamp": AT,
        },
        {"id": "s2", "traceId": TRACE_ID, "observationId": "00000000000000aa", "name": "span", "value": 0.5},
    ]
    answer = client.post(SCORES, json=sent)
    assert (answer.status_code, answer.json()) == (202, {"message": "Accepted"})
    start = 1_795_435_100_000_000_000
    span = {
        "trace_id": TRACE_ID, "span_id": "00000000000000aa", "name": "root", "start_time_unix_nano": start,
        "end_time_unix_nano": start + 5,
    }  # fmt: skip
    assert client.post("/api/spans", json={"spans": [span]}).json()["accepted"] == 1
    later = {
        "id": "s3",
        "traceId": TRACE_ID,
        "name": "late",
        "value": 1,
        "dataType": "BOOLEAN",
        "comment": "c",
    }
    assert client.post(SCORES, json=later).status_code == 202
    (trace,) = traces(client).values()
    assert (trace["name"], scores(trace)) == (
        "root",
        [("early", None, "good", "trace"), ("late", 1, "true", "trace"), ("span", 0.5, None, "span")],
    )
    assert tree(client, trace) == ["root (other)", "early (evaluator)"]


def test_a_score_of_a_session_needs_one(client: TestClient) -> None:
    score = {
        "id": "s",
        "sessionId": "chat-7",
        "name": "csat",
        "value": 5,
        "source": "ANNOTATION",
        "metadata": {"a": 1},
    }
    refused = client.post(SCORES, json=[score])
    assert (refused.status_code, refused.json()["accepted"], refused.json()["rejected"]) == (207, 0, 1)
    send(client, json.dumps(batch(event("trace-create", id=TRACE, name="t", sessionId="chat-7"))).encode())
    assert client.post(SCORES, json=[score]).status_code == 202
    (trace,) = traces(client).values()
    (kept,) = trace["scores"]
    assert (kept["name"], kept["value"], kept["target"], kept["annotator_kind"]) == (
        "csat",
        5,
        "session",
        "HUMAN",
    )
    (span,) = details(client, trace)
    (metadata,) = (value for key, value in span["attributes"].items() if key.endswith("annotation.metadata"))
    assert json.loads(metadata) == {"metadata": {"a": 1}}


def test_scores_that_are_none_are_refused() -> None:
    found = decode_scores(b'[1, {"name": "n", "traceId": "t", "value": []}]', lambda of, id: None, 1)  # noqa: A006
    assert [each.reason for each in found.decoded.rejected] == [
        "the score is not an object",
        "value is neither a number nor a text",
    ]


# --- keys, and what SDKs ask for ----------------------------------------------------------------------------------------


@one_store
def test_what_sdks_ask_for_before_they_send(client: TestClient) -> None:
    assert client.get("/api/public/health").json()["status"] == "OK"
    (project,) = client.get("/api/public/projects", auth=("pk-lf-1", "sk-lf-1")).json()["data"]
    assert (project["id"], project["name"], project["organization"]["name"]) == ("dev", "dev", "LLM Tracer")


@one_store
def test_prompts_and_datasets_are_said_not_to_be_here(client: TestClient) -> None:
    for path, what in (("prompts/folder/a?version=1", "prompts"), ("datasets", "datasets")):
        answer = client.get(f"/api/public/v2/{path}")
        assert (answer.status_code, what in answer.json()["detail"]) == (404, True)


@one_store
def test_one_of_our_keys_stands_for_the_secret_key(make_client: Any) -> None:
    key = "project-shop.0123456789abcdef0123456789abcdef"
    client = make_client(api_keys=(key,))
    sent = batch(event("trace-create", id=TRACE, name="t"))
    assert client.post(INGESTION, json=sent, auth=("pk-lf-1", "sk-lf-1")).status_code == 401
    assert client.get("/api/public/projects", auth=("pk-lf-1", "sk-lf-1")).status_code == 401
    assert client.post(INGESTION, json=sent, auth=("pk-lf-1", key)).status_code == 207
    assert client.get("/api/public/projects", auth=("pk-lf-1", key)).json()["data"][0]["id"] == "shop"
    client.headers.update(bearer(key))
    assert list(traces(client)) == ["t"]


# --- anything -----------------------------------------------------------------------------------------------------------

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.just(AT),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)
members = st.sampled_from((
    "id", "traceId", "parentObservationId", "name", "startTime", "endTime", "level", "metadata", "usage", "usageDetails",
    "value", "observationId", "sessionId", "timestamp", "start_time", "end_time", "dataType", "completionStartTime", "type",
))  # fmt: skip
types = st.sampled_from(
    (
        "trace-create",
        "span-create",
        "generation-update",
        "event-create",
        "score-create",
        "observation-create",
        "sdk-log",
        "x",
    )
)
events = anything | st.fixed_dictionaries(
    {"id": st.text(max_size=2) | anything, "type": types | anything, "timestamp": st.just(AT) | anything},
    optional={"body": st.dictionaries(members, anything, max_size=5) | anything},
)


@given(st.lists(events, max_size=4), anything)
@settings(deadline=None)
def test_any_json_gives_spans_or_a_refusal(sent: list[Any], metadata: Any) -> None:
    body = json.dumps({"batch": sent, "metadata": metadata}).encode()
    found = decode_batch(body, lambda of, id: None)  # noqa: A006
    assert len(found.event_ids) == len(sent)
    alone = decode_scores(json.dumps(sent).encode(), lambda of, id: None, 1)  # noqa: A006
    for span in (*found.decoded.spans, *alone.decoded.spans):
        assert len(span.trace_id) == 32
        assert len(span.span_id) == 16


# --- pictures -----------------------------------------------------------------------------------------------------------

PICTURE = b"GIF89a" + bytes(range(256)) * 12
HASH = b64encode(sha256(PICTURE).digest()).decode()
MEDIUM = urlsafe_b64encode(sha256(PICTURE).digest()).decode()[:22]


def announced(client: TestClient, **body: Any) -> str:
    sent = {
        "traceId": TRACE,
        "contentType": "image/gif",
        "contentLength": len(PICTURE),
        "sha256Hash": HASH,
        "field": "input",
    }
    answer = client.post("/api/public/media", json={**sent, **body})
    assert (answer.status_code, answer.json()["mediaId"]) == (201, MEDIUM)
    return str(answer.json()["uploadUrl"])


@pytest.mark.parametrize("is_upload_first", [True, False])
def test_a_picture_that_is_uploaded_apart_is_in_its_message(
    client: TestClient, is_upload_first: bool
) -> None:
    reference = f"@@@langfuseMedia:type=image/gif|id={MEDIUM}|source=base64_data_uri@@@"
    content = [
        {"type": "text", "text": "what is it?"},
        {"type": "image_url", "image_url": {"url": reference}},
    ]
    call = event(
        "generation-create", id="g", traceId=TRACE, name="g", input=[{"role": "user", "content": content}]
    )
    steps = [
        lambda: client.put(announced(client, observationId="g"), content=PICTURE).raise_for_status(),
        lambda: send(client, json.dumps(batch(call)).encode()),
    ]
    for step in steps if is_upload_first else reversed(steps):
        step()
    (trace,) = traces(client).values()
    (span,) = details(client, trace)
    text, picture = span["input_messages"][0]["parts"]
    assert text["content"] == "what is it?"
    assert (picture["type"], picture["modality"], picture["mime_type"]) == ("media", "image", "image/gif")
    assert client.get(f"/api/blobs/{picture['ref']['blob_id']}").content == PICTURE


@one_store
def test_an_upload_is_what_was_announced_or_nothing(client: TestClient) -> None:
    answer = client.put(announced(client), content=b"other")
    assert (answer.status_code, answer.json()["detail"]) == (400, "The body is not what was announced")
    assert client.patch(f"/api/public/media/{MEDIUM}", json={"uploadHttpStatus": 200}).status_code == 200
    assert (
        client.post("/api/public/media", json={"contentType": "a/b", "sha256Hash": HASH}).status_code == 404
    )


@one_store
def test_an_upload_goes_to_the_project_of_its_key(make_client: Any) -> None:
    key = "project-shop.0123456789abcdef0123456789abcdef"
    client = make_client(api_keys=(key,))
    client.auth = ("pk-lf-1", key)
    address = announced(client)
    client.auth = None
    assert client.put(address.replace(f":{key}@", ""), content=PICTURE).status_code == 401
    assert (
        client.put(address, content=PICTURE).status_code == 200
    )  # a client for HTTP makes a header of `:KEY@`
