"""The list of sessions and the one of users, drawn by session_list.jsx."""

from __future__ import annotations

import reflex as rx

from ..state import LiveState
from .library import jsx


class SessionList(rx.Component):
    """`version` moves when any trace changed; the page then fetches by itself. The question is in the URL."""

    library = jsx("session/session_list.jsx")
    tag = "SessionList"

    version: rx.Var[str]
    health: rx.Var[dict[str, str]]


def session_list() -> rx.Component:
    """The list of sessions and the one of users, following the live counter."""
    return SessionList.create(version=LiveState.version, health=LiveState.health)
