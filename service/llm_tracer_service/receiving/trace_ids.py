"""Trace ids of 8 bytes, which tracers of Zipkin's and Jaeger's kind make, and some gateways pass on."""

from __future__ import annotations


def whole_trace_id(text: str) -> str:
    """A trace id of 16 digits with the zeros that OpenTelemetry writes before it; any other text as it is."""
    return text.rjust(32, "0") if len(text) == 16 else text
