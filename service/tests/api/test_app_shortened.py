"""Texts of any length are kept whole, and lists show their beginning and say so."""

from __future__ import annotations

import json
from typing import Any

from app_helpers import TRACE, native_span, send, span_id
from starlette.testclient import TestClient

LONG = "so long " * 20_000
ROW_BYTES_MAX = 12_000

ATTRIBUTES: dict[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": LONG,
    "gen_ai.request.model": LONG,
    "session.id": "s" + LONG,
    "user.id": "u" + LONG,
    "tag.tags": [f"{number} {LONG}" for number in range(20)] + [f"tag {number}" for number in range(10_000)],
    "metadata": json.dumps({"long": LONG, "nested": {"deep": [LONG] * 20}} | {f"key {n}": n for n in range(10_000)}),
    "gen_ai.input.messages": json.dumps([{"role": "user", "parts": [{"type": "text", "content": LONG}]}]),
}  # fmt: skip
SPAN = native_span(
    name="n" + LONG,
    status={"code": "error", "message": LONG},
    attributes=ATTRIBUTES,
    resource={"service.name": LONG, "deployment.environment.name": LONG, "service.version": LONG},
    events=[
        {
            "name": "exception",
            "time_unix_nano": 1,
            "attributes": {"exception.type": LONG, "exception.message": LONG},
        }
    ],
)


PATHS = (
    "/api/traces", "/api/spans", "/api/sessions", "/api/errors", "/api/stats?group_by=model", "/api/stats?group_by=user",
    "/api/changes", f"/api/traces/{TRACE}", f"/api/traces/{TRACE}/skeleton", "/api/patterns",
    "/api/fields?field=model", "/api/fields?field=tag", "/api/facets?fields=user&limit=1000",
)  # fmt: skip


def test_no_row_is_long(client: TestClient) -> None:
    send(client, SPAN)
    answers = {path: client.get(path) for path in PATHS}
    assert [path for path, answer in answers.items() if answer.status_code != 200] == []
    # A trace is a row of its own and one for its span.
    assert [path for path, answer in answers.items() if len(answer.content) >= 2 * ROW_BYTES_MAX] == []


def test_a_row_says_what_it_shortens(client: TestClient) -> None:
    send(client, SPAN, native_span(trace_id="1" * 32, name="short", attributes={"tag.tags": ["a"]}))
    rows = {row["trace_id"]: row for row in client.get("/api/traces").json()["traces"]}
    assert "shortened" not in rows["1" * 32]
    assert {*rows[TRACE]["shortened"]} == {
        "environment", "error", "metadata", "models", "name", "providers", "release", "services", "session_id",
        "tags", "user_id",
    }  # fmt: skip
    assert rows[TRACE]["name"] == ("n" + LONG)[:199] + "…"
    assert rows[TRACE]["metadata"]["long"] == LONG[:199] + "…"
    spans = [row for row in client.get("/api/spans").json()["spans"] if row["trace_id"] == TRACE]
    assert {*spans[0]["shortened"]} == {"error", "model", "name", "provider", "trace_name"}


def test_the_span_has_all_of_it(client: TestClient) -> None:
    send(client, SPAN)
    span = client.get(f"/api/traces/{TRACE}/spans/{span_id(1)}").json()
    assert span["name"] == span["otel_name"] == SPAN["name"]
    assert len(span["tags"]) == 10_020
    assert span["metadata"]["key 9999"] == 9_999
    assert (span["session_id"], span["user_id"]) == (ATTRIBUTES["session.id"], ATTRIBUTES["user.id"])


def test_what_is_shortened_is_found(client: TestClient) -> None:
    send(client, SPAN, native_span(trace_id="1" * 32, attributes={"user.id": "another"}))
    facets = client.get("/api/facets?fields=user,model,session").json()["facets"]
    groups = client.get("/api/stats?group_by=model").json()["groups"]
    session = client.get("/api/sessions").json()["sessions"][0]
    found_by = [next(v["q"] for v in facet["values"] if "…" in v["value"]) for facet in facets]  # fmt: skip
    for q in [*found_by, groups[0]["q"], session["q"]]:
        traces = client.get("/api/traces", params={"q": q}).json()["traces"]
        assert [trace["trace_id"] for trace in traces] == [TRACE]


def test_long_values_that_begin_alike_are_told_apart(client: TestClient) -> None:
    for number, end in enumerate("abb", 1):
        send(client, native_span(trace_id=f"{number:032x}", attributes={"user.id": "u" * 900 + end}))
    groups = client.get("/api/stats?group_by=user").json()["groups"]
    values = client.get("/api/facets?fields=user").json()["facets"][0]["values"]
    assert [group["traces"] for group in groups] == [value["count"] for value in values] == [2, 1]
    for q, count in [(groups[0]["q"], 2), (groups[1]["q"], 1), (values[0]["q"], 2), (values[1]["q"], 1)]:
        assert client.get("/api/traces", params={"q": q}).json()["count"] == count
