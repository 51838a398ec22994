"""The list of spans."""

from __future__ import annotations

import reflex as rx

from ..components.frame import frame
from ..components.span_list import span_list


def page() -> rx.Component:
    """The frame around the list."""
    return frame(span_list(), active="spans")
