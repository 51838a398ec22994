"""What browsers receive over their socket: words and counters, never payloads or lists of spans."""

from __future__ import annotations

import secrets

import reflex as rx

from . import view
from .live import Snapshot

SHOWN = Snapshot(view.health("connecting", "the Tracer API"))
"""The last snapshot of this process, from which new sessions start."""
_RUN = secrets.token_hex(4)


def remember(snapshot: Snapshot) -> None:
    """Keep the snapshot for sessions to come."""
    global SHOWN  # one process, one Tracer API, one key: the same words for every session
    SHOWN = snapshot


def word_of(version: int) -> str:
    """A version as pages compare it; it differs from those of another run of this process."""
    return f"{_RUN}.{version}"


def _words(snapshot: Snapshot) -> dict[str, str]:
    return {name: str(value) for name, value in snapshot.health.items()}


class LiveState(rx.State):
    """The connection's health, and a counter that grows when traces change, as `word_of` writes it."""

    health: dict[str, str] = _words(SHOWN)
    version: str = ""
    changed: str = ""

    @rx.event
    def arrive(self) -> None:
        """A page was opened: show what the process knows already."""
        self.show(SHOWN)

    def show(self, snapshot: Snapshot) -> None:
        """Show a snapshot."""
        self.health = _words(snapshot)
        self.version = word_of(snapshot.version)
        self.changed = snapshot.changed
