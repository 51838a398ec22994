"""What is kept, and by what rules."""

from __future__ import annotations

import reflex as rx

from ..components.frame import frame
from ..components.wider_views import SettingsPage


def page() -> rx.Component:
    """The frame around the settings."""
    return frame(SettingsPage.create(), active="settings")
