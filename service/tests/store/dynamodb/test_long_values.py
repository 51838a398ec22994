"""What exceeds an item of 400 KB is kept whole, found, replaced and deleted."""

from __future__ import annotations

import random
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from app_helpers import packaged_reader
from dynamodb_tables import DynamoDBLocal, new_table
from llm_tracer.model.span import SpanData, SpanEvent
from llm_tracer_service.store import open_store
from llm_tracer_service.store.dynamodb import outside
from llm_tracer_service.store.dynamodb.store import DynamoStore

from ..helpers import START, StillClock, make_span, trace_id
from ..test_agreement import assert_same_figures
from .test_faults import _everything

LONG = random.Random(3).randbytes(450_000).hex()
"""Text that takes 450 KB, however it is packed."""

EVALUATION = "gen_ai.evaluation."


def _with(**attributes: object) -> Callable[[SpanData], SpanData]:
    named = {name.replace("__", "."): value for name, value in attributes.items()}
    return lambda span: replace(span, attributes={**span.attributes, **named})


LONG_SPANS: dict[str, Callable[[SpanData], SpanData]] = {
    "name": lambda span: replace(span, name=LONG),
    "error": lambda span: replace(span, status_code="error", status_message=LONG),
    "metadata": _with(metadata=f'{{"document": "{LONG}"}}'),
    "session": _with(session__id=LONG),
    "response": _with(gen_ai__operation__name="chat", gen_ai__response__id=LONG),
    "score": lambda span: replace(
        span,
        events=(
            SpanEvent(
                f"{EVALUATION}result", START, {f"{EVALUATION}name": "good", f"{EVALUATION}explanation": LONG}
            ),
        ),
    ),
}


def _picture(number: int) -> str:
    return "data:image/gif;base64," + b64encode(b"GIF89a" + number.to_bytes(1_200, "big")).decode()


@pytest.fixture
def store(dynamodb: DynamoDBLocal, clock: StillClock) -> Iterator[DynamoStore]:
    with new_table(dynamodb) as url:
        opened = open_store(url, packaged_reader(), clock, abandon_after_s=60)
        assert isinstance(opened, DynamoStore)
        yield opened
        opened.close()


@pytest.mark.parametrize("value", LONG_SPANS)
def test_what_is_long_is_kept_as_in_other_stores(store: DynamoStore, clock: StillClock, value: str) -> None:
    memory = open_store("memory:", packaged_reader(), clock, abandon_after_s=60)
    root, child = make_span(1), make_span(1, 2, parent=1)
    for spans in ([child], [LONG_SPANS[value](root)], [LONG_SPANS[value](child)], [make_span(2)]):
        for each in (store, memory):
            each.write("p", spans)
    page, expected = store.find_traces("p").traces, memory.find_traces("p").traces
    assert page == expected
    found, same = store.get_trace("p", trace_id(1)), memory.get_trace("p", trace_id(1))
    assert found is not None
    assert same is not None
    assert found.rows == same.rows
    assert dict(found.spans) == dict(same.spans)
    assert_same_figures(store.stats("p"), memory.stats("p"))
    assert [problem for step in store.verify() for problem in step.problems] == []
    assert store.delete_traces("p", [trace_id(1)]) == 1
    assert {item["pk"] for item in _everything(store) if str(item["pk"]).startswith(("T#", "X#", "D#"))} == {
        f"T#p#{trace_id(2)}"
    }


def test_very_many_blobs_and_responses_have_room(store: DynamoStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "LONG_BYTES", 1_000)
    monkeypatch.setattr(outside, "CHUNK_BYTES", 700)
    count = 40
    spans = [
        _with(input__value=_picture(number), gen_ai__operation__name="chat", gen_ai__response__id=f"r{number}")(
            make_span(1, number, parent=None if number == 1 else 1)
        )
        for number in range(1, count + 1)
    ]  # fmt: skip
    store.write("p", spans)
    store.write("p", [make_span(1, count + 1, parent=1)])
    assert store.get_span("p", trace_id(1), spans[-1].span_id) == spans[-1]
    head = store._heads.load("p", trace_id(1))
    assert head is not None
    assert len(head.blobs) == count
    assert head.long_blobs is not None
    assert [problem for step in store.verify() for problem in step.problems] == []
    store.delete_traces("p", [trace_id(1)])
    assert not [item for item in _everything(store) if str(item["pk"]).startswith(("T#", "X#", "D#"))]
