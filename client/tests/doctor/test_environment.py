"""What variables of OpenTelemetry and settings mean for the traces of a program."""

from __future__ import annotations

import pytest
from llm_tracer.config import Settings, read_settings
from llm_tracer.doctor.environment import check_enabled, check_otel_variables, check_versions
from llm_tracer.version import __version__


@pytest.fixture
def settings() -> Settings:
    return read_settings()._replace(api_url="http://127.0.0.1:8001", enabled=True)


@pytest.mark.parametrize(
    ("name", "value", "state"),
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://otel.example.com", "note"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:9999", "note"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:PORT", "note"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://otel.example.com/v1/traces", "note"),
        ("TRACELOOP_BASE_URL", "https://api.example.com", "note"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "warning"),
        ("OTEL_SDK_DISABLED", "TRUE", "warning"),
        ("OTEL_TRACES_SAMPLER", "traceidratio", "note"),
        ("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "1000", "warning"),
        ("OTEL_ATTRIBUTE_COUNT_LIMIT", "64", "warning"),
    ],
)
def test_a_variable_that_leads_or_cuts_spans_is_named(
    settings: Settings, name: str, value: str, state: str
) -> None:
    (check,) = check_otel_variables(settings, {name: value, "PATH": "/bin"})
    assert (check.state, name in check.text, value in check.text) == (state, True, True)
    assert check.advice


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:8001"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "localhost:4317"},
        {"OTEL_TRACES_SAMPLER": "parentbased_always_on", "OTEL_SDK_DISABLED": "false"},
    ],
)
def test_variables_that_lead_here_are_fine(settings: Settings, environment: dict[str, str]) -> None:
    assert list(check_otel_variables(settings, environment)) == []


def test_tracing_that_is_off_is_a_problem(settings: Settings) -> None:
    assert check_enabled(settings).state == "ok"
    assert check_enabled(settings._replace(enabled=False)).state == "problem"


def test_the_versions_are_said() -> None:
    versions = next(iter(check_versions()))
    assert f"llm-tracer {__version__}" in versions.text
    assert "msgspec" in versions.text
