"""The paths on which OTLP is taken."""

from __future__ import annotations

OTLP_PREFIXES = (
    "", "/api/public/otel", "/otel", "/api/otel", "/v1/traces", "/agents/otel", "/api/otlp", "/opentelemetry", "/tracer", "/v2/otel",
)  # fmt: skip
"""What may stand before the paths of OTLP: what SDKs of other products add (docs/other-sdks.md), and /v1/traces for exporters
whose base, OTEL_EXPORTER_OTLP_ENDPOINT, was given with it. That is a common first mistake, and all that most exporters say about
a refusal is "Not Found"."""

OTLP_TRACE_PATHS = ("/v2/traces", "/api/v3/traces")
"""Where other SDKs send their spans that end their path in another way."""

_OTLP_STARTS = tuple(f"{prefix}/v1/" for prefix in OTLP_PREFIXES)


def is_otlp(path: str) -> bool:
    """Whether a path is one of the OTLP routes, with any prefix or name."""
    return path.startswith(_OTLP_STARTS) or path in OTLP_TRACE_PATHS
