from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from llm_tracer import session, span
from llm_tracer.executor import ContextExecutor
from llm_tracer.testing import InMemoryExporter


def test_work_in_a_pool_stays_inside_the_span_that_handed_it_over(recorded_spans: InMemoryExporter) -> None:
    def work(number: int) -> int:
        with span(f"work {number}"):
            return number * 2

    with ContextExecutor(ThreadPoolExecutor(2)) as pool:
        with span("one"), session("s"):
            assert list(pool.map(work, [1, 2])) == [2, 4]
        with span("two"):
            assert pool.submit(work, 3).result() == 6
    assert recorded_spans.tree() == {"one": {"work 1": {}, "work 2": {}}, "two": {"work 3": {}}}
    assert recorded_spans.span("work 1").attributes["session.id"] == "s"
