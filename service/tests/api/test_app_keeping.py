"""Pins, deletions and storage figures, over HTTP."""

from __future__ import annotations

from collections.abc import Callable

from app_helpers import TRACE, bearer, native_span, send
from starlette.testclient import TestClient

OTHER_TRACE = "0" * 31 + "2"


def test_a_pin_shows_in_every_answer_about_the_trace(client: TestClient) -> None:
    send(client, native_span(attributes={"session.id": "s"}), native_span(2, OTHER_TRACE))
    cursor = client.get("/api/changes").json()["cursor"]
    etag = client.get(f"/api/traces/{TRACE}/skeleton").headers["ETag"]
    assert client.put(f"/api/traces/{TRACE}/pin").json() == {"trace_id": TRACE, "pinned": True}
    assert {each["trace_id"]: each["pinned"] for each in client.get("/api/traces").json()["traces"]} == {
        TRACE: True,
        OTHER_TRACE: False,
    }
    assert client.get(f"/api/traces/{TRACE}").json()["trace"]["pinned"]
    skeleton = client.get(f"/api/traces/{TRACE}/skeleton", headers={"If-None-Match": etag})
    assert skeleton.json()["trace"]["pinned"]
    assert client.get("/api/sessions/s").json()["traces"][0]["pinned"]
    send(client, native_span(3))
    assert client.get(f"/api/changes?after={cursor}").json()["traces"][-1]["pinned"]
    assert client.delete(f"/api/traces/{TRACE}/pin").json() == {"trace_id": TRACE, "pinned": False}
    assert not client.get(f"/api/traces/{TRACE}").json()["trace"]["pinned"]


def test_only_a_trace_of_the_project_can_be_pinned(client: TestClient) -> None:
    send(client, native_span())
    assert client.put(f"/api/traces/{OTHER_TRACE}/pin").status_code == 404
    assert client.put(f"/api/traces/{TRACE}/pin", headers=bearer("project-other")).status_code == 404


def test_a_read_key_can_neither_pin_nor_delete(make_client: Callable[..., TestClient]) -> None:
    client = make_client(api_keys=("project-p.secret:read",))
    key = bearer("project-p.secret")
    assert client.put(f"/api/traces/{TRACE}/pin", headers=key).status_code == 403
    assert client.delete("/api/project?confirm=p", headers=key).status_code == 403


def test_a_deletion_that_is_not_confirmed_says_how_many_would_go(client: TestClient) -> None:
    send(client, native_span(), native_span(2, OTHER_TRACE, name="other"))
    client.put(f"/api/traces/{TRACE}/pin")
    refusal = client.delete("/api/traces?q=")
    assert refusal.status_code == 422
    assert (refusal.json()["matches"], refusal.json()["pinned"]) == (2, 1)
    assert "2 traces would be, 1 of them pinned" in refusal.json()["detail"]
    assert client.delete("/api/traces?q=name:other").json()["matches"] == 1
    assert client.get("/api/traces").json()["count"] == 2
    assert client.delete("/api/traces?q=name:other&confirm=true").json() == {"deleted": 1}
    assert client.get("/api/traces").json()["count"] == 1


def test_a_project_goes_when_its_name_is_said(client: TestClient) -> None:
    send(client, native_span(), native_span(2, OTHER_TRACE))
    send(client, native_span(), headers=bearer("project-other"))
    refusal = client.delete("/api/project?confirm=other")
    assert (refusal.status_code, refusal.json()["matches"]) == (422, 2)
    assert "confirm=dev" in refusal.json()["hint"]
    assert client.delete("/api/project?confirm=dev").json() == {"deleted": 2}
    assert client.get("/api/traces").json()["traces"] == []
    assert client.get("/api/traces", headers=bearer("project-other")).json()["count"] == 1


def test_what_is_sent_again_after_it_was_deleted_is_kept(client: TestClient) -> None:
    send(client, native_span(1), native_span(2))
    client.delete(f"/api/traces/{TRACE}")
    send(client, native_span(2))
    assert client.get(f"/api/traces/{TRACE}").json()["span_count"] == 1
    send(client, native_span(1))
    assert client.get(f"/api/traces/{TRACE}").json()["span_count"] == 2


def test_opening_a_deleted_trace_by_hand_is_meant(client: TestClient) -> None:
    send(client, native_span())
    client.delete(f"/api/traces/{TRACE}")
    assert client.post("/api/traces", json={"name": "again", "trace_id": TRACE}).status_code == 201
    assert client.get(f"/api/traces/{TRACE}").json()["span_count"] == 1


def test_storage_says_what_the_project_takes(client: TestClient) -> None:
    send(client, native_span(1), native_span(2))
    client.put(f"/api/traces/{TRACE}/pin")
    storage = client.get("/api/storage").json()
    assert (storage["traces"], storage["spans"], storage["pinned"]) == (1, 2, 1)
    assert storage["oldest"] == storage["newest"] == "2026-11-23T12:00:00.001000000Z"
    kinds = storage["bytes"]
    assert kinds["total"] == kinds["bodies"] + kinds["rows"] + kinds["blobs"] > 0
    assert (storage["retention_days"], storage["max_store_bytes"]) == (90, None)
    assert storage["store_bytes"] >= storage["store_live_bytes"] >= kinds["total"]
    assert storage["problem"] is None


def test_with_keys_no_project_learns_of_the_size_of_the_store(make_client: Callable[..., TestClient]) -> None:
    client = make_client(api_keys=("project-p.secret",))
    storage = client.get("/api/storage", headers=bearer("project-p.secret")).json()
    assert (storage["store_bytes"], storage["store_live_bytes"]) == (None, None)
