"""Ports for programs that tests start, and that bind them only some time later."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from functools import cache
from itertools import cycle

BLOCK = 200
BLOCKS = range(11_000, 32_000, BLOCK)
"""Below the ports that the system gives to connections, so nobody gets one of these by chance. Above those that
browsers refuse (the last is 10080)."""


def free_port() -> int:
    """A port at which nobody listens, and which no other process gets from here."""
    return next(port for port in _ports() if _is_free(port))


@cache
def _ports() -> Iterator[int]:
    """The ports of a block, in a cycle. A block belongs to the process that listens at its first port."""
    for first in random.sample(BLOCKS, len(BLOCKS)):
        try:
            _ours.append(socket.create_server(("127.0.0.1", first)))
        except OSError:
            continue
        return cycle(range(first + 1, first + BLOCK))
    raise AssertionError("every block of ports is taken")


_ours: list[socket.socket] = []
"""Held until the process ends."""


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # as servers do, so that a closed port is free at once
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
