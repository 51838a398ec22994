"""One trace: its answers, its tree and timeline, and the content of the selected span."""

from __future__ import annotations

import reflex as rx

from ..components.frame import frame
from ..components.trace_view import trace_view


def page() -> rx.Component:
    """The frame around one trace."""
    return frame(trace_view(), active="traces")
