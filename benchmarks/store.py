"""The embedded store under the workload of a team: what a span costs and takes, and how long a reader waits.

    .venv/bin/python benchmarks/store.py [--traces 10000] [--seed 1] [--keep PATH] [--only write|read]

The workload is that of benchmarks/workload.py, or real telemetry of 44 instrumentations, written again and again under
new ids. Spans are given decoded; the Reader is that of the service, with prices, and its share is told apart. CPU time
is that of this process; ratios between lines say more than the figures of one machine.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import resource
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import apsw
from llm_tracer.model import trace as model_trace
from llm_tracer.model.query import FieldTest, Test, TraceQuery, Word
from llm_tracer.model.reading import Reader
from llm_tracer.model.span import SpanData
from llm_tracer_service.reading import load_reader
from llm_tracer_service.reading.pricing import PriceBook
from llm_tracer_service.receiving.otlp import decode_traces
from llm_tracer_service.store import deliveries, open_store, packing, zstd
from llm_tracer_service.store.base import TimeRange
from llm_tracer_service.store.contract import TraceStore
from llm_tracer_service.store.sqlite import keeper, opening, summaries, writer
from llm_tracer_service.store.sqlite import store as sqlite_store
from workload import NOW, SECOND, Generator

FIXTURES = Path(__file__).parent.parent / "tests" / "fixtures" / "otlp"
DAY = 86_400 * SECOND
WARM_TRACES = 50


# --- writing --------------------------------------------------------------------------------------------------------


class Stages:
    """CPU µs a span by stage: functions of the store, replaced by ones that look at the clock of their thread."""

    def __init__(self) -> None:
        self.us: Counter[str] = Counter()

    def within(self, module: Any, name: str, stage: str) -> None:
        """Times a function as a stage."""
        function = getattr(module, name)

        def timed(*arguments: Any, **named: Any) -> Any:
            begun = time.thread_time()
            try:
                return function(*arguments, **named)
            finally:
                self.us[stage] += (time.thread_time() - begun) * 1e6

        setattr(module, name, timed)

    def connect(self, path: Path, flags: int) -> Any:
        """A connection of which statements and commits are stages."""
        return _TimedConnection(_connect(path, flags), self)


_connect = opening.connect


class _TimedConnection:
    def __init__(self, connection: apsw.Connection, stages: Stages) -> None:
        self._connection, self._stages = connection, stages

    def execute(self, sql: str, bindings: Any = ()) -> Any:
        return self._timed("commit" if sql == "COMMIT" else "insert", "execute", sql, bindings)

    def executemany(self, sql: str, bindings: Any) -> Any:
        return self._timed("insert", "executemany", sql, list(bindings))

    def _timed(self, stage: str, method: str, *arguments: Any) -> Any:
        begun = time.thread_time()
        try:
            return getattr(self._connection, method)(*arguments)
        finally:
            self._stages.us[stage] += (time.thread_time() - begun) * 1e6

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


@contextmanager
def staged() -> Iterator[Stages]:
    """While open, stores are timed by stage."""
    stages = Stages()
    kept = [
        (module, name, getattr(module, name))
        for module, name in (
            (deliveries, "set_aside"), (deliveries, "rows_of"), (deliveries, "pack_spans"),
            (zstd, "compress_in_two"), (model_trace, "_summarise"), (summaries, "labels_of"),
            (sqlite_store, "prepare"), (writer.Writer, "transaction"), (opening, "connect"),
        )
    ]  # fmt: skip
    names = (
        "extract",
        "read",
        "pack and compress",
        "compress",
        "summarise",
        "labels",
        "prepare",
        "transaction",
    )
    for (module, name, _), stage in zip(kept, names, strict=False):
        stages.within(module, name, stage)
    opening.connect = stages.connect
    try:
        yield stages
    finally:
        for module, name, function in kept:
            setattr(module, name, function)


def measure_stages(reader: Reader, calls: Sequence[Sequence[SpanData]]) -> dict[str, float]:
    """CPU µs a span by stage, of one writer."""
    spans = sum(map(len, calls))
    with staged() as stages, tempfile.TemporaryDirectory() as folder:
        store = warm_store(f"sqlite:{folder}/traces.db", reader)
        stages.us.clear()
        begun = time.process_time()
        _write_all(store, calls)
        total = (time.process_time() - begun) * 1e6
        store.close()
    us = stages.us
    us["pack"] = us["pack and compress"] - us["compress"]
    us["other"] = total - us["prepare"] - us["transaction"]
    us["python of the transaction"] = (
        us["transaction"] - us["insert"] - us["commit"] - us["summarise"] - us["labels"]
    )
    shown = ("extract", "read", "pack", "compress", "insert", "summarise", "labels", "python of the transaction",
             "commit", "other")  # fmt: skip
    return {name: us[name] / spans for name in shown} | {"total": total / spans}


def measure_writing(
    store: TraceStore, calls: Iterator[Sequence[SpanData]], threads: int = 1
) -> tuple[float, float]:
    """CPU µs a span, and spans a second by the clock on the wall. Generating spans is not counted."""
    cpu = wall = 0.0
    count = 0
    while batch := [call for _, call in zip(range(20), calls, strict=False)]:
        shares = [batch[worker::threads] for worker in range(threads)]
        workers = [threading.Thread(target=_write_all, args=(store, share)) for share in shares]
        begun_cpu, begun = time.process_time(), time.perf_counter()
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        cpu += time.process_time() - begun_cpu
        wall += time.perf_counter() - begun
        count += sum(map(len, batch))
    return cpu * 1e6 / count, count / wall


def _write_all(store: TraceStore, calls: Sequence[Sequence[SpanData]]) -> None:
    for call in calls:
        store.write("p", call)


def warm_store(url: str, reader: Reader) -> TraceStore:
    """A store that has seen the shapes of the workload."""
    store = open_store(url, reader, clock=lambda: NOW)
    for spans in Generator(1_000, 100_000).traces(0, WARM_TRACES):
        store.write("p", spans)
    gc.collect()
    gc.freeze()
    return store


def calls_of(traces: Iterator[Sequence[SpanData]], spans_a_call: int) -> Iterator[list[SpanData]]:
    """Calls of whole traces, or of pieces of them."""
    waiting: list[SpanData] = []
    for spans in traces:
        waiting += spans
        while len(waiting) >= spans_a_call:
            yield waiting[:spans_a_call]
            waiting = waiting[spans_a_call:]
    if waiting:
        yield waiting


def real_traces(times: int, seed: int) -> Iterator[list[SpanData]]:
    """The traces of real programs, each so many times under new ids."""
    draw = random.Random(seed)
    requests = [path.read_bytes() for path in sorted(FIXTURES.rglob("*.pb"))]
    spans: dict[str, list[SpanData]] = {}
    for body in requests:
        try:
            decoded = decode_traces(body, "application/x-protobuf").spans
        except ValueError:
            continue  # a log, or compressed
        for span in decoded:
            spans.setdefault(span.trace_id, []).append(span)
    for _ in range(times):
        for of_trace in spans.values():
            trace_id = f"{draw.getrandbits(128):032x}"
            salt = draw.getrandbits(64)
            yield [
                replace(
                    span,
                    trace_id=trace_id,
                    span_id=_other_id(span.span_id, salt),
                    parent_span_id=span.parent_span_id and _other_id(span.parent_span_id, salt),
                )
                for span in of_trace
            ]


def _other_id(span_id: str, salt: int) -> str:
    return f"{int(span_id, 16) ^ salt:016x}"


# --- reading --------------------------------------------------------------------------------------------------------


def latency_ms(question: Callable[[], object], times: int = 9) -> tuple[float, float]:
    """How long an answer takes, warm: median on the wall, and of CPU. On a busy machine the second says more."""
    question()
    wall, cpu = [], []
    for _ in range(times):
        begun, begun_cpu = time.perf_counter(), time.thread_time()
        question()
        wall.append((time.perf_counter() - begun) * 1e3)
        cpu.append((time.thread_time() - begun_cpu) * 1e3)
    return statistics.median(wall), statistics.median(cpu)


def questions(store: TraceStore) -> dict[str, Callable[[], object]]:
    """What a person asks of a store, by name."""

    def field(name: str, *texts: str) -> TraceQuery:
        return TraceQuery(FieldTest(name, Test(texts=texts)))

    def above(name: str, number: float) -> TraceQuery:
        return TraceQuery(FieldTest(name, Test(comparison=">", number=number)))

    page = store.find_traces("p", limit=50)
    middle = store.find_traces("p", time_range=TimeRange(None, NOW - 15 * DAY), limit=50).traces[25]
    trace = store.get_trace("p", middle.trace_id)
    assert trace is not None
    span_id = trace.rows[5].span_id
    day = TimeRange(NOW - 2 * DAY, NOW - DAY)
    old = TimeRange(None, NOW - 20 * DAY)
    return {
        "list newest 50": lambda: store.find_traces("p"),
        "list next page": lambda: store.find_traces("p", cursor=page.next_cursor),
        "list oldest 50": lambda: store.find_traces("p", sort="start_time"),
        "list one day": lambda: store.find_traces("p", time_range=day),
        "list by duration": lambda: store.find_traces("p", sort="-duration_ms"),
        "list by tokens": lambda: store.find_traces("p", sort="-tokens"),
        "list by cost, one day": lambda: store.find_traces("p", time_range=day, sort="-cost"),
        "status:error": lambda: store.find_traces("p", field("status", "error")),
        "model:gpt-4o*": lambda: store.find_traces("p", field("model", "gpt-4o*")),
        "tag:beta": lambda: store.find_traces("p", field("tag", "beta")),
        "user:user-13": lambda: store.find_traces("p", field("user", "User-13")),
        "session:session-77": lambda: store.find_traces("p", field("session", "session-77")),
        "dur>8.9s (many)": lambda: store.find_traces("p", above("dur", 8_900)),
        "dur>100s (none)": lambda: store.find_traces("p", above("dur", 100_000)),
        "a word in no text (one page)": lambda: store.find_traces("p", TraceQuery(Word("zzzzzz"))),
        "sessions, one day": lambda: store.find_sessions("p", time_range=day),
        "sessions, all": lambda: store.find_sessions("p"),
        "sessions by cost": lambda: store.find_sessions("p", sort="-cost"),
        "sessions by cost, one day": lambda: store.find_sessions("p", time_range=day, sort="-cost"),
        "newest 50 spans": lambda: store.find_spans("p"),
        "50 spans of 20 days ago": lambda: store.find_spans("p", time_range=old),
        "spans of tool:fetch": lambda: store.find_spans("p", field("tool", "fetch")),
        "trace skeleton (10 spans)": lambda: store.get_trace("p", middle.trace_id),
        "one span": lambda: store.get_span("p", middle.trace_id, span_id),
        "trace of a span": lambda: store.find_trace_of_span("p", span_id),
        "stats 30 days": lambda: store.stats("p"),
        "stats one day": lambda: store.stats("p", time_range=day),
        "changes": lambda: store.changes("p", store.changes("p").cursor),
        "info": store.info,
    }


def while_writing(store: TraceStore, calls: Sequence[Sequence[SpanData]]) -> list[float]:
    """How long a page of the list took, sorted, while two threads write as fast as they can."""
    workers = [threading.Thread(target=_write_all, args=(store, calls[at::2])) for at in range(2)]
    taken = []
    for worker in workers:
        worker.start()
    while any(worker.is_alive() for worker in workers):
        begun = time.perf_counter()
        store.find_traces("p")
        taken.append((time.perf_counter() - begun) * 1e3)
        time.sleep(0.02)
    return sorted(taken)


# --- the report -----------------------------------------------------------------------------------------------------


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--traces", type=int, default=10_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--keep", type=Path, help="keep the file here, and use what is there already")
    options.add_argument("--only", choices=("write", "read"))
    chosen = options.parse_args()
    reader = load_reader(prices=PriceBook())
    if chosen.only != "read":
        report_writing(reader, chosen.seed)
    if chosen.only != "write":
        with tempfile.TemporaryDirectory() as folder:
            report_reading(reader, chosen.traces, chosen.seed, chosen.keep or Path(folder) / "traces.db")


def report_writing(reader: Reader, seed: int) -> None:
    calls = list(calls_of(Generator(seed, 100_000).traces(0, 500), 100))
    stages = measure_stages(reader, calls)
    print("one writer, 100 spans a call, CPU µs a span by stage")
    for name, us in stages.items():
        print(f"  {name:34} {us:7.1f}")
    reading_us = stages["read"] + stages["extract"]
    print(f"  {'write without read and extract':34} {stages['total'] - reading_us:7.1f}\n")
    print(f"{'without read and extract (CPU)':36} {'µs/span':>8} {'spans/s/core':>13} {'spans/s wall':>13}")
    for name, spans_a_call, threads in (
        ("100 a call", 100, 1),
        ("10 a call", 10, 1),
        ("1,000 a call", 1_000, 1),
        ("100 a call, 4 threads", 100, 4),
        ("pieces of 7 spans", 7, 1),
    ):
        with tempfile.TemporaryDirectory() as folder:
            store = warm_store(f"sqlite:{folder}/traces.db", reader)
            traces = Generator(seed, 100_000).traces(0, 400)
            us, wall = measure_writing(store, calls_of(traces, spans_a_call), threads)
            store.close()
        us -= reading_us
        print(f"{name:36} {us:8.1f} {1e6 / us:13,.0f} {wall:13,.0f}")
    for name, traces in (
        ("workload", Generator(seed, 100_000).traces(0, 5_000)),
        ("real telemetry", real_traces(10, seed)),
    ):
        report_size(reader, name, traces)


def report_size(reader: Reader, name: str, traces: Iterator[Sequence[SpanData]]) -> None:
    """Bytes a span by table, the log emptied: as they arrived, and when the store was left alone."""
    stages = Stages()
    bundle = keeper.Keeper._bundle
    stages.within(keeper.Keeper, "_bundle", "bundle")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "traces.db"
        store = open_store(f"sqlite:{path}", reader, clock=lambda: NOW)
        count = 0
        for call in calls_of(traces, 100):
            store.write("p", call)
            count += len(call)
        store.stats("p")
        store.close()
        arrived = sizes(path)
        store = open_store(f"sqlite:{path}", reader, clock=lambda: NOW)
        while store.maintain(1.0).more:
            pass
        store.close()
        left_alone = sizes(path)
    keeper.Keeper._bundle = bundle
    print(
        f"\n{name}, bytes a span of {count:,}: as they arrived, left alone ({stages.us['bundle'] / count:.1f} µs a span)"
    )
    for table in left_alone:
        print(f"  {table:34} {arrived.get(table, 0) / count:7.1f} {left_alone[table] / count:7.1f}")
    print(f"  {'all':34} {sum(arrived.values()) / count:7.1f} {sum(left_alone.values()) / count:7.1f}")


def sizes(path: Path) -> dict[str, int]:
    """Bytes by table and index, the largest first."""
    connection = apsw.Connection(str(path))
    found = dict(connection.execute(_SIZES).fetchall())
    connection.close()
    return found


_SIZES = "SELECT name, sum(pgsize) AS size FROM dbstat GROUP BY name ORDER BY size DESC"


def report_reading(reader: Reader, traces: int, seed: int, path: Path) -> None:
    fresh = not path.exists()
    store = open_store(f"sqlite:{path}", reader, clock=lambda: NOW)
    if fresh:
        us, wall = measure_writing(store, calls_of(Generator(seed, traces).traces(0, traces), 100))
        print(f"\nwritten: {us:.1f} µs a span with reading, {wall:,.0f} spans/s on the wall")
    info = store.info()
    assert info.size_bytes is not None
    assert info.span_count
    size = info.size_bytes / info.span_count
    print(
        f"\nreading, {info.span_count:,} spans in {info.trace_count:,} traces, {size:,.0f} bytes a span with the log"
    )
    print(f"{'':36} {'ms wall':>8} {'ms CPU':>8}")
    for name, question in questions(store).items():
        wall_ms, cpu_ms = latency_ms(question)
        print(f"{name:36} {wall_ms:8.2f} {cpu_ms:8.2f}", flush=True)
    rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nlargest resident size so far: {rss_mb:,.0f} MB (with the generator)")
    calls = list(calls_of(Generator(seed + 1, 100_000).traces(0, 600), 100))
    taken = while_writing(store, calls)
    p95 = taken[int(len(taken) * 0.95)]
    print(
        f"list page while two threads write: median {statistics.median(taken):.1f} ms, p95 {p95:.1f} ms of {len(taken)}"
    )
    store.close()
    print(f"{os.cpu_count()} cores, {sys.platform}, packs of at most {packing.RAW_BYTES_MAX // 1024} KB")


if __name__ == "__main__":
    main()
