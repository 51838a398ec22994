"""Where settings come from: the environment, then `.env`, then the defaults."""

from pathlib import Path

import pytest

from dashboard import settings


def test_defaults(tmp_path: Path) -> None:
    found = settings.load({}, tmp_path)
    assert (found.api_url, found.api_key, found.allowed_hosts) == ("http://127.0.0.1:8001", "project-dev", ())


def test_the_environment_wins_over_the_file_and_an_empty_value_counts_as_absent(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TRACER_API_URL=http://file:1/\nTRACER_API_KEY='project-file'\n")
    found = settings.load({"TRACER_API_URL": "https://env:2/", "TRACER_API_KEY": " "}, tmp_path)
    assert (found.api_url, found.api_key) == ("https://env:2", "project-file")


def test_an_address_that_is_none_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="TRACER_API_URL"):
        settings.load({"TRACER_API_URL": "localhost:8001"}, tmp_path)


def test_hosts(tmp_path: Path) -> None:
    assert settings.load({"TRACER_DASHBOARD_HOSTS": "Box.lan, ,b"}, tmp_path).allowed_hosts == (
        "box.lan",
        "b",
    )


def test_dotenv_lines() -> None:
    text = '# note\nexport A = 1\nB="x # y"\nC=z # note\n=bad\nno line\n1D=2\nE=a=b'
    assert settings.parse_dotenv(text) == {"A": "1", "B": "x # y", "C": "z", "E": "a=b"}
