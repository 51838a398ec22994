"""What broke, by what the failures have in common."""

from __future__ import annotations

import reflex as rx

from ..components.frame import frame
from ..components.wider_views import ErrorsPage, counted


def page() -> rx.Component:
    """The frame around the failures."""
    return frame(counted(ErrorsPage), active="errors")
