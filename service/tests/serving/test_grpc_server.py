"""OTLP over gRPC accepts what HTTP accepts, and refuses what HTTP refuses, with the code of the same meaning."""

from __future__ import annotations

import gzip
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

import grpc
import pytest
from app_helpers import bearer, one_store, resident_bytes
from google.rpc import error_details_pb2, status_pb2
from llm_tracer_service.serving.grpc_server import receiving
from llm_tracer_service.serving.server import PortInUse
from llm_tracer_service.store.base import StoreUnavailable
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2, logs_service_pb2_grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from starlette.testclient import TestClient

MakeClient = Callable[..., TestClient]
TRACE_ID = bytes(15) + b"\1"


def request_of(
    count: int = 1, name: str = "chat", span_id: bytes = b""
) -> trace_service_pb2.ExportTraceServiceRequest:
    request = trace_service_pb2.ExportTraceServiceRequest()
    scoped = request.resource_spans.add().scope_spans.add()
    for number in range(1, count + 1):
        scoped.spans.add(
            trace_id=TRACE_ID, span_id=span_id or number.to_bytes(8, "big"), name=name,
            start_time_unix_nano=1_795_435_200_000_000_000, end_time_unix_nano=1_795_435_201_000_000_000,
        )  # fmt: skip
    return request


@contextmanager
def channel_to(client: TestClient) -> Iterator[grpc.Channel]:
    service = client.app.state.service  # type: ignore[attr-defined]
    with receiving(service, "127.0.0.1", 0) as port, grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel


def refused(
    client: TestClient, request: Any, metadata: Any = ()
) -> tuple[grpc.StatusCode, str, status_pb2.Status]:
    with channel_to(client) as channel, pytest.raises(grpc.RpcError) as failure:
        trace_service_pb2_grpc.TraceServiceStub(channel).Export(request, metadata=metadata)
    details = dict(failure.value.trailing_metadata()).get("grpc-status-details-bin", b"")
    return failure.value.code(), failure.value.details(), status_pb2.Status.FromString(details)


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
def test_spans_are_kept(make_client: MakeClient, compression: grpc.Compression) -> None:
    client = make_client()
    with channel_to(client) as channel:
        answer = trace_service_pb2_grpc.TraceServiceStub(channel).Export(
            request_of(3), compression=compression
        )
    assert not answer.HasField("partial_success")
    assert client.get(f"/api/traces/{TRACE_ID.hex()}").json()["span_count"] == 3
    outcome = client.get("/api/ingest").json()["requests"][0]
    assert (outcome["source"], outcome["accepted"]) == (
        "grpc:opentelemetry.proto.collector.trace.v1.TraceService",
        3,
    )
    assert outcome["user_agent"].startswith("grpc-python/")


def test_one_bad_span_is_refused_alone(make_client: MakeClient) -> None:
    request = request_of(2)
    request.resource_spans[0].scope_spans[0].spans[1].span_id = bytes(8)
    client = make_client()
    with channel_to(client) as channel:
        answer = trace_service_pb2_grpc.TraceServiceStub(channel).Export(request)
    assert answer.partial_success.rejected_spans == 1
    assert "resourceSpans[0].scopeSpans[0].spans[1]" in answer.partial_success.error_message
    assert client.get(f"/api/traces/{TRACE_ID.hex()}").json()["span_count"] == 1


def test_logs_and_metrics_are_taken(make_client: MakeClient) -> None:
    with channel_to(make_client()) as channel:
        logs_service_pb2_grpc.LogsServiceStub(channel).Export(logs_service_pb2.ExportLogsServiceRequest())
        metrics_service_pb2_grpc.MetricsServiceStub(channel).Export(
            metrics_service_pb2.ExportMetricsServiceRequest()
        )


def test_the_project_is_that_of_the_key(make_client: MakeClient) -> None:
    client = make_client(api_keys=("project-shop.secret", "project-shop.looking:read"))
    with channel_to(client) as channel:
        export = trace_service_pb2_grpc.TraceServiceStub(channel).Export
        export(request_of(), metadata=[("authorization", "Bearer project-shop.secret")])
    path = f"/api/traces/{TRACE_ID.hex()}"
    assert client.get(path, headers=bearer("project-shop.looking")).status_code == 200
    assert refused(client, request_of())[0] == grpc.StatusCode.UNAUTHENTICATED
    assert (
        refused(client, request_of(), [("x-api-key", "project-shop.wrong")])[0]
        == grpc.StatusCode.UNAUTHENTICATED
    )
    assert refused(client, request_of(), [("x-api-key", "project-shop.looking")])[0] == (
        grpc.StatusCode.PERMISSION_DENIED
    )


def test_a_malformed_request_is_an_invalid_argument(make_client: MakeClient) -> None:
    client = make_client()
    with channel_to(client) as channel:
        export = channel.unary_unary("/opentelemetry.proto.collector.trace.v1.TraceService/Export")
        with pytest.raises(grpc.RpcError) as failure:
            export(b"\xff\xff")
    assert failure.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert client.get("/api/ingest").json()["requests"][0]["status"] == 400


def test_over_the_rate_the_exporter_is_told_when_to_come_again(make_client: MakeClient) -> None:
    client = make_client(rate_limit=60)
    with channel_to(client) as channel:
        trace_service_pb2_grpc.TraceServiceStub(channel).Export(request_of(60))
    code, text, status = refused(client, request_of())
    assert code == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "60 spans a minute" in text
    retry = error_details_pb2.RetryInfo()
    assert status.details[0].Unpack(retry)
    assert retry.retry_delay.seconds >= 1


def test_a_store_that_is_away_is_unavailable_for_now(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make_client()
    store = client.app.state.service.store  # type: ignore[attr-defined]

    def away(*_: Any) -> None:
        raise StoreUnavailable("The disk is full.")

    monkeypatch.setattr(store, "write", away)
    code, text, status = refused(client, request_of())
    assert (code, text) == (grpc.StatusCode.UNAVAILABLE, "The disk is full.")
    assert status.details[0].type_url == "type.googleapis.com/google.rpc.RetryInfo"


def test_a_long_text_does_not_change_the_code(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make_client()

    def away(*_: Any) -> None:
        raise StoreUnavailable("The store is away. " * 1_000)

    monkeypatch.setattr(client.app.state.service.store, "write", away)  # type: ignore[attr-defined]
    code, text, status = refused(client, request_of())
    assert code == grpc.StatusCode.UNAVAILABLE
    assert text.startswith("The store is away.")
    assert status.code == code.value[0]


def test_what_nobody_foresaw_says_nothing_of_the_inside(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make_client()
    store = client.app.state.service.store  # type: ignore[attr-defined]

    def broken(*_: Any) -> None:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr(store, "write", broken)
    code, text, _ = refused(client, request_of())
    assert code == grpc.StatusCode.INTERNAL
    assert "secret" not in text
    assert "request" in text


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
def test_a_request_over_the_limit_is_refused_for_good(
    make_client: MakeClient, compression: grpc.Compression
) -> None:
    client = make_client(max_body_bytes=10_000)
    request = request_of(name="x" * 100_000)
    assert len(gzip.compress(request.SerializeToString())) < 10_000
    with channel_to(client) as channel, pytest.raises(grpc.RpcError) as failure:
        trace_service_pb2_grpc.TraceServiceStub(channel).Export(request, compression=compression)
    assert failure.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    details = dict(failure.value.trailing_metadata()).get("grpc-status-details-bin", b"")
    assert not status_pb2.Status.FromString(details).details  # so nobody tries again


TRACES = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


BOMB = """
import grpc, sys
with grpc.insecure_channel(sys.argv[1]) as channel:
    try:
        channel.unary_unary(sys.argv[2])(bytes(2**28), compression=grpc.Compression.Gzip)
    except grpc.RpcError as failure:
        print(failure.code().name)
"""


@one_store
def test_a_bomb_never_unfolds(make_client: MakeClient) -> None:
    service = make_client(max_body_bytes=2**20).app.state.service  # type: ignore[attr-defined]
    with receiving(service, "127.0.0.1", 0) as port:
        before = resident_bytes()
        # By a process of its own, which has to hold all of it.
        command = [sys.executable, "-c", BOMB, f"127.0.0.1:{port}", TRACES]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as sender:
            most = before
            while sender.poll() is None:
                most = max(most, resident_bytes())
                time.sleep(0.005)
            assert sender.stdout is not None
            assert sender.stdout.read().strip() == "RESOURCE_EXHAUSTED"
    assert most - before < 60_000_000


@one_store
def test_without_a_key_no_body_is_read(make_client: MakeClient) -> None:
    client = make_client(api_keys=("project-shop.secret",))
    with channel_to(client) as channel:
        export = channel.stream_unary(TRACES)
        is_over = Event()

        def never_ending() -> Iterator[bytes]:
            is_over.wait(20)
            yield b""

        with pytest.raises(grpc.RpcError) as failure:
            export(never_ending(), timeout=10)
        is_over.set()
    assert failure.value.code() == grpc.StatusCode.UNAUTHENTICATED


@one_store
def test_without_room_the_exporter_comes_again(make_client: MakeClient) -> None:
    client = make_client(max_body_bytes=10_000)
    with client.app.state.service.room.share() as others:  # type: ignore[attr-defined]
        others.take(40_000)
        code, _, status = refused(client, request_of())
    assert code == grpc.StatusCode.UNAVAILABLE
    assert status.details[0].type_url == "type.googleapis.com/google.rpc.RetryInfo"
    assert client.get("/api/ingest").json()["requests"][0]["status"] == 503
    with channel_to(client) as channel:
        trace_service_pb2_grpc.TraceServiceStub(channel).Export(request_of())


def test_a_limit_beyond_what_grpc_takes_is_none(make_client: MakeClient) -> None:
    with channel_to(make_client(max_body_bytes=2**40)) as channel:
        trace_service_pb2_grpc.TraceServiceStub(channel).Export(request_of())


def test_two_services_do_not_share_a_port(make_client: MakeClient) -> None:
    service = make_client().app.state.service  # type: ignore[attr-defined]
    with (
        receiving(service, "127.0.0.1", 0) as port,
        pytest.raises(PortInUse),
        receiving(service, "127.0.0.1", port),
    ):
        pass
