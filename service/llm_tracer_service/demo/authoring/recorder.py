"""A simulated clock and a recorder of spans, with which the stories of this package are told.

Time passes only by `wait` and `think`, and all random numbers come from the seed, so that a story always gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

NEWEST_ENDED_UNIX_NANO = 1_793_613_600_000_000_000
"""2026-11-02T10:00:00Z: when the newest trace of the files ended. `send.py` moves it to a minute ago."""

INTERNAL, CLIENT = 1, 3
UNSET, OK, ERROR = 0, 1, 2
_NATIVE_STATUS = ("unset", "ok", "error")


@dataclass(frozen=True)
class Scope:
    """The instrumentation library that a story stands for."""

    name: str
    version: str = ""


@dataclass
class RecordedSpan:
    """A span of a story. Times are microseconds since the story began; `end_us` is None while it runs."""

    name: str
    span_id: str
    parent_span_id: str | None
    start_us: int
    scope: Scope
    kind: int
    attributes: dict[str, Any]
    end_us: int | None = None
    status: int = UNSET
    status_message: str = ""
    events: list[tuple[str, int, dict[str, Any]]] = field(default_factory=list)

    def __setitem__(self, key: str, value: object) -> None:
        self.attributes[key] = value

    def ok(self) -> None:
        """Sets the status to ok, which some instrumentations do, while others leave it unset."""
        self.status = OK


class Recording:
    """One trace while it is told."""

    def __init__(
        self,
        key: str,
        scope: Scope,
        resource: Mapping[str, Any],
        *,
        ended_before_s: float,
    ) -> None:
        """`ended_before_s`: how long before the newest trace this one ended, or if it is open, last sent something."""
        self.random = random.Random(key)  # noqa: S311  # a story, not a secret
        self.trace_id = self.random.randbytes(16).hex()
        self._scope = scope
        self._resource = dict(resource)
        self._ended_before_us = round(ended_before_s * 1e6)
        self._now_us = 0
        self._spans: list[RecordedSpan] = []
        self._stack: list[RecordedSpan] = []
        self._noted_times: list[tuple[RecordedSpan, str, int]] = []

    # ---- telling

    @contextmanager
    def span(
        self,
        name: str,
        attributes: Mapping[str, Any] | None = None,
        *,
        kind: int = INTERNAL,
        scope: Scope | None = None,
        stays_open: bool = False,
    ) -> Iterator[RecordedSpan]:
        """A span around what happens in the block. `stays_open`: the process died before it ended."""
        parent = self._stack[-1].span_id if self._stack else None
        span = RecordedSpan(
            name,
            self.random.randbytes(8).hex(),
            parent,
            self._now_us,
            scope or self._scope,
            kind,
            dict(attributes or {}),
        )
        self._spans.append(span)
        self._stack.append(span)
        yield span
        self._stack.pop()
        span.end_us = None if stays_open else self._now_us

    def wait(self, ms: float, *, spread: float = 0.15) -> None:
        """Lets about this many milliseconds pass."""
        self._now_us += max(1, round(ms * 1000 * self.random.uniform(1 - spread, 1 + spread)))

    def event(self, span: RecordedSpan, name: str, attributes: Mapping[str, Any] | None = None) -> None:
        """Adds an event that happens now."""
        span.events.append((name, self._now_us, dict(attributes or {})))

    def fail(self, span: RecordedSpan, type_: str, message: str, stack: str, *, escaped: bool = True) -> None:
        """Records an exception in the form of OpenTelemetry SDKs."""
        self.event(
            span,
            "exception",
            {
                "exception.type": type_,
                "exception.message": message,
                "exception.stacktrace": stack,
                "exception.escaped": str(escaped),
            },
        )
        span.status, span.status_message = ERROR, f"{type_.rpartition('.')[2]}: {message}"

    def note_time(self, span: RecordedSpan, key: str, us: int) -> None:
        """An attribute that is a time, as JSON text of RFC 3339. It is written when the time of the story is known."""
        self._noted_times.append((span, key, us))

    @contextmanager
    def parallel(self) -> Iterator[Lanes]:
        """Lanes that all begin now; the block takes as long as the slowest."""
        lanes = Lanes(self, self._now_us)
        yield lanes
        self._now_us = lanes.latest_us

    def identifier(self, prefix: str, length: int) -> str:
        """An id in the form that providers use."""
        letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789"
        return prefix + "".join(self.random.choices(letters, k=length))

    @property
    def now_ms(self) -> float:
        return self._now_us / 1000

    # ---- writing

    def resource_spans(self) -> dict[str, Any]:
        """OTLP/JSON `ResourceSpans`: ended spans in the order of their ends, as an exporter sends them."""
        for span, key, us in self._noted_times:
            span[key] = json_text(rfc3339_ms(self._nanos(us)))
        by_scope: dict[Scope, list[dict[str, Any]]] = {}
        ended = [span for span in self._spans if span.end_us is not None]
        for span in sorted(ended, key=lambda span: (span.end_us or 0, -span.start_us)):
            by_scope.setdefault(span.scope, []).append(self._otlp(span))
        return {
            "resource": {"attributes": _key_values(self._resource)},
            "scopeSpans": [
                {"scope": {"name": scope.name, "version": scope.version}, "spans": spans}
                for scope, spans in by_scope.items()
            ],
        }

    def native_batch(self) -> dict[str, Any]:
        """The body for `POST /api/spans`, in which spans may have no end."""
        return {
            "resource": self._resource,
            "scope": {"name": self._scope.name, "version": self._scope.version},
            "spans": [self._native(span) for span in self._spans],
        }

    def _nanos(self, us: int) -> int:
        return NEWEST_ENDED_UNIX_NANO + (us - self._now_us - self._ended_before_us) * 1000

    def _otlp(self, span: RecordedSpan) -> dict[str, Any]:
        assert span.end_us is not None
        status: dict[str, Any] = {"code": span.status} if span.status else {}
        if span.status_message:
            status["message"] = span.status_message
        return {
            "traceId": self.trace_id,
            "spanId": span.span_id,
            **({"parentSpanId": span.parent_span_id} if span.parent_span_id else {}),
            "name": span.name,
            "kind": span.kind,
            "startTimeUnixNano": str(self._nanos(span.start_us)),
            "endTimeUnixNano": str(self._nanos(span.end_us)),
            "attributes": _key_values(span.attributes),
            **(
                {
                    "events": [
                        {
                            "timeUnixNano": str(self._nanos(us)),
                            "name": name,
                            "attributes": _key_values(attributes),
                        }
                        for name, us, attributes in span.events
                    ]
                }
                if span.events
                else {}
            ),
            "status": status,
        }

    def _native(self, span: RecordedSpan) -> dict[str, Any]:
        status = {"code": _NATIVE_STATUS[span.status]}
        if span.status_message:
            status["message"] = span.status_message
        return {
            "trace_id": self.trace_id,
            "span_id": span.span_id,
            **({"parent_span_id": span.parent_span_id} if span.parent_span_id else {}),
            "name": span.name,
            "start_time_unix_nano": self._nanos(span.start_us),
            **({} if span.end_us is None else {"end_time_unix_nano": self._nanos(span.end_us)}),
            "status": status,
            "attributes": span.attributes,
            **(
                {
                    "events": [
                        {"name": name, "time_unix_nano": self._nanos(us), "attributes": attributes}
                        for name, us, attributes in span.events
                    ]
                }
                if span.events
                else {}
            ),
        }


class Lanes:
    """Things that run in parallel: each `with lanes.lane():` starts at the same moment."""

    def __init__(self, recording: Recording, start_us: int) -> None:
        self._recording = recording
        self._start_us = start_us
        self.latest_us = start_us

    @contextmanager
    def lane(self) -> Iterator[None]:
        self._recording._now_us = self._start_us
        yield
        self.latest_us = max(self.latest_us, self._recording._now_us)


def python_resource(service: str, version: str, environment: str = "production") -> dict[str, Any]:
    """How the OpenTelemetry SDK for Python describes a process."""
    instance = hashlib.sha256(service.encode()).hexdigest()[:12]
    return {
        "telemetry.sdk.language": "python",
        "telemetry.sdk.name": "opentelemetry",
        "telemetry.sdk.version": "1.45.2",
        "service.name": service,
        "service.version": version,
        "service.instance.id": f"{service}-{instance}",
        "deployment.environment.name": environment,
    }


def rfc3339_ms(unix_nano: int) -> str:
    """`2026-11-02T10:00:00.000Z`."""
    seconds, nanos = divmod(unix_nano, 1_000_000_000)
    moment = datetime.fromtimestamp(seconds, tz=UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{nanos // 1_000_000:03d}Z"


def json_text(value: object) -> str:
    """JSON in the form in which Python programs put it into attributes."""
    return json.dumps(value, ensure_ascii=False)


def compact_json(value: object) -> str:
    """JSON in the form that `JSON.stringify` and our own SDK write."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def document(*recordings: Recording) -> dict[str, Any]:
    """An OTLP/JSON ExportTraceServiceRequest."""
    return {"resourceSpans": [recording.resource_spans() for recording in recordings]}


def _key_values(attributes: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _any_value(value)} for key, value in attributes.items()]


def _any_value(value: Any) -> dict[str, Any]:
    match value:
        case None:
            return {}
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case str():
            return {"stringValue": value}
        case list():
            return {"arrayValue": {"values": [_any_value(item) for item in value]}}
        case dict():
            return {"kvlistValue": {"values": _key_values(value)}}
        case _:
            raise TypeError(f"no AnyValue for {type(value).__name__}")
