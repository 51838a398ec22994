"""What the traces did."""

from __future__ import annotations

import reflex as rx

from ..components.frame import frame
from ..components.wider_views import PatternsPage, counted


def page() -> rx.Component:
    """The frame around the patterns."""
    return frame(counted(PatternsPage), active="patterns")
