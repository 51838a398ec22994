"""The list of traces, drawn by trace_list.jsx."""

from __future__ import annotations

import reflex as rx

from ..state import LiveState
from .library import jsx


class TraceList(rx.Component):
    """`version` moves when any trace changed; the list then fetches by itself. Query, range and sort are in the URL."""

    library = jsx("list/trace_list.jsx")
    tag = "TraceList"

    version: rx.Var[str]
    health: rx.Var[dict[str, str]]


def trace_list() -> rx.Component:
    """The list, following the live counter."""
    return TraceList.create(version=LiveState.version, health=LiveState.health)
