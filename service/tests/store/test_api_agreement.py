"""The whole service over every store: whatever is sent, scored, deleted, pinned and restarted, the API answers alike.

Each example is a world of many traces, sent in pieces and in any order, with running spans, repeats, scores and log records.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from app_helpers import BASE_URL, packaged_reader
from dynamodb_tables import DynamoDBLocal, new_store
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from llm_tracer.model.span import SpanData
from llm_tracer_service.receiving.native_writer import native_span
from llm_tracer_service.serving.app import create_app
from llm_tracer_service.settings import Settings
from llm_tracer_service.store import open_store
from starlette.testclient import TestClient

from .helpers import SECOND, START, StillClock
from .test_agreement import IN_MEMORY
from .worlds import query_text, spans_of_world

QUESTIONS = 6
CHOSEN_BY_THE_STORE = {"scanned", "scanned_until", "next_cursor", "hit", "hits", "request_id"}
"""How far a store looked, its cursors, which of several places of a word it shows; and the ids of refused requests."""


class App:
    """One service, which can be stopped and started again."""

    def __init__(self, url: str, clock: StillClock) -> None:
        self._url, self._clock = url, clock
        self.start()

    def start(self) -> None:
        reader = packaged_reader()
        self.store = open_store(self._url, reader, self._clock, 600)
        app = create_app(Settings(store=self._url), self.store, reader, self._clock)
        self.client = TestClient(app, base_url=BASE_URL)

    def restart(self) -> None:
        if not self._url.startswith("memory"):
            self.store.close()
            self.start()


@contextmanager
def every_store(clock: StillClock, server: DynamoDBLocal) -> Iterator[list[App]]:
    """The service over each store. All are empty, and closed in the end."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=IN_MEMORY)))
        urls = [
            stack.enter_context(new_store(kind, folder, server)) for kind in ("memory", "sqlite", "dynamodb")
        ]
        apps = [App(url, clock) for url in urls]
        stack.callback(lambda: [app.store.close() for app in apps])
        yield apps


@settings(max_examples=max(1, settings.default.max_examples // 50), phases=[Phase.generate], deadline=None)
@given(seed=st.integers(0, 2**32))
def test_every_store_answers_alike(dynamodb: DynamoDBLocal, seed: int) -> None:
    chooser, clock = random.Random(seed), StillClock(START + 4_000 * SECOND)
    spans = list(spans_of_world(chooser))
    with every_store(clock, dynamodb) as apps:
        while spans:
            piece, spans = spans[: (size := chooser.randint(1, 60))], spans[size:]
            path, body = "/api/spans", {"spans": [native_span(each) for each in _as_sent(chooser, piece)]}
            _ask(apps, "POST", path, json=body)
            for _ in range(chooser.randint(0, 2)):
                _change(chooser, apps, clock, piece)
        for path in _questions(chooser, _ask(apps, "GET", "/api/traces?limit=500")["traces"]):
            _ask(apps, "GET", path)
        for app in apps:
            assert [each for checked in app.store.verify() for each in checked.problems] == []


def _as_sent(chooser: random.Random, spans: list[SpanData]) -> list[SpanData]:
    """The spans, some of them running at first or sent again."""
    running = [replace(each, end_time_unix_nano=None) for each in spans if chooser.random() < 0.2]
    again = [each for each in spans if chooser.random() < 0.1]
    return [*running, *spans, *again]


def _change(chooser: random.Random, apps: list[App], clock: StillClock, spans: list[SpanData]) -> None:
    """Something that happens between two deliveries."""
    span = chooser.choice(spans)
    match chooser.randrange(8):
        case 0:
            score = {
                "id": f"s{chooser.randrange(9)}",
                "name": "quality",
                "value": chooser.choice((0, 0.5, 1)),
            }
            _ask(
                apps,
                "POST",
                "/api/scores",
                json={**score, "trace_id": span.trace_id, "span_id": span.span_id},
            )
        case 1:
            _ask(apps, "POST", "/v1/logs", json=_log_of(span))
        case 2:
            _ask(apps, "DELETE", f"/api/traces/{span.trace_id}")
        case 3:
            _ask(apps, chooser.choice(("PUT", "DELETE")), f"/api/traces/{span.trace_id}/pin")
        case 4:
            clock.advance(chooser.choice((1, 700, 90_000)))
        case 5:
            gone = [_expired(app, retention_days=1) for app in apps]
            assert gone == gone[:1] * len(gone)
        case 6:
            for app in apps:
                app.restart()
        case _:
            for app in apps:
                app.store.maintain(budget_s=60)
                app.store.settle(budget_s=60)


def _log_of(span: SpanData) -> dict[str, Any]:
    """A log record of OTLP with an answer of the model."""
    record = {
        "traceId": span.trace_id, "spanId": span.span_id, "eventName": "gen_ai.choice", "timeUnixNano": str(START),
        "body": {"kvlistValue": {"values": [{"key": "message", "value": {"stringValue": "refund 42"}}]}},
    }  # fmt: skip
    return {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}


def _expired(app: App, retention_days: float) -> int:
    count = 0
    while (step := app.store.maintain(0.0, retention_days)).more:
        count += step.expired
    return count + step.expired


def _questions(chooser: random.Random, traces: list[dict[str, Any]]) -> Iterator[str]:
    """What is asked in the end: everything about some traces, and every list for some queries."""
    for trace in chooser.sample(traces, min(QUESTIONS, len(traces))):
        base = f"/api/traces/{trace['trace_id']}"
        yield from (base, f"{base}/skeleton", f"{base}/hints", f"{base}/transcript", f"{base}/export")
        yield f"{base}/spans/{trace['root_span_id']}?whole=true"
    yield "/api/sessions?limit=100"
    for session in ("alice", "日本", "a,b", "nobody"):
        yield f"/api/sessions/{session}"
    yield "/api/fields"
    for query in ("", *(query_text(chooser) for _ in range(QUESTIONS))):
        for list_ in ("traces", "sessions", "stats", "facets", "errors", "patterns", "scores"):
            yield f"/api/{list_}?from=2026-09-01&to=2026-12-01&q={quote(query)}"
    yield "/api/spans?limit=500"


def _ask(apps: list[App], method: str, path: str, **sent: Any) -> Any:
    """Asks every service; returns the answer of the first, which all others give too."""
    answers = [app.client.request(method, path, **sent) for app in apps]
    found = [(each.status_code, _comparable(_read(each))) for each in answers]
    for app, other in zip(apps[1:], found[1:], strict=True):
        assert other == found[0], f"{method} {path} of {app.store.info(counting=False).kind}"
    return found[0][1]


def _read(answer: Any) -> Any:
    is_json = answer.headers.get("content-type", "").endswith("json")
    return answer.json() if is_json else answer.text


def _comparable(value: Any) -> Any:
    """An answer without what may differ; sums of costs depend on the order in their last digits."""
    match value:
        case dict():
            return {
                name: _comparable(each) for name, each in value.items() if name not in CHOSEN_BY_THE_STORE
            }
        case list():
            return [_comparable(each) for each in value]
        case float():
            return float(f"{value:.9g}")
        case _:
            return value
