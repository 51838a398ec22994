"""One session as a conversation."""

from __future__ import annotations

import reflex as rx

from ..components.frame import frame
from ..components.session_view import session_view


def page() -> rx.Component:
    """The frame around it."""
    return frame(session_view(), active="sessions")
