"""Waiting for a fact itself. How long it takes is not tested: on a machine that does other things it takes long."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import httpx

T = TypeVar("T")

PATIENCE_S = 120.0
"""When a test stops waiting for what never comes: a bound for what hangs, not for what is slow. The longest wait that is
normal is 30 s, until a service looks into the spool again; a machine with ten times its load takes four times as long."""

LOOK_AGAIN_S = 0.05

http = httpx.Client(timeout=PATIENCE_S, limits=httpx.Limits(max_keepalive_connections=0))
"""For single requests to any server, each on a connection of its own. httpx.get and its like give up after 5 s."""


def until(look: Callable[[], T]) -> T:
    """What `look` finds, asked until it is true. Raises AssertionError with the last answer when PATIENCE_S are over."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not (found := look()):
        assert time.monotonic() < deadline_s, f"waited in vain; the last answer was {found!r}"
        time.sleep(LOOK_AGAIN_S)
    return found
