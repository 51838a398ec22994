"""The ingest log, before it is written down."""

from __future__ import annotations

from typing import Any

from app_helpers import FixedClock, packaged_reader
from llm_tracer_service.service import ingest_log
from llm_tracer_service.service.ingest_log import IngestLog
from llm_tracer_service.store import open_store
from llm_tracer_service.store.outcomes import Outcome


def test_what_comes_while_the_log_is_full_and_written_is_not_forgotten(monkeypatch: Any) -> None:
    monkeypatch.setattr(ingest_log, "PENDING_MAX", 3)
    store = open_store("memory:", packaged_reader(), FixedClock())
    log = IngestLog(store)
    for number in range(3):
        log.add("dev", Outcome(number, "/api/spans", 200))
    keep = store.keep_outcomes

    def keep_and_meanwhile(outcomes: Any) -> None:
        keep(outcomes)
        log.add("dev", Outcome(3, "/api/spans", 200))

    monkeypatch.setattr(store, "keep_outcomes", keep_and_meanwhile)
    log.flush()
    monkeypatch.setattr(store, "keep_outcomes", keep)
    assert [outcome.time_unix_nano for outcome in log.last("dev", 10)] == [3, 2, 1, 0]
    store.close()
