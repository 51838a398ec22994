"""Limits password guessing: after a few failures from one place there is a pause. No I/O; the clock is injected."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

LIMIT: Final = 5
WINDOW_S: Final = 300.0
PLACES: Final = 10_000
"""How many places are remembered; beyond that, the one that failed longest ago is forgotten."""


class Attempts:
    """Counts failures by place. `now` gives seconds that only grow."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._failures: dict[str, list[float]] = {}

    def wait_s(self, address: str) -> float:
        """How long this address has to wait before it may try again; 0 if it need not."""
        recent = self._recent(place_of(address))
        return recent[-LIMIT] + WINDOW_S - self._now() if len(recent) >= LIMIT else 0.0

    def failed(self, address: str) -> None:
        """Remember a wrong guess."""
        place = place_of(address)
        recent = self._recent(place)
        self._failures.pop(place, None)  # put last again, so that the order is by latest failure
        self._failures[place] = [*recent, self._now()][-LIMIT:]
        if len(self._failures) > PLACES:
            del self._failures[next(iter(self._failures))]

    def succeeded(self, address: str) -> None:
        """Forget the failures of a place that knows the password."""
        self._failures.pop(place_of(address), None)

    def _recent(self, place: str) -> list[float]:
        since = self._now() - WINDOW_S
        return [at for at in self._failures.get(place, ()) if at > since]


def place_of(address: str) -> str:
    """What counts as one place: an IPv4 address, the /64 of an IPv6 one, any other text as it is.

    >>> place_of("192.0.2.7"), place_of("2001:db8:1:2:3::9")
    ('192.0.2.7', '2001:db8:1:2::/64')
    """
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or ip_network((found, 64), strict=False))
