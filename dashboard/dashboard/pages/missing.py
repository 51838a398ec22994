"""The page for an unknown address."""

from __future__ import annotations

import reflex as rx

from ..components.frame import frame


def page() -> rx.Component:
    """Says that there is no such page, and links to the list."""
    words = rx.el.div(
        rx.el.h1("There is no such page"),
        rx.el.p("The address is not one of this dashboard."),
        rx.el.div(rx.el.a("Go to the traces", href="/", class_name="button"), class_name="note-actions"),
        class_name="empty-inner narrow",
    )
    return frame(rx.el.div(words, class_name="empty"), active="")
