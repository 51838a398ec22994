"""Full text search: what taking in costs, and how long a first page takes.

    .venv/bin/python benchmarks/text.py [--traces 2000] [--pool mixed|files] [--seed 1] [--keep PATH] [--http]

The workload of workload.py, read by the real Reader. Pools of text: `mixed`, its English and code; `files`, the sources and
documentation of Python as they lie on this machine. Into some traces, evenly, known words are put: a rare one (50
traces), a common one (every second), an identifier, a sentence in Chinese, and two common words that form a rare
phrase. CPU time is that of this process; "first" is the median of three stores that were just opened, all else medians of
warm questions, by CPU and by the clock. `--http` asks through the API.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from llm_tracer.model.query import And, FieldTest, Not, Or, SpanGroups, Test, TraceQuery, Word
from llm_tracer.model.reading import Reader
from llm_tracer.model.span import SpanData
from llm_tracer_service.reading import load_reader
from llm_tracer_service.serving.app import create_app
from llm_tracer_service.settings import Settings
from llm_tracer_service.store import open_store
from llm_tracer_service.store.contract import TraceStore
from llm_tracer_service.store.sqlite.store import SqliteStore
from starlette.testclient import TestClient
from workload import NOW, SPANS_A_TRACE, Generator

PROJECT = "default"
POOL_CHARS = 9_000_000


def files_pool() -> str:
    """Code and English: the standard library as it is installed here."""
    paths = sorted(Path(sysconfig.get_path("stdlib")).rglob("*.py"))
    random.Random(1).shuffle(paths)
    parts: list[str] = []
    chars = 0
    for path in paths:
        parts.append(path.read_text("utf-8", "ignore"))
        chars += len(parts[-1])
        if chars > POOL_CHARS:
            break
    return "".join(parts)[:POOL_CHARS]


class TextGenerator(Generator):
    """The workload, with known words in it."""

    def __init__(self, seed: int, traces: int, pool: str) -> None:
        super().__init__(seed, traces)
        self._traces = traces
        if pool == "files":
            self._text = files_pool()

    def trace(self, number: int) -> list[SpanData]:
        spans = super().trace(number)
        every = max(1, self._traces // 50)
        marks = {4: [], 5: []}  # type: dict[int, list[str]]
        if number % every == 7 % every:
            marks[4].append("quixotry of err_42xq7 in 我们需要退款订单的帮助")
        if number % every == 9 % every:
            marks[5].append("a wombat saunter happened")
        if number % 2 == 0:
            marks[4].append("wombat")
        if number % 3 == 0:
            marks[5].append("the saunter")
        if number % 20 == 0:
            marks[5].append("kumquat")
        for at, words in marks.items():
            if words:
                spans[at] = with_words(spans[at], " ".join(words))
        return spans


def with_words(span: SpanData, words: str) -> SpanData:
    """The span with words in the middle of its longest text."""
    texts = {name: value for name, value in span.attributes.items() if isinstance(value, str)}
    longest = max(texts, key=lambda name: len(texts[name]))
    text = texts[longest]
    at = text.index(" ", len(text) // 2)
    return replace(span, attributes={**span.attributes, longest: f"{text[:at]} {words}{text[at:]}"})


def questions() -> dict[str, tuple[str, TraceQuery]]:
    """What is asked: its text for the API, and what it is parsed into."""
    status, model = FieldTest("status", Test(texts=("error",))), FieldTest("model", Test(texts=("gpt*",)))
    return {
        "rare (1 trace in 2,000)": ("quixotry", TraceQuery(Word("quixotry"))),
        "common (every second)": ("wombat", TraceQuery(Word("wombat"))),
        "1 in 20": ("kumquat", TraceQuery(Word("kumquat"))),
        "two words, both common": ("wombat saunter", TraceQuery(And((Word("wombat"), Word("saunter"))))),
        "two words, one rare": ("wombat quixotry", TraceQuery(And((Word("wombat"), Word("quixotry"))))),
        "phrase": ('"saunter happened"', TraceQuery(Word("saunter happened"))),
        "phrase of two common words": ('"wombat saunter"', TraceQuery(Word("wombat saunter"))),
        "infix (ixotr)": ("ixotr", TraceQuery(Word("ixotr"))),
        "infix of an identifier (rr_42x)": ("rr_42x", TraceQuery(Word("rr_42x"))),
        "Chinese (退款)": ("退款", TraceQuery(Word("退款"))),
        "one Chinese character": ("款", TraceQuery(Word("款"))),
        "none": ("qzxvqzxv", TraceQuery(Word("qzxvqzxv"))),
        "none, Chinese": ("天气", TraceQuery(Word("天气"))),
        "status:error wombat model:gpt*": (
            "status:error wombat model:gpt*",
            TraceQuery(And((status, Word("wombat"), model))),
        ),
        "status:error -wombat": ("status:error -wombat", TraceQuery(And((status, Not(Word("wombat")))))),
        "quixotry OR kumquat": ("quixotry OR kumquat", TraceQuery(Or((Word("quixotry"), Word("kumquat"))))),
        "{kind:llm quixotry}": ("{kind:llm quixotry}", in_model_call("quixotry")),
        "{kind:llm wombat}": ("{kind:llm wombat}", in_model_call("wombat")),
    }


def in_model_call(word: str) -> TraceQuery:
    """`{kind:llm WORD}`."""
    return TraceQuery(SpanGroups((And((FieldTest("kind", Test(texts=("llm",))), Word(word))),)))


def until_done(step: Callable[[float], bool], spans: int, budget_s: float) -> tuple[float, float]:
    """CPU µs a span, and the longest step in ms."""
    begun, longest, more = time.process_time(), 0.0, True
    while more:
        started = time.perf_counter()
        more = step(budget_s)
        longest = max(longest, time.perf_counter() - started)
    return (time.process_time() - begun) * 1e6 / spans, longest * 1e3


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--traces", type=int, default=2_000)
    options.add_argument("--pool", choices=("mixed", "files"), default="mixed")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--keep", type=Path, help="keep the file here, and use what is there already")
    options.add_argument("--http", action="store_true", help="ask through the API too")
    options.add_argument("--budget", type=float, default=0.2, help="seconds that one step may take")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run(chosen, chosen.keep or Path(folder) / "traces.db")


def run(chosen: argparse.Namespace, path: Path) -> None:
    reader = load_reader()
    fresh = not path.exists()
    store = open_store(f"sqlite:{path}", reader, clock=lambda: NOW)
    assert isinstance(store, SqliteStore)
    spans = chosen.traces * SPANS_A_TRACE
    if fresh:
        generator = TextGenerator(chosen.seed, chosen.traces, chosen.pool)
        for first in range(0, chosen.traces, 10):
            last = min(chosen.traces, first + 10)
            store.write(PROJECT, [span for number in range(first, last) for span in generator.trace(number)])
        cpu_us, longest_ms = until_done(store._texts.step, spans, chosen.budget)
        print(f"taking in: {cpu_us:.1f} µs CPU a span, the longest step {longest_ms:.0f} ms")
        cpu_us, _ = until_done(lambda budget_s: store.maintain(budget_s).more, spans, chosen.budget)
        print(f"other maintenance, bundles and figures rolled up: {cpu_us:.1f} µs CPU a span")
    store.close()  # which empties the logs
    size = path.with_name(f"{path.stem}.text{path.suffix}").stat().st_size
    print(f"the index: {size / spans:.0f} bytes a span, {spans:,} spans\n")
    asked_first = {name: first_ms(path, reader, query) for name, (_, query) in questions().items()}
    store = open_store(f"sqlite:{path}", reader, clock=lambda: NOW)
    ask_http = api(store, reader) if chosen.http else None
    columns = ("first CPU", "CPU", "ms", "HTTP CPU", "ms", "spans CPU", "ms")
    print(
        f"{'first page, median of':34} {' '.join(f'{name:>9}' for name in columns)} {'traces':>7} {'hits':>5}  more"
    )
    for name, (text, query) in questions().items():
        page = store.find_traces(PROJECT, query)
        taken: tuple[float, ...] = (asked_first[name],)
        taken += medians_ms(lambda query=query: store.find_traces(PROJECT, query))  # type: ignore[misc]
        if ask_http:
            assert len(ask_http(text)) == len(page.traces), text
            taken += medians_ms(lambda text=text: ask_http(text))  # type: ignore[misc]
        else:
            taken += (float("nan"), float("nan"))
        taken += medians_ms(lambda query=query: store.find_spans(PROJECT, query))  # type: ignore[misc]
        figures = " ".join(f"{ms:9.2f}" for ms in taken)
        hits = sum(hit is not None for hit in page.hits)
        print(f"{name:34} {figures} {len(page.traces):7} {hits:5}  {page.next_cursor is not None}")
    store.close()
    rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nlargest resident size of this process: {rss_mb:,.0f} MB, {sys.platform}")


def first_ms(path: Path, reader: Reader, query: TraceQuery) -> float:
    """The CPU time of a question to a store that was never asked before."""
    taken = []
    for _ in range(3):
        store = open_store(f"sqlite:{path}", reader, clock=lambda: NOW, readonly=True)
        begun = time.process_time()
        store.find_traces(PROJECT, query)
        taken.append((time.process_time() - begun) * 1e3)
        store.close()
    return statistics.median(taken)


def medians_ms(question: Callable[[], object], times: int = 21) -> tuple[float, float]:
    """The medians of CPU time and of time by the clock, warm."""
    question()
    cpu, wall = [], []
    for _ in range(times):
        begun_cpu, begun = time.process_time(), time.perf_counter()
        question()
        cpu.append((time.process_time() - begun_cpu) * 1e3)
        wall.append((time.perf_counter() - begun) * 1e3)
    return statistics.median(cpu), statistics.median(wall)


def api(store: TraceStore, reader: Reader) -> Callable[[str], list[Any]]:
    """Asks GET /api/traces of the service in this process."""
    client = TestClient(
        create_app(Settings("sqlite:unused"), store, reader, clock=lambda: NOW),
        base_url="http://127.0.0.1:8001",
        headers={"Authorization": f"Bearer project-{PROJECT}"},
    )

    def ask(text: str) -> list[Any]:
        answer = client.get("/api/traces", params={"q": text})
        assert answer.status_code == 200, answer.text
        traces: list[Any] = answer.json()["traces"]
        return traces

    return ask


if __name__ == "__main__":
    main()
