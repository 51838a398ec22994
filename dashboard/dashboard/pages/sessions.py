"""The list of sessions."""

from __future__ import annotations

import reflex as rx

from ..components.frame import frame
from ..components.session_list import session_list


def page() -> rx.Component:
    """The frame around it."""
    return frame(session_list(), active="sessions")
