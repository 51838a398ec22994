"""One session as a conversation, drawn by session_view.jsx."""

from __future__ import annotations

import reflex as rx

from ..state import LiveState
from .library import OF_CONTENT, jsx


class SessionView(rx.Component):
    """`version` moves when any trace changed. The session and the turn are in the URL."""

    library = jsx("session/session_view.jsx")
    tag = "SessionView"
    lib_dependencies = OF_CONTENT

    version: rx.Var[str]


def session_view() -> rx.Component:
    """One session as a conversation, following the live counter."""
    return SessionView.create(version=LiveState.version)
