"""Figures over time and by value, facets, failures and patterns at the size of a busy month.

    .venv/bin/python benchmarks/aggregates.py [--traces 100000] [--seed 1] [--keep PATH]

Traces of 10 spans over 30 days, with short texts: no aggregate reads them. First what it costs to work the roll-ups out
(`settle`), then the median of each question in the store, warm: CPU of the thread that asks, which other programs on the
machine change less than the time on the wall.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from llm_tracer.model.query import FieldTest, Test, TraceQuery
from llm_tracer_service.reading import load_reader
from llm_tracer_service.store import open_store
from llm_tracer_service.store.base import Aggregate, Facets, TimeRange
from llm_tracer_service.store.contract import TraceStore
from store import calls_of
from workload import NOW, SECOND, SPANS_A_TRACE, Generator

DAY_S = 86_400
HOUR_S = 3_600
MONTH = TimeRange(NOW - 30 * DAY_S * SECOND, NOW)
"""To the nanosecond: its edges are hours, minutes and traces."""

STARTED = NOW + HOUR_S * SECOND
"""What was sent in the last minutes would not be kept yet."""


class ShortGenerator(Generator):
    """The same traces with little text."""

    def _words(self, chars: int) -> str:
        return super()._words(chars // 50)


def field(name: str, *texts: str) -> TraceQuery:
    """A query of one field."""
    return TraceQuery(FieldTest(name, Test(texts=texts)))


SLOW = TraceQuery(FieldTest("dur", Test(comparison=">", number=2_000.0)))


def questions(store: TraceStore) -> dict[str, Callable[[], Aggregate | Facets]]:
    """What the overview, the list and its query box ask."""
    return {
        "30 days": lambda: store.aggregate("p", time_range=MONTH),
        "30 days, a point a day": lambda: store.aggregate("p", time_range=MONTH, width_s=DAY_S),
        "30 days, 12 h each (histogram)": lambda: store.aggregate("p", time_range=MONTH, width_s=12 * HOUR_S),
        "30 days by model": lambda: store.aggregate("p", time_range=MONTH, group_by="model"),
        "30 days by model, a point a day": lambda: store.aggregate(
            "p", time_range=MONTH, width_s=DAY_S, group_by="model"
        ),
        "everything by model": lambda: store.aggregate("p", group_by="model"),
        "30 days by tool": lambda: store.aggregate("p", time_range=MONTH, group_by="tool"),
        "30 days by user (997)": lambda: store.aggregate("p", time_range=MONTH, group_by="user"),
        "30 days by session (20,000)": lambda: store.aggregate("p", time_range=MONTH, group_by="session"),
        "30 days of failures": lambda: store.aggregate(
            "p", time_range=MONTH, width_s=DAY_S, group_by="failure"
        ),
        "30 days of patterns": lambda: store.aggregate("p", time_range=MONTH, group_by="pattern"),
        "facets of everything": lambda: store.facets("p"),
        "facets of 30 days": lambda: store.facets("p", time_range=MONTH),
        "facets but users and sessions": lambda: store.facets(
            "p", time_range=MONTH, fields=("status", "name", "model", "tool", "tag", "has")
        ),
        "status:error, a point a day": lambda: store.aggregate("p", field("status", "error"), MONTH, DAY_S),
        "user:user-13 by model": lambda: store.aggregate("p", field("user", "user-13"), group_by="model"),
        "facets of user:user-13": lambda: store.facets("p", field("user", "user-13")),
        "dur>2s, a point a day": lambda: store.aggregate("p", SLOW, MONTH, DAY_S),
        "facets of dur>2s": lambda: store.facets("p", SLOW),
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--traces", type=int, default=100_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--keep", type=Path, help="keep the file here, and use what is there already")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run(chosen.traces, chosen.seed, chosen.keep or Path(folder) / "traces.db")


def run(traces: int, seed: int, path: Path) -> None:
    fresh = not path.exists()
    store = open_store(f"sqlite:{path}", load_reader(), clock=lambda: STARTED)
    if fresh:
        for call in calls_of(ShortGenerator(seed, traces).traces(0, traces), 1_000):
            store.write("p", call)
    before = path.stat().st_size
    cold = store.aggregate("p", time_range=MONTH, group_by="model")
    print(f"before anything is worked out, 30 days by model are {_how_complete(cold)}")
    begun = time.process_time()
    while store.settle(budget_s=5):
        pass
    spans = traces * SPANS_A_TRACE
    us = (time.process_time() - begun) * 1e6 / spans
    size = (path.stat().st_size - before) / spans
    print(f"settle: {us:.1f} µs of CPU and {size:.1f} bytes of the file a span, {spans:,} spans\n")
    print(f"{'':36} {'CPU ms':>8}")
    for name, question in questions(store).items():
        print(f"{name:36} {cpu_ms(question):8.2f}  {_how_complete(question())}")
    store.close()


def cpu_ms(question: Callable[[], object], times: int = 9) -> float:
    """The median of an answer's CPU time, warm."""
    question()
    taken = []
    for _ in range(times):
        begun = time.thread_time()
        question()
        taken.append((time.thread_time() - begun) * 1e3)
    return statistics.median(taken)


def _how_complete(answer: Aggregate | Facets) -> str:
    since = answer.counted_since_unix_nano
    return "complete" if since is None else f"of the last {(NOW - since) / SECOND / DAY_S:.1f} days"


if __name__ == "__main__":
    main()
