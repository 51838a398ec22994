"""A real Tracer API on a port of its own, with a clock that stands still."""

from __future__ import annotations

import os
import socket
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from app_helpers import FixedClock, packaged_reader
from click.testing import CliRunner, Result
from llm_tracer_service.cli import main
from llm_tracer_service.demo import requests
from llm_tracer_service.reading import load_reader
from llm_tracer_service.reading.pricing import PriceBook
from llm_tracer_service.serving.app import create_app
from llm_tracer_service.settings import Settings
from llm_tracer_service.store import open_store

SNAPSHOTS = Path(__file__).with_name("snapshots")


@dataclass(frozen=True)
class Served:
    """The address of a running Tracer API, and what posts to it."""

    url: str

    def post(self, path: str, body: bytes, content_type: str = "application/json") -> None:
        request = urllib.request.Request(self.url + path, body, {"Content-Type": content_type})
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.status in (200, 201)

    def run(self, *arguments: str, stdin: str | None = None, **env: str) -> Result:
        """A command, as in a terminal of 110 columns without colour."""
        given = {"TRACER_API_URL": self.url, "TRACER_API_KEY": "", "COLUMNS": "110", **env}
        return CliRunner().invoke(main, arguments, input=stdin, env=given)


@contextmanager
def serving(prices: PriceBook | None = None, url: str = "memory:") -> Iterator[Served]:
    """A Tracer API with an empty store, ended afterwards. It knows no prices but these."""
    clock, reader = FixedClock(), packaged_reader() if prices is None else load_reader(prices=prices)
    store = open_store(url, reader, clock)
    app = create_app(Settings(store=url), store, reader, clock)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    yield Served(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}")
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def empty() -> Iterator[Served]:
    with serving() as served:
        yield served


@contextmanager
def demonstrating() -> Iterator[Served]:
    """A Tracer API with the demo in it: ids and times are always the same, and the zone is UTC."""
    with serving() as served, pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        for request in requests(FixedClock().now, run=1):
            served.post(request.path, request.body, request.content_type)
        yield served
    time.tzset()


@pytest.fixture(scope="module")
def demo() -> Iterator[Served]:
    """The demo, for tests that only read."""
    with demonstrating() as served:
        yield served


@pytest.fixture
def own_demo() -> Iterator[Served]:
    """The demo, for a test that changes it."""
    with demonstrating() as served:
        yield served


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """The address of something that gives every request the same answer, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer_all() -> None:
            with suppress(OSError):  # the listener is closed at the end
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        connection.recv(65_536)
                        connection.sendall(answer)

        thread = threading.Thread(target=answer_all, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)


@pytest.fixture
def snapshot() -> Callable[[str, str], None]:
    """Holds an output to the file of its name. TRACER_TEST_SNAPSHOTS=write writes the files anew, to be read and
    committed."""

    def held(name: str, output: str) -> None:
        file = SNAPSHOTS / f"{name}.txt"
        if os.environ.get("TRACER_TEST_SNAPSHOTS") == "write":
            SNAPSHOTS.mkdir(exist_ok=True)
            file.write_text(output, encoding="utf-8")
        assert output == file.read_text(encoding="utf-8")

    return held
