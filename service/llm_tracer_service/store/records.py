"""Summaries and figures as bytes. Both are derived, and can be made again from the bodies.

A summary is a plain list in the order of TraceSummary. A store notes the DERIVATION of its summaries, and makes them again
when that changes.
"""

from __future__ import annotations

from dataclasses import fields
from operator import attrgetter
from typing import Any, get_type_hints

from llm_tracer.model.figures import Figures
from llm_tracer.model.trace import TraceSummary

from llm_tracer_service.store.exact import Loader, dump

SUMMARY_FIELDS = tuple(
    field.name for field in fields(TraceSummary) if field.name != "last_received_unix_nano"
)
"""`last_received_unix_nano` is kept separately: it alone changes when a known span arrives again."""

_RULES = 3
"""Raise this when a rule changes what a summary, a label or a figure says without changing a field."""

DERIVATION = f"{_RULES}:{','.join(SUMMARY_FIELDS)}"


_summary_values = attrgetter(*SUMMARY_FIELDS)
_summary_types = get_type_hints(TraceSummary)

_load_summary: Loader[tuple[Any, ...]] = Loader(
    tuple.__class_getitem__(tuple(_summary_types[name] for name in SUMMARY_FIELDS))
)
_load_figures: Loader[Figures] = Loader(Figures)


def dump_summary(summary: TraceSummary) -> bytes:
    """A summary without its `last_received_unix_nano`."""
    return dump(_summary_values(summary))


def load_summary(data: bytes, last_received_unix_nano: int) -> TraceSummary:
    """The summary that `dump_summary` wrote."""
    return TraceSummary(*_load_summary(data), last_received_unix_nano)  # type: ignore[call-arg]  # the field that is left


def dump_figures(figures: Figures) -> bytes:
    """Figures as bytes."""
    return dump(figures)


def load_figures(data: bytes) -> Figures:
    """The figures that `dump_figures` wrote."""
    return _load_figures(data)
