"""Every answer of a call may be lost, and before the request is repeated another process may do something: nothing is lost,
nothing is left over, and every figure is what the traces say."""

from __future__ import annotations

import random
from base64 import b64encode
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, TypeAlias

import pytest
from dynamodb_tables import DynamoDBLocal, client_of, new_table
from llm_tracer.model.span import SpanData, SpanEvent
from llm_tracer_service.store.base import StoreUnavailable
from llm_tracer_service.store.dynamodb import blobs, heads, projects, rollups
from llm_tracer_service.store.dynamodb.store import DynamoStore
from llm_tracer_service.store.outcomes import Outcome

from ..helpers import SECOND, START, ChangingReader, StillClock, awaiting, make_span, trace_id
from .test_retention import DAY, PICTURE
from .wholeness import faults_of

Act: TypeAlias = Callable[[DynamoStore, str], object]
"""What a process does in a project."""

HOUR = 3_600
LARGE = "data:image/gif;base64," + b64encode(random.Random(7).randbytes(3_000)).decode()
ROOT = make_span(1, 1, start_s=2 * HOUR, dur_s=None)
ROOT_WITH_PICTURE = make_span(1, 1, start_s=2 * HOUR, dur_s=None, input=PICTURE)
ENDED_ROOT = make_span(1, 1, start_s=2 * HOUR)
CHILD = make_span(1, 2, parent=1)
CHILD_WITH_PICTURE = make_span(1, 2, parent=1, input=PICTURE)
SIBLING = make_span(1, 3, parent=1, start_s=20)
ANEW = make_span(1, 4, parent=9, start_s=5 * HOUR)
ANEW_WITH_PICTURE = make_span(1, 4, parent=9, start_s=5 * HOUR, input=PICTURE)
LARGE_1, LARGE_2 = make_span(1, 1, input=LARGE), make_span(2, 1, input=LARGE)
REPORTER = make_span(1, 5, parent=1, start_s=30, kind="llm", response="r")
CONTENT = awaiting("r", SpanEvent("judged", START, {"input": PICTURE}))


def write(*spans: SpanData) -> Act:
    return lambda store, project: store.write(project, spans)


def delete(number: int = 1) -> Act:
    return lambda store, project: store.delete_traces(project, [trace_id(number)])


def pin(pinned: bool = True) -> Act:
    return lambda store, project: store.pin(project, trace_id(1), pinned)


def remap(store: DynamoStore, project: str) -> None:
    store._reader.edition = 2  # type: ignore[attr-defined]
    store.remap(project)


CASES: dict[str, tuple[Sequence[Act], Act, Sequence[Act], Sequence[SpanData]]] = {
    "a new trace is deleted": ((), write(ROOT), (delete(),), ()),
    "a new trace with a blob is deleted": ((), write(ROOT_WITH_PICTURE), (delete(),), ()),
    "a new trace with a blob begins anew": ((), write(ROOT_WITH_PICTURE), (delete(), write(ANEW)), (ANEW,)),
    "a trace begins anew while a blob comes": (
        (write(ROOT),), write(CHILD_WITH_PICTURE), (delete(), write(ANEW)), (),
    ),
    "a trace begins anew while a blob comes again": (
        (write(ROOT_WITH_PICTURE),), write(CHILD_WITH_PICTURE), (delete(), write(ANEW)), (),
    ),
    "a root ends while a span comes": ((write(ROOT),), write(ENDED_ROOT), (write(SIBLING),), (ENDED_ROOT, SIBLING)),
    "a start moves": ((write(CHILD),), write(ROOT), (write(SIBLING),), (CHILD, ROOT, SIBLING)),
    "a large blob comes twice": ((), write(LARGE_1), (write(LARGE_2),), (LARGE_1,)),
    "a large blob comes while it goes": ((write(LARGE_1),), delete(), (write(LARGE_2),), ()),
    "a large blob comes and goes": ((write(LARGE_1),), delete(), (write(LARGE_2), delete(2)), ()),
    "a trace is deleted while a span comes": ((write(ROOT),), delete(), (write(SIBLING),), ()),
    "a trace begins anew while it is deleted": (
        (write(ROOT_WITH_PICTURE, CHILD),), delete(), (delete(), write(ANEW)), (),
    ),
    "a trace is pinned and deleted": ((write(ROOT),), pin(), (delete(),), ()),
    "a trace is pinned and begins anew": ((write(ROOT),), pin(), (delete(), write(ANEW)), (ANEW,)),
    "a trace is pinned and unpinned": ((write(ROOT_WITH_PICTURE),), pin(), (pin(False),), (ROOT_WITH_PICTURE,)),
    "a trace is pinned while a span comes": ((write(ROOT_WITH_PICTURE),), pin(), (write(SIBLING),), (SIBLING,)),
    "a trace is unpinned and pinned": ((write(ROOT_WITH_PICTURE), pin()), pin(False), (pin(),), (ROOT_WITH_PICTURE,)),
    "a trace is unpinned while a span comes": (
        (write(ROOT_WITH_PICTURE), pin()), pin(False), (write(SIBLING),), (SIBLING,),
    ),
    "a trace is unpinned and deleted": ((write(ROOT), pin()), pin(False), (delete(),), ()),
    "a span comes on another day": ((write(ROOT_WITH_PICTURE),), write(CHILD), (write(SIBLING),), (CHILD, SIBLING)),
    "a span comes on another day and is pinned": ((write(ROOT_WITH_PICTURE),), write(CHILD), (pin(),), (CHILD,)),
    "content joins a trace that is deleted": ((write(ROOT, CONTENT),), write(REPORTER), (delete(),), ()),
    "content joins a trace that begins anew": (
        (write(ROOT, CONTENT),), write(REPORTER), (delete(), write(REPORTER)), (),
    ),
    "content for a trace that is deleted": ((write(ROOT, REPORTER),), write(CONTENT), (delete(),), ()),
    "a trace is read again while a span comes": ((write(ROOT, CHILD),), remap, (write(SIBLING),), (SIBLING,)),
    "a trace is read again while it ends": ((write(ROOT, CHILD),), remap, (write(ENDED_ROOT),), (ENDED_ROOT,)),
    "a trace is read again while it is deleted": ((write(ROOT), write(CHILD)), remap, (delete(),), ()),
}  # fmt: skip
"""By name: what was done before, the call whose answers are lost, what another process does then, and what stays."""


@pytest.mark.parametrize("case", CASES)
def test_a_lost_answer_and_another_process(
    dynamodb: DynamoDBLocal, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    # Where the table takes items away by age, nothing is left over for long: it is used only where it matters.
    retention_days = 30 if "pinned" in case or "another day" in case else None
    before, act, meanwhile, kept = CASES[case]
    monkeypatch.setattr(heads, "PAGE_BYTES", 300)
    monkeypatch.setattr(blobs, "CHUNK_BYTES", 2_000)
    monkeypatch.setattr(projects, "_LOOK_AGAIN_S", -1.0)
    for number in count(1):
        with new_table(dynamodb) as url:
            name = url.removeprefix("dynamodb:").partition("?")[0]
            clock = StillClock()
            one, other, last = (
                DynamoStore(
                    client_of(dynamodb, name), "the test", ChangingReader(), clock, 60, retention_days
                )
                for _ in range(3)
            )
            for each in before:
                each(one, "p")
                clock.advance(1)
            clock.advance(2 * rollups.SETTLED_AFTER_NS / SECOND)
            one.settle(budget_s=10)
            if retention_days is not None:
                clock.advance(2 * DAY)
            is_lost = lose_answer(one, number, lambda: [each(other, "p") for each in meanwhile])  # noqa: B023
            act(one, "p")
            if not is_lost():
                return
            last._reader.edition = 1 + (act is remap)  # type: ignore[attr-defined]
            last.maintain(budget_s=10)
            assert faults_of(last) == [], f"request {number}"
            found = [last.get_span("p", span.trace_id, span.span_id) for span in kept]
            assert found == list(kept), f"request {number}"
            for store in (one, other, last):
                store.close()


def test_an_outcome_is_summed_up_once(dynamodb: DynamoDBLocal, clock: StillClock) -> None:
    with new_table(dynamodb) as url:
        name = url.removeprefix("dynamodb:").partition("?")[0]
        one, other = (
            DynamoStore(client_of(dynamodb, name), "the test", ChangingReader(), clock, 60) for _ in range(2)
        )

        def keep(store: DynamoStore, sender: str) -> None:
            store.keep_outcomes({"p": [Outcome(START, "/v1/traces", 200, sender)]})

        lose_answer(one, 2, lambda: keep(other, "theirs"))
        keep(one, "ours")
        assert [totals.requests for totals in other.sender_totals("p")] == [1, 1]
        assert len(other.outcomes("p")) == 2
        one.close()
        other.close()


def test_a_request_that_comes_while_its_project_goes_is_summed_up_or_gone(
    dynamodb: DynamoDBLocal, clock: StillClock
) -> None:
    with new_table(dynamodb) as url:
        name = url.removeprefix("dynamodb:").partition("?")[0]
        one, other = (
            DynamoStore(client_of(dynamodb, name), "the test", ChangingReader(), clock, 60) for _ in range(2)
        )
        send, coming = one._client._transport, [Outcome(START, "/v1/traces", 200)]
        one.keep_outcomes({"p": [Outcome(START, "/v1/traces", 200)]})

        def transport(operation: str, body: bytes) -> tuple[int, bytes]:
            answer = send(operation, body)
            if operation == "Query" and b'"O#p"' in body and coming:
                other.keep_outcomes({"p": [coming.pop()]})
            return answer

        one._client._transport = transport
        one.delete_project("p")
        assert not coming
        assert len(other.outcomes("p")) == sum(totals.requests for totals in other.sender_totals("p"))
        one.close()
        other.close()


def test_what_a_remap_did_before_it_failed_is_told(dynamodb: DynamoDBLocal, clock: StillClock) -> None:
    with new_table(dynamodb) as url:
        name = url.removeprefix("dynamodb:").partition("?")[0]
        store = DynamoStore(client_of(dynamodb, name), "the test", ChangingReader(), clock, 60)
        store.write("p", [make_span(1), make_span(2, start_s=1)])
        before = store.changes("p").cursor
        store._reader.edition = 2  # type: ignore[attr-defined]
        derive = store._writer.replace

        def replace(*args: Any) -> Any:
            derive(*args)
            raise StoreUnavailable("throttled")

        store._writer.replace = replace  # type: ignore[assignment, method-assign]
        with pytest.raises(StoreUnavailable):
            store.remap("p")
        assert [summary.trace_id for summary in store.changes("p", before).traces] == [trace_id(1)]
        store.close()


def lose_answer(store: DynamoStore, number: int, meanwhile: Callable[[], object]) -> Callable[[], bool]:
    """Loses the `number`th answer from now on, after which something is done `meanwhile`; returns whether it was lost."""
    send = store._client._transport
    sent = 0

    def transport(operation: str, body: bytes) -> tuple[int, bytes]:
        nonlocal sent
        sent += 1
        is_it = sent == number
        answer = send(operation, body)
        if is_it:
            meanwhile()
            raise TimeoutError("timed out")
        return answer

    store._client._transport = transport
    return lambda: sent >= number
