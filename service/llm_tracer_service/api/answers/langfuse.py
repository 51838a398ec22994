"""The answers to Langfuse's SDKs, in their form."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class EventKept(Struct, frozen=True):
    """An event that is on disk."""

    id: str
    status: int = 201


class EventRefused(Struct, frozen=True):
    """An event that was refused, and why."""

    id: str
    message: str
    error: str
    status: int = 400


class EventsTaken(Struct, frozen=True):
    """What became of each event of a batch."""

    successes: list[EventKept]
    errors: list[EventRefused]


class ScoresAccepted(Struct, frozen=True):
    """All scores are on disk."""

    message: str = "Accepted"


class ScoreRefused(Struct, frozen=True):
    """Why a score was refused."""

    message: str


class ScoresTaken(Struct, frozen=True):
    """How many scores are on disk, and why others were refused."""

    accepted: int
    rejected: int
    errors: list[ScoreRefused]


class MediumAnnounced(Struct, frozen=True, rename="camel"):
    """Where to upload a medium, and its id."""

    media_id: str
    upload_url: str


class PeerHealth(Struct, frozen=True):
    """That something answers, and its version: that of LLM Tracer."""

    status: str
    version: str


class NamedPeer(Struct, frozen=True):
    """An id and a name."""

    id: str
    name: str


class PeerProject(Struct, frozen=True, rename="camel"):
    """A project."""

    id: str
    name: str
    organization: NamedPeer
    metadata: dict[str, Any] = {}
    retention_days: int | None = None


class PeerProjects(Struct, frozen=True):
    """The project of the key."""

    data: list[PeerProject]
