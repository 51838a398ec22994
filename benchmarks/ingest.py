"""The service under load over HTTP: its CPU time per span, from the first byte received to the durable answer.

    .venv/bin/python benchmarks/ingest.py [--traces 300] [--full 100000]

Starts `llm-tracer serve` with a store in a temporary folder and sends it the workload of benchmarks/workload.py, as OTLP
protobuf and as the SDK writes it. What is reported is the CPU time of the service alone, user and system, as Linux
counts it (/proc); the sender runs in this process and is not in it.

`--full` sends so many traces to one service, waits until it has indexed, bundled and shrunk, and then asks it what a person
asks: the median of 15 answers, over HTTP, one connection, and of the store alone, read by this process; what it holds in
memory and on the disk.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

from llm_tracer.model.span import SpanData
from llm_tracer.sending.body import in_bodies, native_span
from llm_tracer.sending.compress import best_codec
from llm_tracer.sending.wire import SCOPE
from llm_tracer_service.access.auth import DEFAULT_PROJECT
from llm_tracer_service.query import parse
from llm_tracer_service.reading import load_reader
from llm_tracer_service.reading.pricing import PriceBook
from llm_tracer_service.store import open_store
from llm_tracer_service.store.base import Sort
from llm_tracer_service.store.contract import TraceStore
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from workload import Generator

WARM_REQUESTS = 10
READY_S = 30
OTLP, OTLP_PATH = {"Content-Type": "application/x-protobuf"}, "/v1/traces"


def any_value(value: Any) -> AnyValue:
    """A value of an attribute as OTLP spells it."""
    match value:
        case bool():
            return AnyValue(bool_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case list():
            return AnyValue(array_value=ArrayValue(values=map(any_value, value)))
        case _:
            return AnyValue(string_value=str(value))


def key_values(attributes: Mapping[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=any_value(value)) for key, value in attributes.items()]


def request_of(spans: Sequence[SpanData]) -> bytes:
    """An ExportTraceServiceRequest."""
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    resource_spans.resource.attributes.extend(key_values(spans[0].resource.attributes))
    for scope in dict.fromkeys(span.scope.name for span in spans):
        scope_spans = resource_spans.scope_spans.add()
        scope_spans.scope.name = scope
        for span in spans:
            if span.scope.name == scope:
                scope_spans.spans.add(
                    trace_id=bytes.fromhex(span.trace_id),
                    span_id=bytes.fromhex(span.span_id),
                    parent_span_id=bytes.fromhex(span.parent_span_id or ""),
                    name=span.name,
                    kind=span.otel_kind,
                    start_time_unix_nano=span.start_time_unix_nano,
                    end_time_unix_nano=span.end_time_unix_nano,
                    attributes=key_values(span.attributes),
                )
    return request.SerializeToString()


@contextmanager
def service(folder: Path) -> Iterator[tuple[int, int]]:
    """A service of our own; its process id and port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).with_name("llm-tracer")), "serve", "--port", str(port)]
    command += ["--store", f"sqlite:{folder / 'traces.db'}"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait_until_ready(port)
        yield process.pid, port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(READY_S)


def _wait_until_ready(port: int) -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        try:
            get(port, "/health")
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("The service did not start.")


def get(port: int, path: str) -> Any:
    """The answer of the API."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path)
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer


def cpu_s(pid: int) -> float:
    """CPU seconds of a process until now, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mb(pid: int) -> float:
    """Resident memory of a process, pages of mapped files included."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def send(port: int, bodies: Iterable[bytes], headers: Mapping[str, str], path: str = OTLP_PATH) -> None:
    """Sends requests over one connection, each after the answer to the one before."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for body in bodies:
        connection.request("POST", path, body, dict(headers))
        answer = connection.getresponse()
        answer.read()
        if answer.status != http.client.OK:
            raise SystemExit(f"The service answered {answer.status}.")
    connection.close()


def measure_otlp(traces: int, spans_a_request: int, connections: int, compressed: bool) -> None:
    """One line of the report: OTLP as an SDK of OpenTelemetry sends it."""
    bodies = [request_of(piece) for piece in batched(workload(traces), spans_a_request)]
    headers = OTLP
    if compressed:
        bodies, headers = [gzip.compress(body, 6) for body in bodies], headers | {"Content-Encoding": "gzip"}
    name = f"{spans_a_request} a request, {connections} connection(s), {'gzip' if compressed else 'plain'}"
    measure(name, bodies, headers, OTLP_PATH, connections)


def measure_sdk(traces: int, connections: int) -> None:
    """One line of the report: requests as `llm-tracer` sends them, with as many spans as it puts into one."""
    spans = [replace(span, scope=SCOPE) for span in workload(traces)]
    codec = best_codec()
    own = (native_span(span, spans[0].resource) for span in spans)
    bodies = [codec.compress(body.finish()) for body in in_bodies(own, spans[0].resource)]
    headers = {"Content-Type": "application/msgpack", "Content-Encoding": codec.name}
    name = f"llm-tracer, {len(spans) / len(bodies):.0f} a request, {connections} connection(s)"
    measure(name, bodies, headers, "/api/spans", connections)


def measure(
    name: str, bodies: Sequence[bytes], headers: Mapping[str, str], path: str, connections: int
) -> None:
    """Sends them to a service of their own and prints what it took, after some requests that are not counted."""
    warm = [request_of(each) for each in Generator(2, 100_000).traces(0, WARM_REQUESTS)]
    with tempfile.TemporaryDirectory() as folder, service(Path(folder)) as (pid, port):
        send(port, warm, OTLP)
        spans_before = get(port, "/api/storage")["spans"]
        begun_cpu, begun = cpu_s(pid), time.perf_counter()
        senders = [
            threading.Thread(target=send, args=(port, bodies[at::connections], headers, path))
            for at in range(connections)
        ]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        taken_s, wall_s = cpu_s(pid) - begun_cpu, time.perf_counter() - begun
        spans = get(port, "/api/storage")["spans"] - spans_before
        print(
            f"{name:46} {taken_s * 1e6 / spans:8.1f} {spans / taken_s:13,.0f} {spans / wall_s:13,.0f} {rss_mb(pid):8.0f}"
        )


def workload(traces: int) -> Iterator[SpanData]:
    """The spans of so many traces."""
    return chain.from_iterable(Generator(1, 100_000).traces(0, traces))


def measure_full(traces: int) -> None:
    """A store of a team after weeks: what filling, keeping and asking it take."""
    with tempfile.TemporaryDirectory() as folder, service(Path(folder)) as (pid, port):
        begun_cpu, begun = cpu_s(pid), time.perf_counter()
        requests = batched(chain.from_iterable(Generator(1, traces).traces(0, traces)), 100)
        send(port, map(request_of, requests), OTLP)
        spans = get(port, "/api/storage")["spans"]
        filled_cpu, wall = cpu_s(pid), time.perf_counter() - begun
        print(f"{spans:,} spans in {wall:,.0f} s, with the sender, which takes more than half of it")
        print(
            f"  {(filled_cpu - begun_cpu) * 1e6 / spans:.1f} µs a span until all was answered, {rss_mb(pid):.0f} MB resident"
        )
        _wait_until_idle(pid)
        print(
            f"  {(cpu_s(pid) - filled_cpu) * 1e6 / spans:.1f} µs a span after that: texts indexed, bodies bundled, the file shrunk"
        )
        for name in ("traces.db", "traces.text.db"):
            print(f"  {(Path(folder) / name).stat().st_size / spans:,.0f} bytes a span in {name}")
        print(f"\n{'':46} {'HTTP ms':>8} {'store ms':>8}")
        asked = questions(port)
        over_http = {name: latency_ms(port, path) for name, path in asked.items()}
        print(f"after these questions {rss_mb(pid):.0f} MB resident", flush=True)
        store = open_store(
            f"sqlite:{Path(folder) / 'traces.db'}", load_reader(prices=PriceBook()), readonly=True
        )
        for name, path in asked.items():
            of_store = median_ms(question_of(store, path))
            print(f"{name:46} {over_http[name]:8.1f} {of_store:8.1f}", flush=True)
        store.close()


def _wait_until_idle(pid: int) -> None:
    """Returns when the service has nothing to do: 10 seconds, of which it works less than a hundredth. Who has work takes more,
    even of a machine with ten others that work."""
    while True:
        before = cpu_s(pid)
        time.sleep(10)
        if cpu_s(pid) - before < 0.1:
            return


def questions(port: int) -> dict[str, str]:
    """What a person asks, by name: paths of the API."""
    page = get(port, "/api/traces?limit=50")
    old = get(port, "/api/traces?sort=start_time&limit=50")["traces"][25]["trace_id"]
    span_id = get(port, f"/api/traces/{old}")["spans"][5]["span_id"]
    return {
        "newest 50": "/api/traces?limit=50",
        "next page": f"/api/traces?limit=50&cursor={page['next_cursor']}",
        "by duration": "/api/traces?limit=50&sort=-duration_ms",
        "by cost": "/api/traces?limit=50&sort=-cost",
        "status:error": "/api/traces?limit=50&q=status:error",
        "model:gpt-4o*": "/api/traces?limit=50&q=model:gpt-4o*",
        "session:session-77": "/api/traces?limit=50&q=session:session-77",
        "sessions": "/api/sessions?limit=50",
        "newest 50 spans": "/api/spans?limit=50",
        "a trace": f"/api/traces/{old}",
        "its skeleton": f"/api/traces/{old}/skeleton",
        "one of its spans": f"/api/traces/{old}/spans/{span_id}",
        "a frequent word": "/api/traces?limit=50&q=exception",
        "two words": "/api/traces?limit=50&q=socket+timeout",
        "a part of words": "/api/traces?limit=50&q=imeoutErro",
        "a phrase": "/api/traces?limit=50&q=%22return+self%22",
        "a word in no text": "/api/traces?limit=50&q=zzzzzz",
        "facets": "/api/facets",
        "stats of all 30 days": "/api/stats",
    }


def question_of(store: TraceStore, path: str) -> Callable[[], object]:
    """What the API asks of the store for a path of `questions`."""
    url = urlsplit(path)
    asked = dict(parse_qsl(url.query))
    query, project = parse(asked.get("q", "")), DEFAULT_PROJECT
    match url.path.removeprefix("/api/").split("/"):
        case ["traces"]:
            sort = asked.get("sort", "-start_time")
            cursor = store.find_traces(project).next_cursor if "cursor" in asked else None
            return lambda: store.find_traces(project, query, sort=cast("Sort", sort), cursor=cursor)
        case ["traces", trace_id, "spans", span_id]:
            return lambda: store.get_span(project, trace_id, span_id)
        case ["traces", trace_id, *_]:
            return lambda: store.get_trace(project, trace_id)
        case ["sessions"]:
            return lambda: store.find_sessions(project, query)
        case ["spans"]:
            return lambda: store.find_spans(project, query)
        case ["facets"]:
            return lambda: store.facets(project, query)
        case _:
            return lambda: store.stats(project, query)


def latency_ms(port: int, path: str) -> float:
    """How long an answer takes, warm, over a connection that is kept: the median."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def ask() -> None:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        if answer.status != http.client.OK:
            raise SystemExit(f"The service answered {answer.status} to {path}.")

    try:
        return median_ms(ask)
    finally:
        connection.close()


def median_ms(ask: Callable[[], object], times: int = 15) -> float:
    """How long it takes, warm."""
    taken = []
    for _ in range(times + 1):
        begun = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - begun) * 1e3)
    return statistics.median(taken[1:])


def batched(spans: Iterator[SpanData], count: int) -> Iterator[list[SpanData]]:
    """So many at a time."""
    while batch := list(islice(spans, count)):
        yield batch


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--traces", type=int, default=300)
    options.add_argument("--full", type=int, help="so many traces in one service, and then questions")
    chosen = options.parse_args()
    if chosen.full:
        measure_full(chosen.full)
        return
    traces = chosen.traces
    print(f"{'':46} {'µs/span':>8} {'spans/s/core':>13} {'spans/s wall':>13} {'RSS MB':>8}")
    for compressed in (False, True):
        for spans_a_request in (512, 100, 10):  # 512: what OpenTelemetry's SDKs gather
            for connections in (1, 4):
                measure_otlp(traces, spans_a_request, connections, compressed)
    for connections in (1, 4):
        measure_sdk(traces, connections)


if __name__ == "__main__":
    main()
