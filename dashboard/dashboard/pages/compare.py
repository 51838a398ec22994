"""Two traces or two spans beside each other."""

from __future__ import annotations

import reflex as rx

from ..components.compare_view import compare_view
from ..components.frame import frame


def page() -> rx.Component:
    """The frame around it."""
    return frame(compare_view(), active="compare")
