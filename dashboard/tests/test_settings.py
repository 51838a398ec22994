"""Where settings come from: the environment, then `.env`, then the defaults."""

from dataclasses import fields
from ipaddress import ip_network
from pathlib import Path

import pytest
from dashboard.settings import Settings

from dashboard import settings


def test_without_variables_the_defaults_hold(tmp_path: Path) -> None:
    found = settings.load({}, tmp_path)
    assert (found.api_url, found.api_key, found.allowed_hosts) == ("http://127.0.0.1:8001", "project-dev", ())


def test_the_environment_wins_over_the_file_and_an_empty_value_counts_as_absent(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TRACER_API_URL=http://file:1/\nTRACER_API_KEY='project-file'\n")
    found = settings.load({"TRACER_API_URL": "https://env:2/", "TRACER_API_KEY": " "}, tmp_path)
    assert (found.api_url, found.api_key) == ("https://env:2", "project-file")


def test_an_address_that_is_none_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="TRACER_API_URL"):
        settings.load({"TRACER_API_URL": "localhost:8001"}, tmp_path)


def test_host_names_are_a_list_in_lower_case(tmp_path: Path) -> None:
    assert settings.load({"TRACER_DASHBOARD_HOSTS": "Box.lan, ,b"}, tmp_path).allowed_hosts == (
        "box.lan",
        "b",
    )


def test_every_setting_fills_a_field_and_has_its_default() -> None:
    assert [setting.field for setting in settings.SETTINGS] == [field.name for field in fields(Settings)]
    for setting in settings.SETTINGS:
        assert setting.description.endswith(".")
        assert getattr(Settings(), setting.field) == setting.default


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("TRACER_API_URL", "http://"),
        ("TRACER_API_URL", "http://a b"),
        ("TRACER_API_URL", "http://localhost:99999"),
        ("TRACER_API_URL", "http://user:short@localhost:8001"),
        ("TRACER_API_URL", "http://localhost:8001?x=1"),
        ("TRACER_API_KEY", "project-ä.short"),
        ("TRACER_API_KEY", "project-a.short\nX-More: 1"),
        ("TRACER_DASHBOARD_HOSTS", "traces.example, https://traces.example"),
        ("TRACER_DASHBOARD_HOSTS", "traces.example:8443"),
        ("TRACER_DASHBOARD_PASSWORD", "\udcff in bytes that are no text"),
        ("TRACER_DASHBOARD_PASSWORD", "short"),
        ("TRACER_DASHBOARD_PROXIES", "10.0.0.0/8, proxy"),
        ("TRACER_ALLOW_ANYONE", "perhaps"),
        ("REFLEX_API_URL", "events.example"),
        ("TRACER_DASHBOARD_USER_HEADER", "X-User"),
    ],
)
def test_a_bad_value_names_its_variable(tmp_path: Path, variable: str, text: str) -> None:
    with pytest.raises(ValueError, match=variable) as refused:
        settings.load({variable: text}, tmp_path)
    assert "short" not in str(refused.value), "a password is not repeated"


def test_who_may_come_in(tmp_path: Path) -> None:
    found = settings.load(
        {
            "TRACER_DASHBOARD_PASSWORD": "long enough",
            "TRACER_DASHBOARD_USER_HEADER": "X-User",
            "TRACER_DASHBOARD_PROXIES": "10.0.0.0/8, ::1",
            "TRACER_ALLOW_ANYONE": "Yes",
        },
        tmp_path,
    )
    assert (found.password, found.user_header, found.allow_anyone, found.asks_who) == (
        "long enough",
        "x-user",
        True,
        True,
    )
    assert found.proxies == (ip_network("10.0.0.0/8"), ip_network("::1"))
    assert not settings.load({}, tmp_path).asks_who
