"""The stores under the workload of a team: CPU per span written, and how long a reader waits.

    .venv/bin/python benchmarks/store.py [--traces 10000] [--seed 1] [--keep PATH]

Traces of 10 spans (a root agent, 5 model calls, 3 tool calls, a retriever), 3.2 KB of text and 24 attributes a span.
CPU time is that of this process; ratios between lines say more than the figures of one machine.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from llm_tracer.model.query import FieldTest, Test, TraceQuery, Word
from llm_tracer.model.reading import Content, Cost, Reading, Text, Usage
from llm_tracer.model.span import Resource, Scope, SpanData
from llm_tracer_service.store import open_store
from llm_tracer_service.store.base import TimeRange, TraceStore

NOW = 1_790_000_000_000_000_000
SECOND = 1_000_000_000
SPANS_A_TRACE = 10
SHAPE = ("agent", "llm", "tool", "llm", "retriever", "llm", "tool", "llm", "tool", "llm")


class Generator:
    """Traces of the workload, the same ones for one seed; they start evenly over 30 days until NOW."""

    def __init__(self, seed: int, traces: int) -> None:
        self._random = random.Random(seed)
        self._step = 30 * 86_400 * SECOND // traces
        # A vocabulary of 20,000 words drawn by Zipf's law compresses about as English does.
        letters = "etaoinshrdlucmfwypvbgkjqxz"
        words = ["".join(self._random.choices(letters, k=self._random.randint(2, 10))) for _ in range(20_000)]
        weights = [1 / (rank + 3) for rank in range(len(words))]
        self._text = " ".join(self._random.choices(words, weights, k=1_000_000))
        self._resource = Resource({"service.name": "shop", "service.version": "1.4.2", "host.name": "web-1"})
        self._scope = Scope("openinference.instrumentation.openai", "0.1.30")

    def trace(self, number: int) -> list[SpanData]:
        """The spans of one trace, the root last, as exporters send them."""
        start = NOW - 30 * 86_400 * SECOND + number * self._step
        trace_id = f"{self._random.getrandbits(128):032x}"
        ids = [f"{self._random.getrandbits(64):016x}" for _ in SHAPE]
        spans = [
            self._span(trace_id, ids[at], ids[0] if at else None, kind, start + at * SECOND, number)
            for at, kind in enumerate(SHAPE)
        ]
        return spans[::-1]

    def _span(
        self, trace_id: str, span_id: str, parent: str | None, kind: str, start: int, number: int
    ) -> SpanData:
        draw = self._random
        attributes: dict[str, Any] = {
            "kind": kind, "input": self._words(2_400), "output": self._words(800),
            "session": f"session-{number // 5}", "user": f"user-{number % 997}", "env": "production",
            "tags": ["beta"] if number % 7 == 0 else ["stable"], "release": f"1.4.{number % 3}",
        }  # fmt: skip
        if kind == "llm":
            attributes |= {
                "model": draw.choice(("gpt-4o-2024-08-06", "gpt-4o-mini", "claude-sonnet-4-5")),
                "provider": "openai", "tokens.in": draw.randrange(200, 4_000), "tokens.out": draw.randrange(500),
                "cost": draw.random() / 100, "response": f"chatcmpl-{draw.getrandbits(96):x}",
            }  # fmt: skip
        if kind == "tool":
            attributes["tool"] = draw.choice(("search", "fetch", "calculate"))
        for filler in range(24 - len(attributes)):
            attributes[f"gen_ai.request.parameter_{filler}"] = draw.choice(
                (0.7, 1, 4_096, "auto", True, span_id)
            )
        failed = draw.random() < 0.01
        return SpanData(
            trace_id, span_id, f"{kind} {attributes.get('model') or attributes.get('tool') or 'step'}", start,
            start + draw.randrange(10_000_000, 9 * SECOND), parent, 1, "error" if failed else "unset",
            "it broke" if failed else None, attributes, resource=self._resource, scope=self._scope,
        )  # fmt: skip

    def _words(self, chars: int) -> str:
        first = self._random.randrange(len(self._text) - chars)
        return self._text[first : first + chars]


class BenchmarkReader:
    """As cheap as a Reader can be: what is measured is the store."""

    version = "benchmark"

    def read(self, span: SpanData) -> Reading:
        at: Mapping[str, Any] = span.attributes
        is_call = "model" in at
        return Reading(
            name=span.name,
            kind=at["kind"],
            status=span.status_code,
            provider=at.get("provider"),
            response_model=at.get("model"),
            usage=Usage(at["tokens.in"], at["tokens.out"], at["tokens.in"] + at["tokens.out"])
            if is_call
            else None,
            cost=Cost(at["cost"]) if is_call else None,
            response_id=at.get("response"),
            tool_name=at.get("tool"),
            service_name="shop",
            session_id=at["session"],
            user_id=at["user"],
            tags=tuple(at["tags"]),
            environment=at["env"],
            release=at["release"],
            input_preview=at["input"][:200],
            output_preview=at["output"][:200],
        )

    def content(self, span: SpanData) -> Content:
        return Content()

    def texts(self, span: SpanData) -> Iterator[Text]:
        yield Text("input", span.attributes["input"])
        yield Text("output", span.attributes["output"])


def measure_reading(spans: Sequence[SpanData]) -> float:
    """CPU µs a span of the Reader alone, to be taken off the figures of the stores."""
    reader = BenchmarkReader()
    begun = time.process_time()
    for span in spans:
        reader.read(span)
    return (time.process_time() - begun) * 1e6 / len(spans)


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


def calls_of(generator: Generator, first: int, last: int, spans_a_call: int) -> Iterator[list[SpanData]]:
    """Calls of whole traces, or of pieces of them."""
    waiting: list[SpanData] = []
    for number in range(first, last):
        waiting += generator.trace(number)
        while len(waiting) >= spans_a_call:
            yield waiting[:spans_a_call]
            waiting = waiting[spans_a_call:]
    if waiting:
        yield waiting


def median_ms(question: Callable[[], object], times: int = 30) -> float:
    """The median of an answer's time, warm."""
    question()
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        question()
        taken.append((time.perf_counter() - begun) * 1e3)
    return statistics.median(taken)


def questions(store: TraceStore) -> dict[str, Callable[[], object]]:
    """What a person asks of a store, by name."""

    def field(name: str, *texts: str) -> TraceQuery:
        return TraceQuery(FieldTest(name, Test(texts=texts)))

    def above(name: str, number: float) -> TraceQuery:
        return TraceQuery(FieldTest(name, Test(comparison=">", number=number)))

    page = store.find_traces("p", limit=50)
    middle = store.find_traces("p", time_range=TimeRange(None, NOW - 15 * 86_400 * SECOND), limit=50).traces[
        25
    ]
    trace = store.get_trace("p", middle.trace_id)
    assert trace is not None
    span_id = trace.rows[5].span_id
    day = TimeRange(NOW - 2 * 86_400 * SECOND, NOW - 86_400 * SECOND)
    return {
        "list newest 50": lambda: store.find_traces("p"),
        "list next page": lambda: store.find_traces("p", cursor=page.next_cursor),
        "list one day": lambda: store.find_traces("p", time_range=day),
        "list by duration": lambda: store.find_traces("p", sort="-duration_ms"),
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
        "newest 50 spans": lambda: store.find_spans("p"),
        "spans of tool:fetch": lambda: store.find_spans("p", field("tool", "fetch")),
        "trace skeleton (10 spans)": lambda: store.get_trace("p", middle.trace_id),
        "one span": lambda: store.get_span("p", middle.trace_id, span_id),
        "trace of a span": lambda: store.find_trace_of_span("p", span_id),
        "stats 30 days": lambda: store.stats("p"),
        "stats one day": lambda: store.stats("p", time_range=day),
        "changes": lambda: store.changes("p", store.changes("p").cursor),
        "info": store.info,
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--traces", type=int, default=10_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--keep", type=Path, help="keep the file here, and use what is there already")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run(chosen.traces, chosen.seed, chosen.keep or Path(folder) / "traces.db")


def run(traces: int, seed: int, path: Path) -> None:
    generator = Generator(seed, traces)
    spans = [span for number in range(200) for span in generator.trace(number)]
    reading_us = measure_reading(spans)
    print(f"the reader alone: {reading_us:.1f} µs a span, taken off below\n")
    print(f"{'writing (CPU)':36} {'µs/span':>8} {'ratio':>6} {'spans/s/core':>13} {'spans/s wall':>13}")
    base_us: float | None = None
    for name, url, spans_a_call, threads in (
        ("memory, 100 a call", "memory:", 100, 1),
        ("sqlite, 100 a call", "sqlite:", 100, 1),
        ("sqlite, 10 a call", "sqlite:", 10, 1),
        ("sqlite, 1,000 a call", "sqlite:", 1_000, 1),
        ("sqlite, 100 a call, 8 threads", "sqlite:", 100, 8),
        ("sqlite, pieces of 7 spans", "sqlite:", 7, 1),
    ):
        with tempfile.TemporaryDirectory() as folder:
            store = open_store(f"{url}{folder}/traces.db" if url == "sqlite:" else url, BenchmarkReader())
            share = min(traces, 1_000)
            us, wall = measure_writing(store, calls_of(generator, 0, share, spans_a_call), threads)
            store.close()
        us -= reading_us
        base_us = us if name.startswith("sqlite, 100 a call") and base_us is None else base_us
        ratio = f"{us / base_us:6.2f}" if base_us else f"{'':6}"
        print(f"{name:36} {us:8.1f} {ratio} {1e6 / us:13,.0f} {wall:13,.0f}")

    fresh = not path.exists()
    store = open_store(f"sqlite:{path}", BenchmarkReader(), clock=lambda: NOW)
    if fresh:
        us, wall = measure_writing(store, calls_of(generator, 0, traces, 100))
        us -= reading_us
        name = f"sqlite, 100 a call, to {traces * SPANS_A_TRACE:,}"
        print(f"{name:36} {us:8.1f} {us / (base_us or us):6.2f} {1e6 / us:13,.0f} {wall:13,.0f}")
    info = store.info()
    assert info.size_bytes is not None
    assert info.span_count
    size = info.size_bytes / info.span_count
    print(
        f"\nreading, {info.span_count:,} spans in {info.trace_count:,} traces, {size:,.0f} bytes a span on the disk"
    )
    print(f"{'':36} {'ms':>8} {'ratio':>6}")
    base_ms: float | None = None
    for name, question in questions(store).items():
        ms = median_ms(question)
        base_ms = base_ms or ms
        print(f"{name:36} {ms:8.2f} {ms / base_ms:6.1f}")
    store.close()
    rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"\nlargest resident size of this process: {rss_mb:,.0f} MB on {os.cpu_count()} cores, {sys.platform}"
    )


if __name__ == "__main__":
    main()
