"""Unmodified OpenTelemetry exporters deliver everything and log nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from node import install_node_packages
from reading import all_traces
from running import COMMAND, Running, free_port, start, stopping
from waiting import PATIENCE_S, client_of

SPANS = 1000

PYTHON_PROGRAM = """
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
tracer = provider.get_tracer("python-exporter")
for run in range(100):
    with tracer.start_as_current_span("run"):
        for step in range(9):
            with tracer.start_as_current_span(f"step {step}") as span:
                span.set_attribute("gen_ai.request.model", "gpt-4o-mini")
provider.shutdown()
"""

GRPC_PROGRAM = PYTHON_PROGRAM.replace("otlp.proto.http", "otlp.proto.grpc")

NODE_PROGRAM = """
const { context, diag, DiagConsoleLogger, DiagLogLevel, trace } = require("@opentelemetry/api");
const { OTLPTraceExporter } = require("@opentelemetry/exporter-trace-otlp-http");
const { TracerProvider, BatchSpanProcessor } = require("@opentelemetry/sdk-trace");

diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN);
const exporter = new OTLPTraceExporter();
const provider = new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter })] });
const tracer = provider.getTracer("node-exporter");
for (let run = 0; run < 100; run++) {
  const root = tracer.startSpan("run");
  const inside = trace.setSpan(context.active(), root);
  for (let step = 0; step < 9; step++) tracer.startSpan(`step ${step}`, {}, inside).end();
  root.end();
}
provider.shutdown();
"""

JAVASCRIPT_PAGE = (Path(__file__).resolve().parent.parent / "docs" / "javascript.md").read_text(
    encoding="utf-8"
)


class JavaScript(NamedTuple):
    """A folder with the packages that the page names, and the Node to run programs in it."""

    folder: Path
    node: str


@pytest.fixture(scope="module")
def javascript(tmp_path_factory: pytest.TempPathFactory) -> JavaScript:
    folder = tmp_path_factory.mktemp("javascript")
    (packages,) = re.findall(r"```json\n(.*?)```", JAVASCRIPT_PAGE, re.DOTALL)
    (folder / "package.json").write_text(packages)
    return JavaScript(folder, install_node_packages(folder))


def delivered(api: httpx.Client) -> int:
    return sum(trace["span_count"] for trace in all_traces(api))


def run_quietly(command: list[str], endpoint: str, folder: Path, headers: str = "") -> None:
    """Runs a program that exports to an address; it must end well and print nothing at all."""
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin", "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "OTEL_EXPORTER_OTLP_HEADERS": headers,
    }  # fmt: skip
    ended = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_the_python_exporter_delivers_1000_spans_and_logs_nothing(
    service: Running, api: httpx.Client, tmp_path: Path
) -> None:
    run_quietly([sys.executable, "-W", "error", "-c", PYTHON_PROGRAM], service.url, tmp_path)
    assert delivered(api) == SPANS


def test_the_python_grpc_exporter_delivers_1000_spans_and_logs_nothing(tmp_path: Path) -> None:
    grpc_port, port = free_port(), free_port()
    command = [COMMAND, "serve", "--store", f"sqlite:{tmp_path / 'traces.db'}", "--port", str(port)]
    env = {"TRACER_GRPC_PORT": str(grpc_port)}
    running = start(command, f"http://127.0.0.1:{port}", tmp_path / "serve.log", env)
    with stopping(running), client_of(running.url) as api:
        run_quietly(
            [sys.executable, "-W", "error", "-c", GRPC_PROGRAM], f"http://127.0.0.1:{grpc_port}", tmp_path
        )
        assert delivered(api) == SPANS


def test_the_javascript_exporter_delivers_1000_spans_and_logs_nothing(
    service: Running, api: httpx.Client, javascript: JavaScript
) -> None:
    (javascript.folder / "program.cjs").write_text(NODE_PROGRAM)
    run_quietly([javascript.node, "program.cjs"], service.url, javascript.folder)
    assert delivered(api) == SPANS


def test_the_program_of_the_javascript_page(
    service: Running, api: httpx.Client, javascript: JavaScript
) -> None:
    (program,) = re.findall(r"```js\n(.*?)```", JAVASCRIPT_PAGE, re.DOTALL)
    (javascript.folder / "program.mjs").write_text(program)
    (headers,) = re.findall(r'^export OTEL_EXPORTER_OTLP_HEADERS="(.+)"', JAVASCRIPT_PAGE, re.MULTILINE)
    run_quietly([javascript.node, "program.mjs"], service.url, javascript.folder, headers)
    api.headers["X-API-Key"] = "project-shop"
    (trace,) = all_traces(api)
    assert (trace["name"], trace["kinds"], trace["session_id"]) == (
        "support",
        {"agent": 1, "llm": 1},
        "chat-7",
    )
    assert (trace["usage"]["input"], trace["usage"]["output"]) == (21, 4)
