from __future__ import annotations

from pathlib import Path

import pytest
from llm_tracer.config import read_settings
from llm_tracer.values.redact import Redact

NAMES = (
    "TRACER_API_URL",
    "TRACER_API_KEY",
    "TRACER_ENABLED",
    "OTEL_SERVICE_NAME",
    "OTEL_RESOURCE_ATTRIBUTES",
)


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def test_the_defaults_are_a_local_service_and_no_key() -> None:
    settings = read_settings()
    assert (settings.api_url, settings.api_key, settings.enabled) == ("http://127.0.0.1:8001", None, True)


def test_the_file_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lines = [
        "export TRACER_API_URL='http://a:1/'",
        'TRACER_API_KEY="k#1" # mine',
        "OTEL_SERVICE_NAME=s # x",
    ]
    (tmp_path / ".env").write_text("\n".join(lines), "utf-8-sig")
    monkeypatch.setenv("TRACER_API_KEY", "from-environment")
    settings = read_settings()
    assert settings.api_url == "http://a:1"
    assert settings.api_key == "from-environment"
    assert settings.service_name == "s"


@pytest.mark.parametrize("value", ["false", "0", "No", "OFF"])
def test_tracing_is_turned_off_by(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACER_ENABLED", value)
    assert not read_settings().enabled


def test_an_empty_value_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACER_API_URL", "")
    assert read_settings().api_url == "http://127.0.0.1:8001"


def test_the_end_of_a_line_belongs_to_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACER_API_KEY", "project-shop.secret\n")
    monkeypatch.setenv("TRACER_API_URL", " \n")
    settings = read_settings()
    assert (settings.api_key, settings.api_url) == ("project-shop.secret", "http://127.0.0.1:8001")


def test_a_file_that_is_no_text_is_no_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xff\xfe\x00TRACER_ENABLED=false")
    assert read_settings().enabled


@pytest.mark.parametrize("name", ["TRACER_ENABLED", "TRACER_CAPTURE_CONTENT", "TRACER_REDACT"])
def test_a_word_that_is_neither_yes_nor_no_is_said(
    name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    default = read_settings()
    monkeypatch.setenv(name, "emails")
    assert read_settings() == default
    assert f"{name}='emails' is neither true nor false" in caplog.text


def test_resource_attributes_of_opentelemetry_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=prod, service.name = shop,broken"
    )
    settings = read_settings()
    assert settings.resource_attributes == {"deployment.environment.name": "prod", "service.name": "shop"}
    assert settings.service_name == "shop"


def test_a_script_names_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setattr(sys.modules["__main__"], "__spec__", None)
    monkeypatch.setattr(sys, "argv", ["/app/answer.py"])
    assert read_settings().service_name == "answer"


def test_what_concerns_the_spool_sampling_and_privacy_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACER_SPOOL", "/some/where")
    monkeypatch.setenv("TRACER_SPOOL_MAX_BYTES", "1000")
    monkeypatch.setenv("TRACER_SAMPLE_RATE", "0.25")
    monkeypatch.setenv("TRACER_CAPTURE_CONTENT", "no")
    monkeypatch.setenv("TRACER_REDACT", "yes")
    found = read_settings()
    assert (found.spool, found.spool_limit_bytes, found.sample_rate) == ("/some/where", 1000, 0.25)
    assert (found.capture_content, found.redact) == (False, Redact())
    monkeypatch.setenv("TRACER_SPOOL", "off")
    assert read_settings().spool is None


@pytest.mark.parametrize("text", ["many", "1.5", "-1", "nan"])
def test_a_number_that_is_none_is_said_and_the_default_is_taken(
    text: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("TRACER_SAMPLE_RATE", text)
    assert read_settings().sample_rate == 1.0
    assert "TRACER_SAMPLE_RATE" in caplog.text
