"""A real HTTP server on a free port that keeps what arrives and answers as the test wants."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import textwrap
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import zstandard

PATIENCE_S = 60.0
"""How long a test waits for something that must come. Only a broken SDK takes that long."""

AT_LEISURE = f"from llm_tracer import lifecycle; lifecycle.EXIT_BUDGET_S = {PATIENCE_S}\n"
"""A busy machine may not deliver in the 1.75 s that a program has at its end, and then uses the spool."""


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    status: int


@dataclass
class Reply:
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b'{"accepted": 0, "rejected": []}'
    closes: bool = False
    """The connection, without a word, as servers close one on which nothing happens."""


class RecordingServer:
    """`replies` are used up one by one, then `answer` decides, which by default accepts everything with 200. While
    `hang` is set, there is no answer at all."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.replies: deque[Reply] = deque()
        self.answer: Callable[[Request], Reply] = lambda request: Reply()
        self.hang = threading.Event()
        self._changed = threading.Condition()
        recording = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if recording.hang.is_set():
                    while recording.hang.is_set():
                        time.sleep(0.01)
                    self.close_connection = True
                    return
                request = Request(self.path, dict(self.headers), _unpacked(self.headers, body), 0)
                reply = recording.replies.popleft() if recording.replies else recording.answer(request)
                request.status = reply.status
                recording._keep(request)
                self.send_response(reply.status)
                for name, value in {**reply.headers, "Content-Length": str(len(reply.body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)
                self.close_connection = self.close_connection or reply.closes

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def _keep(self, request: Request) -> None:
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()

    @property
    def spans(self) -> list[dict[str, Any]]:
        """All accepted spans, in order of arrival. A span that was announced is there twice."""
        return [span for request in self.requests if request.status < 300 for span in request.body["spans"]]

    @property
    def ended(self) -> list[dict[str, Any]]:
        return [span for span in self.spans if span.get("end_time_unix_nano")]

    def lost_told(self) -> int:
        """How many spans accepted requests reported as lost."""
        taken = [request for request in self.requests if request.status < 300]
        return sum(int(request.headers.get("X-LLM-Tracer-Dropped-Spans", 0)) for request in taken)

    def names(self) -> list[str]:
        return sorted(span["name"] for span in self.ended)

    def wait_until(self, holds: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(holds, PATIENCE_S), f"arrived: {self.spans}"

    def close(self) -> None:
        self.hang.clear()
        self._server.shutdown()
        self._server.server_close()


def _unpacked(headers: Any, body: bytes) -> dict[str, Any]:
    encoding = headers.get("Content-Encoding")
    if encoding == "zstd":
        body = zstandard.ZstdDecompressor().decompress(body)
    elif encoding == "gzip":
        body = gzip.decompress(body)
    unpacked: dict[str, Any] = msgspec.msgpack.decode(body)
    return unpacked


def run_program(
    source: str, api_url: str, folder: Path, *, at_leisure: bool = False, **environment: str
) -> subprocess.CompletedProcess[str]:
    """`source` as a script in a process of its own, told of the server by the environment only. `at_leisure`: at its end it
    delivers, however long that takes. Raises TimeoutExpired where it does not end."""
    script = folder / "program.py"
    script.write_text((AT_LEISURE if at_leisure else "") + textwrap.dedent(source))
    return subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "TRACER_API_URL": api_url, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE_S,
        check=False,
    )
