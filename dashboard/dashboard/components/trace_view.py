"""One trace, drawn by trace_view.jsx."""

from __future__ import annotations

import reflex as rx

from ..state import LiveState
from .library import OF_CONTENT, jsx


class TraceView(rx.Component):
    """`changed` names the traces of the last step, or `*`. The trace and the span are in the URL."""

    library = jsx("trace/trace_view.jsx")
    tag = "TraceView"
    lib_dependencies = OF_CONTENT

    version: rx.Var[str]
    changed: rx.Var[str]


def trace_view() -> rx.Component:
    """The trace of the URL, following the live counter."""
    return TraceView.create(version=LiveState.version, changed=LiveState.changed)
