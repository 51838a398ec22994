"""The list of traces."""

from __future__ import annotations

import reflex as rx

from ..components.frame import frame
from ..components.trace_list import trace_list


def page() -> rx.Component:
    """The frame around the list."""
    return frame(trace_list(), active="traces")
