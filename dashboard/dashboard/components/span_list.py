"""The list of spans over all traces, drawn by span_list.jsx."""

from __future__ import annotations

import reflex as rx

from ..state import LiveState
from .library import jsx


class SpanList(rx.Component):
    """`version` moves when any trace changed; the list then fetches by itself. Query, range and sort are in the URL."""

    library = jsx("list/span_list.jsx")
    tag = "SpanList"

    version: rx.Var[str]
    health: rx.Var[dict[str, str]]


def span_list() -> rx.Component:
    """The list, following the live counter."""
    return SpanList.create(version=LiveState.version, health=LiveState.health)
