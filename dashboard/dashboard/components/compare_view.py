"""Two traces or two spans beside each other, drawn by compare_view.jsx."""

from __future__ import annotations

import reflex as rx

from .library import OF_CONTENT, jsx


class CompareView(rx.Component):
    """The two sides and the selected row are in the URL."""

    library = jsx("compare/compare_view.jsx")
    tag = "CompareView"
    lib_dependencies = OF_CONTENT


def compare_view() -> rx.Component:
    """The comparison that the URL names."""
    return CompareView.create()
