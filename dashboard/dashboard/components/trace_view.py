"""One trace, drawn by trace_view.jsx."""

from __future__ import annotations

import reflex as rx

from ..state import LiveState
from .library import jsx


class TraceView(rx.Component):
    """`changed` names the traces of the last step, or `*`. The trace and the span are in the URL."""

    library = jsx("trace_view.jsx")
    tag = "TraceView"
    lib_dependencies: list[str] = ["marked@18.2.1"]  # noqa: RUF012 - the name and type are Reflex's
    """Parses Markdown into tokens, which we draw ourselves, so that no HTML of a sender reaches the page."""

    version: rx.Var[str]
    changed: rx.Var[str]


def trace_view() -> rx.Component:
    """The trace of the URL, following the live counter."""
    return TraceView.create(version=LiveState.version, changed=LiveState.changed)
