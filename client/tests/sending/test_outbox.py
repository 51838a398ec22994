from __future__ import annotations

import random

import pytest
from llm_tracer.sending.outbox import RETRY_MAX_S, Batch, Outbox, verdict


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, "delivered"), (204, "delivered"), (301, "later"), (400, "refused"), (401, "refused"), (404, "later"),
        (405, "later"), (408, "later"), (413, "split"), (429, "later"), (500, "later"), (503, "later"),
    ],
)  # fmt: skip
def test_what_an_answer_means(status: int, expected: str) -> None:
    assert verdict(status) == expected


def test_waits_grow_to_a_bound_and_start_again() -> None:
    outbox = Outbox()
    outbox.batches.append(Batch(b"", "gzip", 1, 1, 0))
    waits = []
    for _ in range(30):
        outbox.postpone(0.0)
        waits.append(outbox.retry_at_s)
    assert 0.18 <= waits[0] <= 0.32
    assert waits[1] > waits[0]
    assert max(waits) <= RETRY_MAX_S * 1.25
    outbox.forget_failures()
    assert outbox.is_open(0.0)


def test_the_servers_wish_is_respected() -> None:
    outbox = Outbox()
    outbox.batches.append(Batch(b"", "gzip", 1, 1, 0))
    outbox.postpone(100.0, retry_after_s=30.0)
    assert outbox.take(129.9) is None
    assert outbox.take(130.0) == outbox.in_flight


def test_an_empty_outbox_gives_nothing() -> None:
    assert Outbox().take(1e9) is None


def test_what_did_not_arrive_is_the_next_again() -> None:
    outbox = Outbox()
    outbox.batches.extend([Batch(b"", "gzip", 1, 1, 0), Batch(b"", "gzip", 2, 2, 0)])
    first = outbox.take(0.0)
    outbox.put_back()
    outbox.put_back()
    assert outbox.take(0.0) is first
    assert len(outbox.batches) == 1


def test_the_random_numbers_of_the_program_are_left_alone() -> None:
    state = random.getstate()
    Outbox().postpone(0.0)
    assert random.getstate() == state
