"""What it costs to compare two traces of 5,000 spans, and to look for hints: CPU of the process, the answer in JSON included.

    .venv/bin/python benchmarks/compare.py [--spans 5000] [--repeats 5]

The store is SQLite in a file; spans have 24 attributes and 3.2 KB of text. "Other texts" are two runs of which no span says
the same; "other ids" are two runs that say the same, with other ids of responses and calls. The best of the repeats.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from llm_tracer.model.span import SpanData
from llm_tracer_service.reading import load_reader
from llm_tracer_service.serving.app import create_app
from llm_tracer_service.settings import Settings
from llm_tracer_service.store import open_store
from starlette.testclient import TestClient
from workload import SPANS_A_TRACE, Generator

SAID, OTHER_TEXTS, OTHER_IDS = "a" * 32, "b" * 32, "c" * 32
IDS = (".response.id", ".call.id", "message.tool_call_id")


def one_trace(seed: int, trace_id: str, spans: int, suffix: str = "") -> list[SpanData]:
    """A trace with the spans of many: the agent of the first holds all others, each of their own with what it did."""
    generator = Generator(seed, spans)
    made = [span for trace in generator.traces(0, spans // SPANS_A_TRACE) for span in reversed(trace)]
    root = replace(made[0], trace_id=trace_id, end_time_unix_nano=made[-1].end_time_unix_nano)
    return [root] + [
        replace(
            span,
            trace_id=trace_id,
            parent_span_id=span.parent_span_id or root.span_id,
            attributes={
                key: f"{value}{suffix}" if key.endswith(IDS) else value
                for key, value in span.attributes.items()
            },
        )
        for span in made[1:]
    ]


def cpu_ms(client: TestClient, path: str, repeats: int) -> float:
    """The CPU time of one request, the least of some."""
    times = []
    for _ in range(repeats):
        began = time.process_time()
        answer = client.get(path)
        times.append(time.process_time() - began)
        assert answer.status_code == 200, answer.text
    return min(times) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--spans", type=int, default=5_000)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:{Path(folder) / 'traces.db'}"
        reader = load_reader()
        store = open_store(url, reader)
        for seed, trace_id, suffix in ((1, SAID, ""), (2, OTHER_TEXTS, ""), (1, OTHER_IDS, "x")):
            spans = one_trace(seed, trace_id, options.spans, suffix)
            for first in range(0, len(spans), 500):
                store.write("dev", spans[first : first + 500])
        client = TestClient(create_app(Settings(store=url), store, reader), base_url="http://127.0.0.1:8001")
        for name, path in (
            ("compare, other texts", f"/api/compare?a={SAID}&b={OTHER_TEXTS}"),
            ("compare, other ids", f"/api/compare?a={SAID}&b={OTHER_IDS}"),
            ("compare with itself", f"/api/compare?a={SAID}&b={SAID}"),
            ("hints", f"/api/traces/{SAID}/hints"),
        ):
            print(f"{name:24} {cpu_ms(client, path, options.repeats):7.0f} ms")
        store.close()


if __name__ == "__main__":
    main()
