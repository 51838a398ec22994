"""What arrived, and what did not."""

from __future__ import annotations

import reflex as rx

from ..components.frame import frame
from ..components.wider_views import IngestPage


def page() -> rx.Component:
    """The frame around the ingest log."""
    return frame(IngestPage.create(), active="ingest")
