"""What was answered with 2xx survives the end of the service, however it ends."""

from __future__ import annotations

import random
import sqlite3
import threading
from itertools import cycle, islice
from pathlib import Path

import httpx
import pytest
from corpus import Request, sources
from reading import all_traces, span_ids
from running import Running, free_port, start_service, stopping
from waiting import PATIENCE_S, client_of, until

ROUNDS = 6
REQUESTS = [request for source in sources() for request in source.requests if request.signal == "traces"]


def replay_until_it_ends(url: str, first: int, acknowledged: list[Request]) -> None:
    """Posts the corpus over and over, from one of its requests on; stops when the service is gone."""
    with client_of(url) as client:
        for request in islice(cycle(REQUESTS), first, None):
            try:
                answer = client.post(request.path, content=request.body, headers=request.headers)
            except httpx.TransportError:
                return
            if answer.is_success:
                acknowledged.append(request)


def sent_spans(requests: list[Request], folder: Path) -> set[tuple[str, str]]:
    """What these requests hold, read back from a service that nobody disturbs."""
    folder.mkdir()
    with stopping(start_service(folder)) as calm, client_of(calm.url) as api:
        for request in requests:
            api.post(request.path, content=request.body, headers=request.headers).raise_for_status()
        return stored_spans(api)


def stored_spans(api: httpx.Client) -> set[tuple[str, str]]:
    """Every (trace id, span id) that the API shows."""
    return {
        (trace["trace_id"], span_id)
        for trace in all_traces(api)
        for span_id in span_ids(api, trace["trace_id"])
    }


@pytest.mark.parametrize("how", ["kill -9", "SIGTERM"])
def test_no_acknowledged_span_is_missing_after_the_service_ended_in_the_middle_of_a_replay(
    how: str, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    store.mkdir()
    acknowledged: list[Request] = []
    chance = random.Random(42)  # a seed, so that a failure can be looked at again
    port = free_port()
    for _ in range(ROUNDS):
        running = start_service(store, port)
        writers = [
            threading.Thread(
                target=replay_until_it_ends, args=(running.url, chance.randrange(len(REQUESTS)), acknowledged)
            )
            for _ in range(4)
        ]
        for writer in writers:
            writer.start()
        enough = len(acknowledged) + chance.randint(4, 40)
        until(lambda enough=enough: len(acknowledged) >= enough)
        end(running, how)
        for writer in writers:
            writer.join(PATIENCE_S)
    unique = list({(request.source, request.file): request for request in acknowledged}.values())
    assert len(unique) > 20, "the service was ended before it took anything in"
    with (
        stopping(start_service(store, port)) as running,
        client_of(running.url) as api,
    ):
        assert sent_spans(unique, tmp_path / "calm") <= stored_spans(api)
    with sqlite3.connect(store / "traces.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def end(running: Running, how: str) -> None:
    if how == "SIGTERM":
        assert running.terminate() in (0, -15)
    else:
        running.kill()
