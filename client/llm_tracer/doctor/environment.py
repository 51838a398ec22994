"""Checks of this process: settings, versions, variables of OpenTelemetry, libraries. No network."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from ..config import Settings
from ..integrations.discovery import version_of
from ..integrations.switch import findings
from ..sending.compress import best_codec
from ..version import __version__
from .check import Check

_OTLP_PORTS = (4317, 4318)
"""Where `llm-tracer up` also receives OTLP, by gRPC and by HTTP."""

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def check_enabled(settings: Settings) -> Check:
    if settings.enabled:
        return Check("tracing", "ok", f"is on, service {settings.service_name!r}")
    return Check(
        "tracing", "problem", "is off: TRACER_ENABLED says so", "unset TRACER_ENABLED, or set it to true"
    )


def check_versions() -> Iterator[Check]:
    yield Check(
        "versions", "ok", f"llm-tracer {__version__}, Python {platform.python_version()}, {_packages()}"
    )
    if best_codec().name == "gzip":
        hint = "pip install zstandard, or use Python 3.14"
        yield Check("compression", "note", "gzip: zstd takes a tenth of the time", hint)


def _packages() -> str:
    names = ("msgspec", "opentelemetry-api", "opentelemetry-sdk")
    return ", ".join(f"{name} {version_of(name) or 'not installed'}" for name in names)


def check_libraries() -> Iterator[Check]:
    """Installed libraries that call models, and their instrumentations."""
    for found in findings():
        name = f"{found.library} {found.version}".rstrip()
        if found.state == "missing":
            yield Check("library", "note", f"{name} has no instrumentation here", found.advice)
        else:
            yield Check("library", "ok", f"{name}: {found.instrumentation}", found.advice)


def check_otel_variables(settings: Settings, environment: Mapping[str, str]) -> Iterator[Check]:
    """Variables that send OpenTelemetry's spans elsewhere, or keep them from being made."""
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "TRACELOOP_BASE_URL"):
        if (url := environment.get(name)) and not _leads_here(url, settings.api_url):
            text = f"{name}={url} sends spans of OpenTelemetry elsewhere, not to {settings.api_url}"
            yield Check("OpenTelemetry", "note", text, "llm_tracer.instrument() sends them here besides")
    if (protocol := environment.get("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")) == "grpc":
        text = f"OTEL_EXPORTER_OTLP_PROTOCOL={protocol}: gRPC is received with the extra llm-tracer-service[grpc] only"
        yield Check("OpenTelemetry", "warning", text, "set it to http/protobuf, or install the extra")
    if (disabled := environment.get("OTEL_SDK_DISABLED", "")).strip().lower() == "true":
        text = f"OTEL_SDK_DISABLED={disabled}: OpenTelemetry and its instrumentations make no spans"
        yield Check("OpenTelemetry", "warning", text, "unset it")
    if (sampler := environment.get("OTEL_TRACES_SAMPLER", "")) not in (
        "",
        "always_on",
        "parentbased_always_on",
    ):
        yield Check(
            "OpenTelemetry", "note", f"OTEL_TRACES_SAMPLER={sampler} leaves traces out", "unset it for all"
        )
    for name in environment:
        if name.startswith("OTEL_") and name.endswith(("_LENGTH_LIMIT", "_COUNT_LIMIT")):
            text = f"{name}={environment[name]} cuts what spans of OpenTelemetry say"
            yield Check("OpenTelemetry", "warning", text, "unset it")


def _leads_here(url: str, api_url: str) -> bool:
    try:
        there, here = urlsplit(url if "://" in url else f"//{url}"), urlsplit(api_url)
        is_same_host = there.hostname == here.hostname or {there.hostname, here.hostname} <= _LOOPBACK
        return is_same_host and there.port in (here.port, *_OTLP_PORTS)
    except ValueError:  # one of them is not a valid address
        return False
