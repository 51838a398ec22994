"""Waits for facts. How long they take is not tested: on a busy machine it may be long."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx

T = TypeVar("T")

PATIENCE_S = 120.0
"""When a test gives up waiting: a bound for what hangs, not for what is slow. The longest normal wait is 30 s, until
a service looks into the spool again; an overloaded machine takes four times as long."""

LOOK_AGAIN_S = 0.05


def client_of(url: str = "", **options: Any) -> httpx.Client:
    """A client of a server without TLS. One that could check certificates takes 40 ms of CPU to make, and tests make
    hundreds."""
    return httpx.Client(base_url=url, timeout=PATIENCE_S, verify=False, **options)


http = client_of(limits=httpx.Limits(max_keepalive_connections=0))
"""For single requests to any server, each on its own connection. `httpx.get` and the like give up after 5 s."""


def until(look: Callable[[], T]) -> T:
    """Call `look` until its answer is true, and return that. After PATIENCE_S, raises AssertionError with the last
    answer."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not (found := look()):
        assert time.monotonic() < deadline_s, f"waited in vain; the last answer was {found!r}"
        time.sleep(LOOK_AGAIN_S)
    return found
