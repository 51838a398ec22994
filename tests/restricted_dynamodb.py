"""DynamoDB Local behind a door that lets only some operations of some credentials through, as a role of IAM does."""

from __future__ import annotations

import json
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from waiting import http

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "ASIAROLE", "AWS_SECRET_ACCESS_KEY": "secret of the role", "AWS_SESSION_TOKEN": "its session",
    "AWS_REGION": "eu-central-1",
}  # fmt: skip
"""What Lambda puts into the environment of a function for its role."""


@contextmanager
def restricted(endpoint: str, actions: Collection[str]) -> Iterator[tuple[str, set[str]]]:
    """The address of the door, and the operations that were asked for. `actions` are those of IAM: `dynamodb:Query`."""
    asked: set[str] = set()

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            operation = self.headers["X-Amz-Target"].rpartition(".")[2]
            asked.add(operation)
            if f"dynamodb:{operation}" in actions and self._is_of_the_role():
                forwarded = {name: value for name, value in self.headers.items() if name.lower() != "host"}
                answer = http.post(endpoint, content=body, headers=forwarded)
                self._answer(answer.status_code, answer.content)
            else:
                self._answer(
                    400, json.dumps({"__type": "AccessDeniedException", "message": operation}).encode()
                )

        def _is_of_the_role(self) -> bool:
            is_its_key = f"Credential={CREDENTIALS['AWS_ACCESS_KEY_ID']}/" in self.headers["Authorization"]
            return is_its_key and self.headers["X-Amz-Security-Token"] == CREDENTIALS["AWS_SESSION_TOKEN"]

        def _answer(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
