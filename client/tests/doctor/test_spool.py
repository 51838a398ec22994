"""What waits on the disk is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from llm_tracer.config import Settings, read_settings
from llm_tracer.doctor.spool import check_spool
from llm_tracer.sending.spool import Label, Spool, Spooled, destination_of


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings()._replace(api_url="http://here:8001", api_key=None, spool=str(tmp_path / "spool"))


def leave(settings: Settings, api_url: str) -> None:
    """Three spans for `api_url`, as a process leaves them."""
    label = Label(api_url, None, "/api/spans", "application/msgpack", "gzip", 3, 3, 0, 4)
    Spool(str(settings.spool), destination_of(api_url, None)).put(Spooled(label, b"body"))


def test_an_empty_spool_is_ok(settings: Settings) -> None:
    assert check_spool(settings).state == "ok"


def test_spans_wait_for_this_server(settings: Settings) -> None:
    check_spool(settings)  # makes the folder
    leave(settings, "http://here:8001")
    assert check_spool(settings).text == f"3 spans waiting in {settings.spool}"


def test_spans_wait_for_another_server(settings: Settings) -> None:
    check_spool(settings)
    leave(settings, "http://there:8001")
    assert "spans wait for http://there:8001" in check_spool(settings).text


def test_the_spool_is_off_or_has_no_place(settings: Settings, tmp_path: Path) -> None:
    assert check_spool(settings._replace(spool=None)).state == "note"
    (tmp_path / "file").write_text("")
    assert check_spool(settings._replace(spool=str(tmp_path / "file"))).state == "warning"
