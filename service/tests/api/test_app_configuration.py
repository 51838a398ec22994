"""What clients are told about the configuration, and what only owners of its keys are told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app_helpers import bearer, one_store
from llm_tracer_service.access.keys import KeyFile
from starlette.testclient import TestClient

pytestmark = one_store


def test_the_tables_and_the_settings_in_force_are_told(make_client: Callable[..., TestClient]) -> None:
    told = make_client(retention_days=7, trusted_hosts=("box", "box.local")).get("/api/configuration").json()
    assert told["mapping"]["own_file"] is None
    assert told["mapping"]["version"]
    assert "<redacted>" in told["redaction_marks"]
    settings = {setting["variable"]: setting for setting in told["settings"]}
    assert (settings["TRACER_RETENTION_DAYS"]["value"], settings["TRACER_RETENTION_DAYS"]["is_default"]) == (
        "7",
        False,
    )
    assert settings["TRACER_TRUSTED_HOSTS"]["value"] == "box, box.local"
    assert (settings["TRACER_RATE_LIMIT"]["value"], settings["TRACER_RATE_LIMIT"]["is_default"]) == (
        "off",
        True,
    )


def test_of_a_file_only_its_name_is_told_and_no_key_at_all(
    make_client: Callable[..., TestClient], tmp_path: Path
) -> None:
    client = make_client(api_keys=("project-p.secret",), dialects=tmp_path / "shop.toml")
    told = client.get("/api/configuration", headers=bearer("project-p.secret"))
    assert told.json()["mapping"]["own_file"] == "shop.toml"
    assert str(tmp_path) not in told.text
    assert "secret" not in told.text.lower().replace("secret`", "").replace("tracer_api_keys", "")


def test_the_keys_of_the_own_project_are_listed_by_their_names(
    make_client: Callable[..., TestClient], tmp_path: Path
) -> None:
    file = KeyFile(tmp_path / "keys.json")
    made, record = file.create("shop", "read", note="the dashboard", created_at="2026-11-25T10:00:00Z")
    file.create("other")
    client = make_client(api_keys=("project-shop.secret",), keys_file=tmp_path / "keys.json")
    told = client.get("/api/keys", headers=bearer(made))
    assert told.json() == {
        "keys": [
            {"id": "setting", "access": "all", "made_by": "setting", "created_at": None, "note": None},
            {
                "id": record.id,
                "access": "read",
                "made_by": "command",
                "created_at": "2026-11-25T10:00:00Z",
                "note": "the dashboard",
            },
        ],
        "is_keyless": False,
    }
    assert record.sha256 not in told.text


def test_without_keys_it_is_said_so(client: TestClient) -> None:
    assert client.get("/api/keys").json() == {"keys": [], "is_keyless": True}


def test_a_write_key_reads_neither(make_client: Callable[..., TestClient]) -> None:
    client = make_client(api_keys=("project-p.secret:write",))
    for path in ("/api/keys", "/api/configuration"):
        assert client.get(path, headers=bearer("project-p.secret")).status_code == 403
