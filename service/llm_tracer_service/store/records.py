"""Rows, summaries and figures as bytes. All three are derived, and can be made again from the bodies.

A row leaves out what has its default value (a tool span then takes a fifth of the room) and names what it keeps, so
that a field that is new to Reading needs no migration. A summary is a plain list in the order of TraceSummary; a store
says by which DERIVATION its summaries were made, and makes them again where it is another one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields
from operator import attrgetter
from typing import Any, get_type_hints

from llm_tracer.model.figures import Figures
from llm_tracer.model.reading import Cost, Reading, Usage
from llm_tracer.model.row import SpanRow
from llm_tracer.model.trace import TraceSummary

from llm_tracer_service.store.exact import Loader, dump

SUMMARY_FIELDS = tuple(
    field.name for field in fields(TraceSummary) if field.name != "last_received_unix_nano"
)
"""`last_received_unix_nano` is kept beside: it alone changes when a known span arrives again."""

_RULES = 3
"""Raise it when a rule changes what a summary, a label or a figure says though no field changes."""

DERIVATION = f"{_RULES}:{','.join(SUMMARY_FIELDS)}"


def _without_defaults(of: type) -> Callable[[Any], dict[str, Any]]:
    names = tuple(field.name for field in fields(of))
    values_of = attrgetter(*names)
    defaults = tuple(
        field.default_factory() if field.default_factory is not MISSING else field.default
        for field in fields(of)
    )

    def write(value: Any) -> dict[str, Any]:
        triples = zip(names, values_of(value), defaults, strict=True)
        return {name: part for name, part, default in triples if part != default}

    return write


_reading_fields = _without_defaults(Reading)
_usage_fields = _without_defaults(Usage)
_cost_fields = _without_defaults(Cost)
_summary_values = attrgetter(*SUMMARY_FIELDS)
_summary_types = get_type_hints(TraceSummary)

_load_row: Loader[tuple[str | None, int | None, Reading]] = Loader(tuple[str | None, int | None, Reading])
_load_summary: Loader[tuple[Any, ...]] = Loader(
    tuple.__class_getitem__(tuple(_summary_types[name] for name in SUMMARY_FIELDS))
)
_load_figures: Loader[Figures] = Loader(Figures)


def dump_row(row: SpanRow) -> bytes:
    """A row but for its span id and its start, which stand beside it. 5 µs."""
    reading = _reading_fields(row.reading)
    if row.reading.usage is not None:
        reading["usage"] = _usage_fields(row.reading.usage)
    if row.reading.cost is not None:
        reading["cost"] = _cost_fields(row.reading.cost)
    return dump((row.parent_span_id, row.end_time_unix_nano, reading))


def load_row(span_id: str, start_unix_nano: int, data: bytes) -> SpanRow:
    """The row that `dump_row` wrote."""
    parent_span_id, end_unix_nano, reading = _load_row(data)
    return SpanRow(span_id, parent_span_id, start_unix_nano, end_unix_nano, reading)


def dump_summary(summary: TraceSummary) -> bytes:
    """A summary but for `last_received_unix_nano`."""
    return dump(_summary_values(summary))


def load_summary(data: bytes, last_received_unix_nano: int) -> TraceSummary:
    """The summary that `dump_summary` wrote."""
    values = zip(SUMMARY_FIELDS, _load_summary(data), strict=True)
    return TraceSummary(**dict(values), last_received_unix_nano=last_received_unix_nano)


def dump_figures(figures: Figures) -> bytes:
    """Figures as bytes."""
    return dump(figures)


def load_figures(data: bytes) -> Figures:
    """The figures that `dump_figures` wrote."""
    return _load_figures(data)
