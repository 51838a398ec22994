from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
from llm_tracer_service.settings import SETTINGS, BadSetting, Settings, is_loopback, read_settings


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def test_the_defaults_are_those_of_the_api(tmp_path: Path) -> None:
    settings = read_settings({})
    assert settings.store.startswith("sqlite:")
    assert (settings.host, settings.port, settings.api_keys) == ("127.0.0.1", 8001, ())
    assert (settings.max_body_bytes, settings.rate_limit, settings.retention_days) == (
        64 * 1024 * 1024,
        None,
        90,
    )
    assert settings.is_loopback


def test_every_setting_fills_a_field_and_has_its_default() -> None:
    names = {field.name for field in fields(Settings)} - {"keys_file"}
    assert {setting.field for setting in SETTINGS} == names
    settings, by_hand = read_settings({}), Settings("memory:")
    for setting in SETTINGS:
        assert setting.description.endswith(".")
        if setting.default is not None:
            assert getattr(settings, setting.field) == setting.default
        if setting.field != "store":
            assert getattr(by_hand, setting.field) == setting.default, "both places say the same"


def test_what_is_off_unless_set_may_be_set_to_off() -> None:
    settings = read_settings({"TRACER_RATE_LIMIT": "off", "TRACER_MAX_STORE_BYTES": "OFF"})
    assert (settings.rate_limit, settings.max_store_bytes) == (None, None)


def test_the_environment_beats_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        '# ours\nTRACER_PORT=9001\nexport TRACER_HOST="::1"  # here\nTRACER_API_KEYS=project-a.b, project-c.d:read\n'
    )
    settings = read_settings({"TRACER_PORT": "9002", "TRACER_HOST": ""})
    assert (settings.port, settings.host) == (9002, "::1")
    assert settings.api_keys == ("project-a.b", "project-c.d:read")


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("TRACER_ALLOW_ANYONE", "perhaps"),
        ("TRACER_PORT", "http"), ("TRACER_PORT", "65536"), ("TRACER_MAX_BODY_BYTES", "0"), ("TRACER_RATE_LIMIT", "-1"),
        ("TRACER_RETENTION_DAYS", "1.5"), ("TRACER_ABANDON_AFTER_S", "nan"), ("TRACER_RATE_LIMIT", "1" + "0" * 400),
        ("TRACER_HOST", "traces..example"), ("TRACER_TRUSTED_HOSTS", "http://traces.example"),
        ("TRACER_TRUSTED_HOSTS", "traces.example:8001"),
    ],
)  # fmt: skip
def test_a_bad_value_names_its_variable(variable: str, text: str) -> None:
    with pytest.raises(BadSetting, match=variable) as refused:
        read_settings({variable: text})
    assert text in str(refused.value)


@pytest.mark.parametrize("text", ["1GB", "-1", "0"])
def test_what_a_number_must_be_is_said(text: str) -> None:
    with pytest.raises(BadSetting, match=r"expected: whole number of bytes, at least 1\."):
        read_settings({"TRACER_MAX_BODY_BYTES": text})


@pytest.mark.parametrize(
    ("text", "meant"), [("yes", True), ("TRUE", True), ("1", True), ("off", False), ("no", False)]
)
def test_words_for_yes_and_no(text: str, meant: bool) -> None:
    assert read_settings({"TRACER_ALLOW_ANYONE": text}).allow_anyone is meant


def test_the_keys_lie_beside_the_store(tmp_path: Path) -> None:
    assert read_settings({"TRACER_STORE": f"sqlite:{tmp_path}/t.db"}).keys_file == tmp_path / "keys.json"
    assert read_settings({"TRACER_STORE": "dynamodb:traces"}).keys_file is None
    in_memory = read_settings({"TRACER_STORE": "memory:"}).keys_file
    assert in_memory is not None
    assert in_memory.name == "keys.json"


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("localhost", True), ("127.0.0.1", True), ("[::1]", True), ("a.localhost", True), ("0.0.0.0", False), ("::", False),
     ("10.0.0.1", False), ("localhost.evil.example", False), ("", False), ("127.0.0.1.evil.example", False)],
)  # fmt: skip
def test_what_means_this_machine(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback
