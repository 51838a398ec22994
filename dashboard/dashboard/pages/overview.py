"""What happened, how long it took, what it cost."""

from __future__ import annotations

import reflex as rx

from ..components.frame import frame
from ..components.wider_views import Overview, counted


def page() -> rx.Component:
    """The frame around the overview."""
    return frame(counted(Overview), active="overview")
