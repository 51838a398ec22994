"""The wider views: overview, errors, patterns, ingest, settings. Each has its own script."""

from __future__ import annotations

import reflex as rx

from ..state import LiveState
from .library import jsx


class CountedView(rx.Component):
    """A view of figures. `version` changes with any trace; query and range are in the URL."""

    version: rx.Var[str]
    health: rx.Var[dict[str, str]]


class Overview(CountedView):
    """Drawn by overview.jsx."""

    library = jsx("figures/overview.jsx")
    tag = "Overview"


class ErrorsPage(CountedView):
    """Drawn by errors_page.jsx."""

    library = jsx("figures/errors_page.jsx")
    tag = "ErrorsPage"


class PatternsPage(CountedView):
    """Drawn by patterns_page.jsx."""

    library = jsx("figures/patterns_page.jsx")
    tag = "PatternsPage"


class IngestPage(rx.Component):
    """Drawn by ingest_page.jsx, which polls, since refused spans change no trace."""

    library = jsx("operating/ingest_page.jsx")
    tag = "IngestPage"


class SettingsPage(rx.Component):
    """Drawn by settings_page.jsx."""

    library = jsx("operating/settings_page.jsx")
    tag = "SettingsPage"


def counted(view: type[CountedView]) -> rx.Component:
    """A view of figures, following the live counter."""
    return view.create(version=LiveState.version, health=LiveState.health)
