from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event

import pytest
from llm_tracer_service.errors import Problem
from llm_tracer_service.service import room as room_module
from llm_tracer_service.service.room import BODIES_MAX, LARGE_BYTES, LARGE_MAX, Room


def test_what_requests_take_comes_back_however_they_end() -> None:
    room = Room(10)
    for _ in range(3):
        with suppress(RuntimeError), room.share() as share:
            share.take(BODIES_MAX * 10)
            raise RuntimeError
    with room.share() as share:
        share.take(BODIES_MAX * 10)
        with pytest.raises(Problem) as refused:
            share.take(1)
        assert (refused.value.status, refused.value.retry_after_s) == (503, 2)
    room.check(BODIES_MAX * 10)


def test_large_bodies_take_turns_and_small_ones_do_not() -> None:
    room = Room(10)
    begun = Event()

    def second() -> None:
        with room.share() as share:
            share.before_decoding(LARGE_BYTES + 1)
            begun.set()

    with ThreadPoolExecutor(1) as threads:
        with room.share() as first, room.share() as small:
            first.before_decoding(LARGE_BYTES + 1)
            first.before_decoding(LARGE_BYTES + 1)  # its turn lasts
            waiting = threads.submit(second)
            small.before_decoding(LARGE_BYTES)
            assert not begun.wait(0.1)
        waiting.result(10)
    assert begun.is_set()


def test_not_every_thread_waits_for_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room(10)
    monkeypatch.setattr(room_module, "TURN_WAIT_S", 0.2)

    def wait() -> int:
        with room.share() as share, pytest.raises(Problem) as refused:
            share.before_decoding(LARGE_BYTES + 1)
        return refused.value.status

    with room.share() as first, ThreadPoolExecutor(LARGE_MAX) as threads:
        first.before_decoding(LARGE_BYTES + 1)
        assert [*threads.map(lambda _: wait(), range(2 * LARGE_MAX))] == [503] * 2 * LARGE_MAX
    with room.share() as share:
        share.before_decoding(LARGE_BYTES + 1)
