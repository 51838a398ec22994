"""Sending spans: every body, every encoding, every refusal of docs/api.md."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
import zstandard
from app_helpers import BASE_URL, START, TRACE, native_span, one_store, send
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from starlette.testclient import TestClient

PROTOBUF = {"Content-Type": "application/x-protobuf"}
VENDOR_PREFIXES = (
    "", "/api/public/otel", "/otel", "/api/otel", "/v1/traces", "/agents/otel", "/api/otlp", "/opentelemetry", "/tracer", "/v2/otel",
)  # fmt: skip
VENDOR_PATHS = (*(f"{prefix}/v1/traces" for prefix in VENDOR_PREFIXES), "/v2/traces", "/api/v3/traces")


def request_of(*numbers: int, trace_id: str = TRACE) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    for number in numbers:
        span = spans.add()
        span.trace_id = bytes.fromhex(trace_id)
        span.span_id = number.to_bytes(8, "big")
        span.name = f"span {number}"
        span.start_time_unix_nano = START
        span.end_time_unix_nano = START + 1_000_000
    return request


def otlp_json(*span_ids: str) -> dict[str, Any]:
    spans = [
        {
            "traceId": TRACE,
            "spanId": each,
            "name": "from json",
            "startTimeUnixNano": str(START),
            "endTimeUnixNano": str(START + 1_000_000),
        }
        for each in span_ids
    ]
    return {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}


def span_count(client: TestClient) -> int:
    return sum(trace["span_count"] for trace in client.get("/api/traces").json()["traces"])


@one_store
@pytest.mark.parametrize("path", VENDOR_PATHS)
def test_otlp_protobuf_is_taken_on_every_path(client: TestClient, path: str) -> None:
    answer = client.post(path, content=request_of(1, 2).SerializeToString(), headers=PROTOBUF)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/x-protobuf"
    assert ExportTraceServiceResponse.FromString(answer.content) == ExportTraceServiceResponse()
    assert span_count(client) == 2


@one_store
@pytest.mark.parametrize("path", ["/v1/traces/", "/otel//v1/traces", "//v1/traces//"])
def test_a_slash_too_many_costs_no_span(client: TestClient, path: str) -> None:
    answer = client.post(f"{BASE_URL}{path}", json=otlp_json("00000000000000aa"))
    assert (answer.status_code, span_count(client)) == (200, 1)
    assert client.post(f"{BASE_URL}/v1/trace/", json={}).status_code == 404


def test_otlp_json_is_answered_in_json(client: TestClient) -> None:
    answer = client.post("/v1/traces", json=otlp_json("00000000000000aa"))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {}
    assert span_count(client) == 1


def test_spans_that_cannot_be_kept_are_counted_and_the_others_kept(client: TestClient) -> None:
    request = request_of(1, 2)
    request.resource_spans[0].scope_spans[0].spans[0].span_id = b"short"
    answer = client.post("/v1/traces", content=request.SerializeToString(), headers=PROTOBUF)
    assert answer.status_code == 200
    partial = ExportTraceServiceResponse.FromString(answer.content).partial_success
    assert partial.rejected_spans == 1
    assert "5 bytes, 8 expected" in partial.error_message
    assert span_count(client) == 1


def deflate_raw(body: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(body) + compressor.flush()


@one_store
@pytest.mark.parametrize(
    ("encoding", "encode"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("", gzip.compress),  # what begins like gzip is nothing else
        ("deflate", zlib.compress),
        ("deflate", deflate_raw),
        ("zstd", zstandard.ZstdCompressor().compress),
        ("identity", bytes),
        ("gzip, zstd", lambda body: zstandard.ZstdCompressor().compress(gzip.compress(body))),
    ],
)
def test_every_content_encoding_is_taken(
    client: TestClient, encoding: str, encode: Callable[[bytes], bytes]
) -> None:
    body = encode(request_of(1, 2, 3).SerializeToString())
    answer = client.post("/v1/traces", content=body, headers={**PROTOBUF, "Content-Encoding": encoding})
    assert answer.status_code == 200, answer.content
    assert span_count(client) == 3


@one_store
def test_chunked_bodies_are_taken(client: TestClient) -> None:
    body = request_of(*range(1, 50)).SerializeToString()
    chunks = (body[start : start + 100] for start in range(0, len(body), 100))
    assert client.post("/v1/traces", content=chunks, headers=PROTOBUF).status_code == 200
    assert span_count(client) == 49


@one_store
def test_logs_and_metrics_are_answered_in_their_own_type(client: TestClient) -> None:
    logs = client.post("/v1/logs", content=b"", headers=PROTOBUF)
    assert (logs.status_code, ExportLogsServiceResponse.FromString(logs.content)) == (
        200,
        ExportLogsServiceResponse(),
    )
    metrics = client.post("/v1/metrics", content=b"\x0a\x00", headers=PROTOBUF)
    assert (metrics.status_code, ExportMetricsServiceResponse.FromString(metrics.content)) == (
        200,
        ExportMetricsServiceResponse(),
    )


@one_store
@pytest.mark.parametrize(
    ("path", "member", "belongs"),
    [
        ("/v1/traces", "spans", "/api/spans"),
        ("/v1/logs", "resourceSpans", "/v1/traces"),
        ("/v1/metrics", "resourceLogs", "/v1/logs"),
        ("/api/spans", "resourceSpans", "/v1/traces"),
    ],
)
def test_a_body_on_the_wrong_path_is_refused_with_the_right_one(
    client: TestClient, path: str, member: str, belongs: str
) -> None:
    answer = client.post(path, json={member: []})
    assert (answer.status_code, f"to {belongs}" in answer.json()["hint"]) == (400, True)


def test_native_spans_as_json_ndjson_and_msgpack(client: TestClient) -> None:
    send(client, native_span(1))
    lines = "\n".join(json.dumps(native_span(number)) for number in (2, 3))
    ndjson = client.post("/api/spans", content=lines, headers={"Content-Type": "application/x-ndjson"})
    assert ndjson.json() == {"accepted": 2, "rejected": []}
    packed = msgspec.msgpack.encode({"spans": [native_span(4)]})
    msgpack = client.post("/api/spans", content=packed, headers={"Content-Type": "application/msgpack"})
    assert msgpack.json() == {"accepted": 1, "rejected": []}
    assert span_count(client) == 4


def test_a_trace_is_found_by_the_short_id_that_was_sent(client: TestClient) -> None:
    send(client, native_span(1, trace_id="D269B633813FC60C"))
    assert (
        client.get("/api/traces/d269b633813fc60c").json()["trace"]["trace_id"]
        == "0" * 16 + "d269b633813fc60c"
    )


def test_an_object_by_number_is_kept_and_read_back(client: TestClient) -> None:
    span = native_span(attributes={"metadata": {1: {2: "two"}}})
    headers = {"Content-Type": "application/msgpack"}
    sent = client.post("/api/spans", content=msgspec.msgpack.encode({"spans": [span]}), headers=headers)
    assert sent.json() == {"accepted": 1, "rejected": []}
    assert client.get(f"/api/traces/{TRACE}").json()["trace"]["metadata"] == {"1": {"2": "two"}}
    assert client.get("/health").json()["status"] == "ok"


def test_a_native_span_that_cannot_be_kept_is_named_by_its_index(client: TestClient) -> None:
    body = {"spans": [native_span(1), native_span(2, trace_id="xyz"), native_span(3)]}
    answer = client.post("/api/spans", json=body).json()
    assert answer["accepted"] == 2
    assert [each["index"] for each in answer["rejected"]] == [1]
    assert "trace_id" in answer["rejected"][0]["reason"]


def test_a_time_in_seconds_is_kept_and_said(client: TestClient) -> None:
    answer = client.post(
        "/api/spans", json={"spans": [{**native_span(1), "start_time_unix_nano": 1_795_435_200}]}
    )
    assert answer.json() == {
        "accepted": 1,
        "rejected": [],
        "note": "the start time 1795435200 looks like seconds, but is read as nanoseconds, which is in 1970",
    }
    assert client.get("/api/ingest").json()["requests"][0]["note"] == answer.json()["note"]
    assert answer.json()["note"] in client.get("/ingest").text


@one_store
@pytest.mark.parametrize("charset", ["iso-8859-1", "windows-1252", "utf-16", "UTF-8", '"utf-8"'])
def test_text_in_another_charset_keeps_its_letters(client: TestClient, charset: str) -> None:
    body = json.dumps({"spans": [native_span(1, name="Café")]}, ensure_ascii=False).encode(charset.strip('"'))
    headers = {"Content-Type": f"application/json; charset={charset}"}
    assert client.post("/api/spans", content=body, headers=headers).json()["accepted"] == 1
    assert client.get("/api/traces").json()["traces"][0]["name"] == "Café"


def test_the_third_delivery_changes_nothing(client: TestClient) -> None:
    span = native_span(
        attributes={"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o",
                    "gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 5}
    )  # fmt: skip
    send(client, span)
    first = client.get("/api/traces").json()
    for _ in range(2):
        send(client, span)
    assert client.get("/api/traces").json() == first
    assert first["traces"][0]["usage"]["total"] == 15


def test_a_running_span_never_replaces_an_ended_one(client: TestClient) -> None:
    send(client, native_span(1))
    running = native_span(1)
    del running["end_time_unix_nano"]
    send(client, running)
    assert client.get("/api/traces").json()["traces"][0]["status"] == "ok"


@one_store
def test_a_malformed_body_is_refused_with_what_and_where(client: TestClient) -> None:
    protobuf = client.post("/v1/traces", content=b"\xff\xff\xff", headers=PROTOBUF)
    assert protobuf.status_code == 400
    assert protobuf.headers["content-type"] == "application/x-protobuf"
    as_json = client.post(
        "/v1/traces", content=b'{"resourceSpans": [', headers={"Content-Type": "application/json"}
    )
    assert as_json.status_code == 400
    assert as_json.headers["content-type"] == "application/problem+json"
    assert as_json.json()["code"] == 3  # readable as google.rpc.Status as well
    native = client.post("/api/spans", content=b"{", headers={"Content-Type": "application/json"})
    assert native.status_code == 400
    assert native.json()["detail"]
    assert native.json()["hint"]


@one_store
def test_a_refusal_in_protobuf_is_a_status(client: TestClient) -> None:
    from google.protobuf.json_format import MessageToDict
    from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]

    answer = client.post("/v1/traces", content=b"\xff\xff\xff", headers=PROTOBUF)
    status = Status.FromString(answer.content)
    assert status.code == 3
    assert "protobuf" in status.message
    assert not MessageToDict(status).get("details")


@one_store
@pytest.mark.parametrize("path", ["/v1/traces", "/v1/logs", "/v1/metrics", "/api/spans", "/api/traces"])
@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "nonsense"])
def test_an_unknown_content_type_is_415(client: TestClient, path: str, content_type: str) -> None:
    answer = client.post(path, content=b"{}", headers={"Content-Type": content_type})
    assert answer.status_code == 415
    assert "application/json" in answer.json()["hint"]


@one_store
def test_an_unknown_content_encoding_is_415(client: TestClient) -> None:
    answer = client.post(
        "/api/spans", content=b"{}", headers={"Content-Type": "application/json", "Content-Encoding": "br"}
    )
    assert answer.status_code == 415
    assert "gzip" in answer.json()["hint"]


@one_store
def test_broken_compression_is_400(client: TestClient) -> None:
    cut = gzip.compress(b'{"spans": []}')[:-4]
    for encoding, body in (("gzip", cut), ("gzip", b"not gzip"), ("deflate", b"no"), ("zstd", b"no zstd")):
        headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
        assert client.post("/api/spans", content=body, headers=headers).status_code == 400


@one_store
def test_a_body_over_the_limit_is_413_however_it_comes(make_client: Callable[..., TestClient]) -> None:
    client = make_client(max_body_bytes=1_000)
    headers = {"Content-Type": "application/json"}
    assert client.post("/api/spans", content=b" " * 1_001, headers=headers).status_code == 413
    chunks = (b" " * 100 for _ in range(11))
    assert client.post("/api/spans", content=chunks, headers=headers).status_code == 413
    bomb = zstandard.compress(b" " * 1_000_000)
    assert len(bomb) < 1_000
    answer = client.post("/api/spans", content=bomb, headers={**headers, "Content-Encoding": "zstd"})
    assert answer.status_code == 413
    assert answer.json()["limit_bytes"] == 1_000
    assert [each["status"] for each in client.get("/api/ingest").json()["requests"]] == [413, 413, 413]


@one_store
@pytest.mark.parametrize("path", ["/v1/traces", "/api/spans", "/api/public/ingestion", "/api/traces"])
def test_a_body_of_too_many_objects_is_413(make_client: Callable[..., TestClient], path: str) -> None:
    client = make_client(max_body_bytes=1_600)
    headers = {"Content-Type": "application/json"}
    for many in (b"{}," * 101, b"0," * 201):
        answer = client.post(path, content=b"[" + many + b"]", headers=headers)
        assert (answer.status_code, answer.json()["objects_max"]) == (413, 100)


@one_store
@pytest.mark.parametrize(
    ("path", "content_type", "body"),
    [
        ("/api/spans", "application/msgpack", b"\x90" * 101),
        ("/api/spans", "", b"[" + b"{}," * 101),
        ("/v1/traces", "application/x-protobuf", b"\x0a\x00" * 101),
        ("/v1/logs", "application/x-protobuf", b"\x0a\x00" * 101),
        ("/v1/metrics", "application/x-protobuf", b"\x0a\x00" * 101),
    ],
)
def test_in_every_format(
    make_client: Callable[..., TestClient], path: str, content_type: str, body: bytes
) -> None:
    answer = make_client(max_body_bytes=1_600).post(
        path, content=body, headers={"Content-Type": content_type}
    )
    assert answer.status_code == 413
    assert "more than 100 objects" in answer.text


@one_store
def test_65_mib_is_413_by_default(client: TestClient) -> None:
    answer = client.post("/v1/traces", content=bytes(65 * 1024 * 1024), headers=PROTOBUF)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/x-protobuf"


@one_store
def test_over_the_rate_is_429_with_retry_after(make_client: Callable[..., TestClient], clock: Any) -> None:
    client = make_client(rate_limit=10)
    send(client, *(native_span(number) for number in range(1, 11)))
    refused = client.post("/api/spans", json={"spans": [native_span(11)]})
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1
    other_project = {"Authorization": "Bearer project-other"}
    send(client, native_span(11), headers=other_project)
    clock.advance(60)
    send(client, native_span(11))


def test_a_store_that_cannot_write_is_503_with_retry_after(client: TestClient) -> None:
    from llm_tracer_service.store.base import StoreUnavailable

    service = client.app.state.service  # type: ignore[attr-defined]

    def full(project: str, spans: object) -> None:
        raise StoreUnavailable("The disk is full.", "Make room.")

    service.store.write = full
    native = client.post("/api/spans", json={"spans": [native_span()]})
    assert (native.status_code, native.headers["retry-after"]) == (503, "2")
    assert native.json()["detail"] == "The disk is full."
    otlp = client.post("/v1/traces", content=request_of(1).SerializeToString(), headers=PROTOBUF)
    assert (otlp.status_code, otlp.headers["retry-after"]) == (503, "2")


def test_the_ingest_log_says_what_came_of_each_request(client: TestClient) -> None:
    agent = {"User-Agent": "my-exporter/1.0"}
    span = native_span(1, attributes={"openinference.span.kind": "LLM"})
    client.post("/api/spans", json={"spans": [span, native_span(2, trace_id="bad")]}, headers=agent)
    client.post("/v1/traces", content=b"\xff", headers={**PROTOBUF, **agent})
    newest, oldest = client.get("/api/ingest").json()["requests"]
    assert (oldest["source"], oldest["user_agent"], oldest["convention"]) == (
        "/api/spans", "my-exporter/1.0", "openinference",
    )  # fmt: skip
    assert (oldest["accepted"], [each["count"] for each in oldest["refused"]], oldest["status"]) == (
        1,
        [1],
        200,
    )
    assert (newest["source"], newest["accepted"], newest["status"], newest["bytes"]) == (
        "/v1/traces",
        0,
        400,
        1,
    )
    assert client.get("/api/ingest?limit=1").json()["count"] == 1
    assert client.get("/api/ingest", headers={"X-API-Key": "project-other"}).json()["requests"] == []
