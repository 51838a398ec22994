"""A server between a program and the Tracer API that has a fault until it is told to work."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from http.client import HTTPConnection
from itertools import chain, cycle
from pathlib import Path

CERTIFICATE = Path(__file__).parent / "fixtures" / "self_signed.pem"
"""A self-signed certificate for localhost with its private key, made for these tests."""

SMALL_BYTES = 3_000


class FaultyServer:
    """Listens on a free port of loopback. `fault` is a key of FAULTS, or None: then everything is forwarded to
    `target_port`."""

    def __init__(self, target_port: int, fault: str | None, *, is_tls: bool = False) -> None:
        self.fault = fault
        self.requests = 0
        self._target_port = target_port
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if is_tls else None
        if self._context:
            self._context.load_cert_chain(CERTIFICATE)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http{'s' if is_tls else ''}://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if self._context:
                connection = self._context.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb") as reader:
                while head := _head(reader.readline):
                    self.requests += 1
                    size = int(
                        next(line for line in head if line.lower().startswith(b"content-length")).split(b":")[
                            1
                        ]
                    )
                    if self.fault is not None and FAULTS[self.fault](connection, size):
                        return
                    if self.fault == "413":
                        connection.sendall(
                            self._forward(head, reader.read(size)) if size < SMALL_BYTES else _answer(413)
                        )
                        if size >= SMALL_BYTES:
                            return
                    else:
                        connection.sendall(self._forward(head, reader.read(size)))

    def _forward(self, head: list[bytes], body: bytes) -> bytes:
        method, path, _ = head[0].decode().split()
        headers = dict(line.decode().strip().split(": ", 1) for line in head[1:])
        upstream = HTTPConnection("127.0.0.1", self._target_port, timeout=30)
        upstream.request(method, path, body, headers)
        response = upstream.getresponse()
        content = response.read()
        upstream.close()
        return _answer(response.status, content)


def _head(read_line: Callable[[], bytes]) -> list[bytes]:
    lines = []
    while (line := read_line()) not in (b"\r\n", b""):
        lines.append(line)
    return lines


def _answer(status: int, content: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(content)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + content


# ---- the faults: True when the connection is done with


def _hang(connection: socket.socket, size: int) -> bool:
    """Reads and never answers, until the program ends."""
    while connection.recv(1 << 16):
        pass
    return True


def _fail(connection: socket.socket, size: int) -> bool:
    connection.sendall(_answer(500))
    return True


def _too_many(connection: socket.socket, size: int) -> bool:
    connection.sendall(_answer(429, b"", "Retry-After: 1"))
    return True


def _sign_in(connection: socket.socket, size: int) -> bool:
    """A proxy before which somebody has to sign in."""
    connection.sendall(_answer(403, b"<html>Sign in</html>"))
    return True


def _slow(connection: socket.socket, size: int) -> bool:
    """Answers ten bytes a second and never finishes, until the program ends."""
    for byte in chain(b"HTTP/1.1 200 X\r\nContent-Length: 1000000\r\n\r\n", cycle(b"x")):
        connection.sendall(bytes([byte]))
        time.sleep(0.1)
    return True


def _reset(connection: socket.socket, size: int) -> bool:
    connection.recv(min(100, size))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    return True


def _too_large(connection: socket.socket, size: int) -> bool:
    return False


FAULTS: dict[str, Callable[[socket.socket, int], bool]] = {
    "hanging": _hang,
    "500": _fail,
    "429": _too_many,
    "sign-in": _sign_in,
    "slow": _slow,
    "reset": _reset,
    "413": _too_large,
}
