"""Counters of this process, and their text for Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from threading import Lock
from typing import TypeAlias

Labels: TypeAlias = tuple[tuple[str, str], ...]

_HELP = {
    "tracer_requests_total": "Requests answered, by route, method and status.",
    "tracer_request_seconds_total": "Time spent answering them.",
    "tracer_spans_accepted_total": "Spans written, retries included.",
    "tracer_spans_rejected_total": "Spans refused.",
    "tracer_records_dropped_total": "Log records and metrics that were understood and of no use.",
    "tracer_spans_lost_by_senders_total": "Spans that senders report as lost before they could send them.",
    "tracer_received_bytes_total": "Bodies as they travelled.",
}
UNITS = "tracer_dynamodb_consumed_capacity_units_total"
_HELP_UNITS = "Capacity units that this process consumed of the DynamoDB table, for all projects."

PROJECTS_MAX = 1_000


class Metrics:
    """Counters by project, so that the figures of one reveal nothing about another."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._of: dict[str, dict[tuple[str, Labels], float]] = {}

    def add(
        self, project: str, name: str, amount: float = 1, labels: Mapping[str, str] | None = None
    ) -> None:
        """Adds to a counter in _HELP."""
        with self._lock:
            if project not in self._of and len(self._of) >= PROJECTS_MAX:
                del self._of[next(iter(self._of))]
            counters = self._of.setdefault(project, {})
            counter = (name, tuple(sorted((labels or {}).items())))
            counters[counter] = counters.get(counter, 0) + amount

    def text(self, project: str) -> str:
        """The counters of one project in the Prometheus text format 0.0.4."""
        with self._lock:
            counters = dict(self._of.get(project, {}))
        lines: list[str] = []
        for name, help_text in _HELP.items():
            samples = [
                (labels, value) for (counter, labels), value in sorted(counters.items()) if counter == name
            ]
            lines += _counter(name, help_text, samples)
        return "\n".join(lines) + "\n"


def consumed_text(units: Mapping[tuple[str, str], float]) -> str:
    """Capacity units by operation and kind in the same format; empty if the store counts none."""
    if not units:
        return ""
    samples = [
        ((("kind", kind), ("operation", operation)), amount)
        for (operation, kind), amount in sorted(units.items())
    ]
    return "\n".join(_counter(UNITS, _HELP_UNITS, samples)) + "\n"


def _counter(name: str, help_text: str, samples: Iterable[tuple[Labels, float]]) -> Iterator[str]:
    yield f"# HELP {name} {help_text}"
    yield f"# TYPE {name} counter"
    for labels, value in samples:
        yield f"{name}{_labels(labels)} {_number(value)}"


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.6f}"
