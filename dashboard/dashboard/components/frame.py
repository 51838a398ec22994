"""The frame of every page: rail, top bar with the query box and the connection, help, theme."""

from __future__ import annotations

import reflex as rx

from ..state import LiveState
from .library import jsx


class Frame(rx.Component):
    """Drawn by frame.jsx. `health`: words of `view.Health`. `active`: the rail entry to mark."""

    library = jsx("frame/frame.jsx")
    tag = "Frame"

    health: rx.Var[dict[str, str]]
    active: rx.Var[str]


def frame(*children: rx.Component, active: str) -> rx.Component:
    """Put the frame around a page."""
    return Frame.create(*children, health=LiveState.health, active=active)
