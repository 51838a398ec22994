"""AWS's runtime API on loopback, as far as a function needs it: it hands events out and takes the answers.

As documented under "Using the Lambda runtime API for custom runtimes" (2018-06-01). The function runs under AWS's own
client for it (`awslambdaric`), as in Lambda.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "service" / "tests"))
from lambda_events import body_of, event_of

__all__ = [
    "ARCHITECTURE",
    "KEY",
    "Runtime",
    "an_export",
    "body_of",
    "function",
    "request",
    "through_api_gateway",
    "trace_id",
]

ARCHITECTURE = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86-64"
KEY = "project-shop.0123456789abcdef"
HANDLER = "llm_tracer_service.serving.lambda_handler.handler"
TIMEOUT_S = 60


class Runtime:
    """Gives events to one function. `init_error` is what it said when it could not begin."""

    def __init__(self) -> None:
        self.events: Queue[Any] = Queue()
        self.answers: Queue[tuple[str, Any]] = Queue()
        runtime = self

        class Api(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                event = runtime.events.get()
                if event is None:  # the end: the function waits for an event that never comes
                    self.close_connection = True
                    return
                body = json.dumps(event).encode()
                self.send_response(200)
                for name, value in (
                    ("Lambda-Runtime-Aws-Request-Id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
                    ("Lambda-Runtime-Deadline-Ms", "4102444800000"),
                    (
                        "Lambda-Runtime-Invoked-Function-Arn",
                        "arn:aws:lambda:eu-central-1:123456789012:function:api",
                    ),
                    ("Content-Type", "application/json"),
                    ("Content-Length", str(len(body))),
                ):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                kind = self.path.rsplit("/", 1)[1]
                runtime.answers.put(
                    ("init/error" if self.path.endswith("init/error") else kind, json.loads(body))
                )
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
        self.address = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def call(self, event: Any) -> Any:
        """What the function answers. Raises AssertionError with its report where it fails."""
        self.events.put(event)
        kind, answer = self.answers.get(timeout=TIMEOUT_S)
        assert kind == "response", answer
        return answer

    def close(self) -> None:
        self.events.put(None)
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def function(content: Path, **variables: str) -> Iterator[Runtime]:
    """The function of an unpacked zip, in a process of its own with these variables."""
    runtime = Runtime()
    environment = {
        "PATH": os.environ["PATH"], "PYTHONPATH": str(content), "AWS_LAMBDA_RUNTIME_API": runtime.address,
        "AWS_LAMBDA_FUNCTION_NAME": "api", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "LAMBDA_TASK_ROOT": str(content), **variables,
    }  # fmt: skip
    process = subprocess.Popen([sys.executable, "-m", "awslambdaric", HANDLER], cwd=content, env=environment)
    try:
        yield runtime
    finally:
        process.kill()
        process.wait(10)
        runtime.close()


def request(method: str, path: str, query: str = "", body: bytes = b"", **headers: str) -> Any:
    """A request with the key KEY, as a function URL hands it on."""
    sent = {"x-api-key": KEY, "host": "abc.lambda-url.eu-central-1.on.aws", **headers}
    return event_of(
        method, path, query, [(name.replace("_", "-"), value) for name, value in sent.items()], body
    )


def through_api_gateway(event: Any, stage: str = "$default") -> Any:
    """The same request as an HTTP API of API Gateway hands it on, by the route `ANY /{proxy+}` of a stage. The name of a
    stage stands before the path."""
    route, host = "ANY /{proxy+}", "abc.execute-api.eu-central-1.amazonaws.com"
    path = event["rawPath"] if stage == "$default" else f"/{stage}{event['rawPath']}"
    context = {
        "accountId": "123456789012", "domainName": host, "domainPrefix": "abc", "routeKey": route, "stage": stage,
        "http": event["requestContext"]["http"] | {"path": path},
    }  # fmt: skip
    return event | {
        "routeKey": route,
        "rawPath": path,
        "pathParameters": {"proxy": event["rawPath"].removeprefix("/")},
        "headers": event["headers"] | {"host": host, "x-forwarded-proto": "https", "x-forwarded-port": "443"},
        "requestContext": event["requestContext"] | context,
    }


def trace_id(number: int) -> str:
    """The id of a trace by its number."""
    return f"{number:032x}"


def an_export(trace: int = 1, text: str = "hello") -> bytes:
    """An OTLP export of one span."""
    message = trace_service_pb2.ExportTraceServiceRequest()
    span = message.resource_spans.add().scope_spans.add().spans.add(
        trace_id=bytes.fromhex(trace_id(trace)), span_id=bytes(7) + b"\1", name="chat",
        start_time_unix_nano=1_795_435_200_000_000_000, end_time_unix_nano=1_795_435_201_000_000_000,
    )  # fmt: skip
    span.attributes.add(key="input.value").value.string_value = text
    return message.SerializeToString()
