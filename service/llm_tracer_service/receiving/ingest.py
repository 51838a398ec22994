"""From a body to spans on the disk: one synchronous step, the same for every way in (HTTP, Lambda, gRPC).

The order is the promise: decode, count against the rate, write, and only then answer. What became of the request is
remembered whatever the outcome.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from llm_tracer.model.span import SpanData

from llm_tracer_service.errors import Problem, problem_of
from llm_tracer_service.receiving.decoded import Decoded
from llm_tracer_service.receiving.time_units import doubt
from llm_tracer_service.service import Service
from llm_tracer_service.store.outcomes import Outcome, RefusedSpan

_EXAMPLES_MAX = 5
"""So many refused spans of a request are named in its record."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a body came from: the path, who sent it, and its size as it travelled.

    `lost_spans` is what the sender reports as lost before it, `is_spooled` says that the body waited on its disk.
    """

    path: str
    user_agent: str | None = None
    size_bytes: int = 0
    lost_spans: int = 0
    is_spooled: bool = False


@dataclass(slots=True)
class _Seen:
    """What is known of a request so far, for its record."""

    status: int = 200
    decoded: Decoded = field(default_factory=Decoded)
    fault: str | None = None
    started_s: float = field(default_factory=time.perf_counter)

    def refuse(self, fault: Exception) -> None:
        problem = problem_of(fault)
        self.status, self.fault = problem.status, problem.detail


def ingest(service: Service, project: str, source: Source, decode: Callable[[], Decoded]) -> Decoded:
    """Decodes and keeps; durable when it returns. Raises what `decode`, the rate limit and the store raise."""
    seen = _Seen()
    try:
        seen.decoded = decode()
        keep(service, project, seen.decoded.spans)
        return seen.decoded
    except Exception as fault:
        seen.refuse(fault)  # no variable here holds it: see `_refusal` in api/operation.py
        raise
    finally:
        _remember(service, project, source, seen)


def keep(service: Service, project: str, spans: Sequence[SpanData]) -> None:
    """Writes spans, within the project's rate, and wakes those who wait for changes."""
    if not spans:
        return
    service.rate_limit.take(project, len(spans), service.clock())
    service.store.write(project, spans)
    service.bell.ring(project)


def remember_refusal(service: Service, project: str, source: Source, problem: Problem) -> None:
    """Remembers a request whose body was refused before it could be read."""
    _remember(service, project, source, _Seen(status=problem.status, fault=problem.detail))


def _remember(service: Service, project: str, source: Source, seen: _Seen) -> None:
    decoded = seen.decoded
    accepted = 0 if seen.fault else len(decoded.spans)
    refused = Counter(rejected.reason for rejected in decoded.rejected)
    if seen.fault:
        refused[seen.fault] += len(decoded.spans) or 1
    survey = service.surveyor.of(decoded.spans)
    service.ingest_log.add(
        project,
        Outcome(
            time_unix_nano=service.clock(),
            source=source.path,
            status=seen.status,
            user_agent=source.user_agent,
            convention=survey.convention,
            accepted=accepted,
            dropped=decoded.dropped,
            refused=refused,
            size_bytes=source.size_bytes,
            duration_ms=(time.perf_counter() - seen.started_s) * 1e3,
            lost=0 if seen.fault else source.lost_spans,  # what was refused, is said again
            is_spooled=source.is_spooled,
            examples=tuple(
                RefusedSpan(each.index, each.where, each.reason) for each in decoded.rejected[:_EXAMPLES_MAX]
            ),
            unmapped=survey.unmapped,
            note=doubt(decoded.spans) if accepted else "",
        ),
    )
    service.metrics.add(project, "tracer_spans_accepted_total", accepted)
    service.metrics.add(project, "tracer_spans_rejected_total", refused.total())
    service.metrics.add(project, "tracer_records_dropped_total", decoded.dropped)
    service.metrics.add(project, "tracer_spans_lost_by_senders_total", 0 if seen.fault else source.lost_spans)
    service.metrics.add(project, "tracer_received_bytes_total", source.size_bytes)
