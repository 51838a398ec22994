"""What the DynamoDB store consumes: write and read units as DynamoDB Local tells them, requests, and what that costs.

    .venv/bin/python benchmarks/dynamodb.py [--traces 300] [--seed 1]

The workload is that of benchmarks/workload.py, complete traces of 10 spans, 10 of them a request. Prices are those of
us-east-1 on demand in November 2026: 0.625 $ a million write units, 0.125 $ a million read units, 0.25 $ a GB-month.
Besides, a trace of 25,000 spans and a value of 20 MB go in and come back.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from llm_tracer.model.span import SpanData
from llm_tracer_service.cli.dynamodb_local import DynamoDBLocal
from llm_tracer_service.reading import load_reader
from llm_tracer_service.settings import cache_dir
from llm_tracer_service.store.base import TimeRange
from llm_tracer_service.store.dynamodb import table
from llm_tracer_service.store.dynamodb.client import Client
from llm_tracer_service.store.dynamodb.signing import Keys
from llm_tracer_service.store.dynamodb.store import DynamoStore
from llm_tracer_service.store.dynamodb.transport import HttpTransport
from workload import NOW, SECOND, SPANS_A_TRACE, Generator

WRITE_DOLLARS, GB_MONTH_DOLLARS = 0.625e-6, 0.25
TRACES_A_REQUEST = 10
NAIVE_WRITE_UNITS, NAIVE_BYTES_A_SPAN = 13_814, 8_473
"""Of 1,000 spans, in the design that puts each span at its start, updates it at its end, and indexes all of it (measured in
the study before the work began)."""

LIMITS = {
    "write units a trace": 15.0,
    "requests per 100 spans": 11.5,
    "read units a list": 5.0,
    "read units a trace": 3.0,
    "read units of 30 days": 15.0,
}


@dataclass(slots=True)
class Consumed:
    """What a client consumed."""

    write: float
    read: float
    requests: int

    def __sub__(self, other: Consumed) -> Consumed:
        return Consumed(self.write - other.write, self.read - other.read, self.requests - other.requests)


@contextmanager
def new_store(server: DynamoDBLocal, clock: Callable[[], int]) -> Iterator[tuple[DynamoStore, Client]]:
    """A store in a new table."""
    transport = HttpTransport(server.endpoint, "us-east-1", lambda: Keys("local", "local"))
    client = Client(f"bench-{secrets.token_hex(4)}", transport)
    table.create(client)
    store = DynamoStore(client, "bench", load_reader(), clock, abandon_after_s=600)
    yield store, client
    store.close()
    client.call("DeleteTable", {})


def consumed(client: Client, work: Callable[[], Any]) -> Consumed:
    """What some work consumes."""

    def so_far() -> Consumed:
        units = client.consumed_units()
        sums = {kind: sum(units[each] for each in units if each[1] == kind) for kind in ("write", "read")}
        return Consumed(sums["write"], sums["read"], client.requests.total())

    before = so_far()
    work()
    return so_far() - before


def measure(server: DynamoDBLocal, traces: int, seed: int) -> dict[str, float]:
    """The figures of LIMITS, and bytes a span."""
    now = NOW
    with new_store(server, lambda: now) as (store, client):
        generated = list(Generator(seed, traces).traces(0, traces))
        store.write("p", generated[0])  # makes the project known
        rest = generated[1:]

        def write() -> None:
            for first in range(0, len(rest), TRACES_A_REQUEST):
                store.write("p", [span for trace in rest[first : first + TRACES_A_REQUEST] for span in trace])

        written = consumed(client, write)
        now += 300 * SECOND
        store.settle(budget_s=60)
        listed = consumed(client, lambda: store.find_traces("p", limit=50))
        trace_id = generated[traces // 2][0].trace_id
        opened = consumed(client, lambda: list(store.get_trace("p", trace_id).spans.values()))
        month = TimeRange(NOW - 30 * 86_400 * SECOND, None)
        counted = consumed(client, lambda: store.aggregate("p", time_range=month, width_s=86_400))
        (storage,) = store.storage("p")
    return {
        "write units a trace": written.write / len(rest),
        "requests per 100 spans": written.requests / len(rest) * 100 / SPANS_A_TRACE,
        "read units a list": listed.read,
        "read units a trace": opened.read,
        "read units of 30 days": counted.read,
        "bytes a span": storage.total_bytes / storage.spans,
    }


def there_and_back(server: DynamoDBLocal, name: str, spans: list[SpanData], a_call: int) -> None:
    """Writes a large trace, reads it, and says what that took."""
    with new_store(server, lambda: NOW) as (store, client):
        begun = time.process_time()

        def write() -> None:
            for first in range(0, len(spans), a_call):
                store.write("p", spans[first : first + a_call])

        written = consumed(client, write)
        wrote_s = time.process_time() - begun

        def read() -> None:
            trace = store.get_trace("p", spans[0].trace_id)
            assert trace is not None
            assert len(trace.rows) == len(spans)
            assert store.get_span("p", spans[-1].trace_id, spans[-1].span_id) == spans[-1]

        found = consumed(client, read)
        print(f"{name}: {written.write:,.0f} write units in {written.requests} requests, {wrote_s:.1f} s of CPU;"
              f" back with {found.read:,.0f} read units")  # fmt: skip


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--traces", type=int, default=300)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    server = DynamoDBLocal(cache_dir() / "dynamodb-local")
    try:
        figures = measure(server, chosen.traces, chosen.seed)
        for name, value in figures.items():
            limit = LIMITS.get(name)
            print(f"{name:24} {value:8.2f}" + ("" if limit is None else f"   (at most {limit})"))
        units = figures["write units a trace"] / SPANS_A_TRACE * 1e6
        ours, naive = units * WRITE_DOLLARS, NAIVE_WRITE_UNITS * 1e3 * WRITE_DOLLARS
        kept = figures["bytes a span"] * 1e6 / 1e9 * 3 * GB_MONTH_DOLLARS
        naive_kept = NAIVE_BYTES_A_SPAN * 1e6 / 1e9 * 3 * GB_MONTH_DOLLARS
        print(f"a million spans: {ours:.2f} $ to write and {kept:.2f} $ to keep for 90 days;"
              f" the naive design {naive:.2f} $ and {naive_kept:.2f} $")  # fmt: skip
        pattern = Generator(chosen.seed, 1).trace(0)[0]
        spans = [
            SpanData("f" * 32, f"{number:016x}", "step", NOW + number, NOW + number + 1,
                     None if number == 1 else f"{number // 2:016x}", attributes={"number": number})
            for number in range(1, 25_001)
        ]  # fmt: skip
        there_and_back(server, "25,000 spans in 25 calls", spans, 1_000)
        large = SpanData("e" * 32, "1" * 16, "large", NOW, NOW + 1,
                         attributes={**pattern.attributes, "blob": secrets.token_hex(10_000_000)})  # fmt: skip
        there_and_back(server, "a value of 20 MB", [large], 1)
    finally:
        server.stop()
    if over := [name for name, limit in LIMITS.items() if figures[name] > limit]:
        sys.exit(f"Over the limit: {', '.join(over)}.")


if __name__ == "__main__":
    main()
