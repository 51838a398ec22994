from __future__ import annotations

from collections.abc import Iterator

import llm_tracer
import pytest
from llm_tracer import Tracer, get_tracer, set_tracer, span
from llm_tracer.recording.no_span import NO_SPAN


@pytest.fixture
def _no_default() -> Iterator[None]:
    before = set_tracer(None)
    yield
    set_tracer(before)


@pytest.mark.usefixtures("_no_default")
def test_the_first_tracer_becomes_the_default() -> None:
    first = Tracer(enabled=False)
    Tracer(enabled=False)
    assert get_tracer() is first


@pytest.mark.usefixtures("_no_default")
def test_a_default_is_made_when_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACER_ENABLED", "false")
    assert span("work") is NO_SPAN
    assert get_tracer() is get_tracer()
    assert llm_tracer.flush()
