"""LangSmith's routes: what its SDKs ask and send, with their headers and encodings, and what they are told."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from app_helpers import one_store
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

DATA = Path(__file__).parent.parent / "receiving" / "peers" / "data" / "langsmith"
RUN = "01a21e44-8c7e-7000-8000-01d4a5754ce9"
OTHER = "01a21e44-8c7e-7000-8000-01d4a5754cea"
TRACE = RUN.replace("-", "")


def run(run_id: str = RUN, **more: Any) -> dict[str, Any]:
    return {"id": run_id, "name": "answer", "run_type": "chain", "start_time": "2026-11-23T12:00:00Z", **more}


def trace(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/api/traces/{TRACE}").json()["trace"]
    return found


@one_store
def test_they_are_told_how_to_send(make_client: Callable[..., TestClient]) -> None:
    told = make_client().get("/info").json()
    assert told["instance_flags"] == {"zstd_compression_enabled": True, "gzip_body_enabled": True}
    assert told["batch_ingest_config"]["use_multipart_endpoint"] is True
    assert "version" not in told
    small = make_client(max_body_bytes=5_000).get("/info").json()
    assert small["batch_ingest_config"]["size_limit_bytes"] == 5_000


@pytest.mark.parametrize("prefix", ["", "/api/v1"])
@pytest.mark.parametrize(
    ("encoding", "encode"),
    [("zstd", zstandard.ZstdCompressor().compress), ("gzip", gzip.compress), ("identity", bytes)],
)
def test_the_bodies_of_a_program_are_one_trace(
    client: TestClient, prefix: str, encoding: str, encode: Callable[[bytes], bytes]
) -> None:
    for path in sorted(DATA.glob("python_*.multipart")):
        body = path.read_bytes()
        boundary = body.partition(b"\r\n")[0][2:].decode()
        headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Encoding": encoding,
            "x-api-key": "lsv2_x",
        }
        answer = client.post(f"{prefix}/runs/multipart", content=encode(body), headers=headers)
        assert (answer.status_code, answer.json()) == (202, {"message": "Kept"})
    (found,) = client.get("/api/traces").json()["traces"]
    assert (found["name"], found["status"], found["span_count"], found["usage"]["input"]) == (
        "answer",
        "ok",
        6,
        140,
    )
    last = client.get("/api/ingest").json()["requests"][0]
    assert (last["convention"], last["unmapped"]) == ("langsmith", [])


def test_a_run_starts_changes_and_is_judged(client: TestClient) -> None:
    assert client.post("/runs", json=run(inputs={"q": "hi"})).status_code == 202
    assert trace(client)["status"] == "running"
    child = run(OTHER, name="tool", parent_run_id=RUN, end_time="2026-11-23T12:00:01Z")
    assert client.post("/runs", json=child).status_code == 202
    changes = {"end_time": "2026-11-23T12:00:02Z", "outputs": {"output": "bye"}}
    assert client.patch(f"/runs/{RUN}", json=changes).status_code == 202
    assert (
        client.post("/feedback", json={"id": "f", "run_id": OTHER, "key": "good", "score": True}).status_code
        == 202
    )
    assert (
        client.post("/feedback", json={"id": "g", "run_id": RUN, "key": "tone", "value": "kind"}).status_code
        == 202
    )
    found = trace(client)
    assert (found["status"], found["duration_ms"], found["span_count"], found["output_preview"]) == (
        "ok",
        2_000,
        2,
        "bye",
    )
    scores = {(each["name"], each["value"], each["label"], each["target"]) for each in found["scores"]}
    assert scores == {("good", 1.0, None, "span"), ("tone", None, "kind", "trace")}


def test_feedback_waits_for_its_run(client: TestClient) -> None:
    assert client.post("/feedback", json={"run_id": RUN, "key": "good", "score": 0.5}).status_code == 202
    assert client.get("/api/traces").json()["traces"] == []
    client.post("/runs", json=run(end_time="2026-11-23T12:00:01Z"))
    assert [score["value"] for score in trace(client)["scores"]] == [0.5]


@one_store
def test_refused_runs_are_named_and_the_others_kept(client: TestClient) -> None:
    answer = client.post("/runs/batch", json={"post": [run(), {"name": "no id"}]})
    assert answer.status_code == 422
    assert answer.json()["detail"] == "1 of 2 records were refused: the run has no id (post[1])."
    assert trace(client)["span_count"] == 1
    assert client.post("/runs/batch", json=[]).status_code == 400
    assert client.post("/runs", json={}).status_code == 400
    assert client.patch("/runs/none", json={}).status_code == 404
    assert client.post("/runs/multipart", json={}).status_code == 415


@one_store
def test_keys_are_needed_where_there_are_some(make_client: Callable[..., TestClient]) -> None:
    client = make_client(api_keys=("project-shop.abcdefghijklmnopqrstuvwxyz123456",))
    assert client.get("/info").status_code == 200
    assert client.post("/runs", json=run(), headers={"x-api-key": "lsv2_x"}).status_code == 401
    key = {"x-api-key": "project-shop.abcdefghijklmnopqrstuvwxyz123456"}
    assert client.post("/runs", json=run(), headers=key).status_code == 202


@one_store
def test_what_is_not_served_says_so(client: TestClient) -> None:
    for path in (
        "/sessions",
        "/datasets",
        f"/api/v1/datasets/{RUN}",
        "/commits/a/b",
        "/settings",
        f"/feedback/{RUN}",
    ):
        answer = client.get(path)
        assert (answer.status_code, "LangSmith" in answer.json()["detail"]) == (404, True), path
    assert "LangSmith" not in client.get("/runtime").json()["detail"]
    assert client.get("/api/sessions").status_code == 200


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
MEMBERS = (
    "id",
    "name",
    "tags",
    "run_type",
    "end_time",
    "inputs",
    "error",
    "events",
    "extra",
    "key",
    "score",
    "value",
    "new",
)
BODIES = st.dictionaries(st.sampled_from(MEMBERS), ANY).map(lambda sent: {**run(), "run_id": RUN, **sent})


@one_store
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(BODIES)
def test_any_json_is_kept_or_refused(client: TestClient, sent: dict[str, Any]) -> None:
    for method, path, body in (
        ("POST", "/runs", sent), ("PATCH", f"/runs/{RUN}", sent), ("POST", "/feedback", sent),
        ("POST", "/runs/batch", {"post": [sent], "patch": [sent]}),
    ):  # fmt: skip
        answer = client.request(
            method, path, content=json.dumps(body), headers={"Content-Type": "application/json"}
        )
        assert answer.status_code in (202, 400, 422), answer.text
    assert client.get("/api/traces").status_code == 200
