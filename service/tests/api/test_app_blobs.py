"""Blobs over HTTP: by ranges of bytes, cached forever, and nothing in them is executed."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from typing import Any

import pytest
from app_helpers import TRACE, bearer, native_span, one_store, send, span_id
from llm_tracer_service.api.ranges import part_asked_for
from starlette.testclient import TestClient

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
PNG_BASE64 = base64.b64encode(PNG).decode()
PNG_SHA256 = hashlib.sha256(PNG).hexdigest()
PNG_URL = f"/api/blobs/{PNG_SHA256}"
LONG_TEXT = "the quick brown fox " * 20_000


def image_span(number: int = 1, **fields: Any) -> dict[str, Any]:
    content = [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG_BASE64}"}}]
    messages = [
        {"role": "user", "parts": [{"type": "blob", "mime_type": "image/png", "content": PNG_BASE64}]}
    ]
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.input.messages": json.dumps(messages),
        "other": json.dumps(content),
        "bare": PNG_BASE64,
    }
    return native_span(number, attributes=attributes, **fields)


def detail(client: TestClient, number: int = 1) -> dict[str, Any]:
    answer = client.get(f"/api/traces/{TRACE}/spans/{span_id(number)}")
    assert answer.status_code == 200
    return answer.json()  # type: ignore[no-any-return]


def test_a_message_refers_to_its_picture(client: TestClient) -> None:
    send(client, image_span())
    span = detail(client)
    (part,) = span["input_messages"][0]["parts"]
    assert part == {
        "type": "media",
        "modality": "image",
        "mime_type": "image/png",
        "ref": {"blob_id": PNG_SHA256},
        "bytes": len(PNG),
    }
    assert span["attributes"]["bare"] == {"$blob": PNG_SHA256, "mime_type": "image/png", "bytes": len(PNG)}
    assert len(json.dumps(span)) < 6_000
    whole = client.get(f"/api/traces/{TRACE}/spans/{span_id(1)}", params={"whole": True}).json()
    assert whole["attributes"] == image_span()["attributes"]
    assert whole["input_messages"] == span["input_messages"]
    picture = client.get(f"/api/blobs/{part['ref']['blob_id']}")
    assert picture.content == PNG


def test_a_picture_as_a_browser_gets_it(client: TestClient) -> None:
    send(client, image_span())
    answer = client.get(PNG_URL)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert answer.headers["etag"] == f'"{PNG_SHA256}"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"] == f'inline; filename="{PNG_SHA256[:16]}.png"'
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-length"] == str(len(PNG))
    again = client.get(PNG_URL, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = client.head(PNG_URL)
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(PNG)))


@one_store
@pytest.mark.parametrize("mime_type", ["text/html", "image/svg+xml", "application/pdf", "application/x-sh"])
def test_what_could_run_is_saved_not_shown(client: TestClient, mime_type: str) -> None:
    data = b"<script>alert(1)</script>" * 100
    url = f"data:{mime_type};base64,{base64.b64encode(data).decode()}"
    send(client, native_span(attributes={"input.value": url}))
    answer = client.get(f"/api/blobs/{hashlib.sha256(data).hexdigest()}")
    assert answer.content == data
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert answer.headers["content-security-policy"].startswith("sandbox")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("bytes=0-9", range(10)), ("bytes=10-", range(10, 100)), ("bytes=-5", range(95, 100)), ("bytes=99-", range(99, 100)),
        ("bytes=0-1000", range(100)), ("bytes=-1000", range(100)), ("bytes=100-", range(0)), ("bytes=-0", range(0)),
        ("bytes=5-4", None), ("bytes=0-1,3-4", None), ("lines=0-1", None), ("bytes=-", None), ("", None), (None, None),
        ("bytes=x-1", None), ("Bytes=1-1", range(1, 2)),
    ],
)  # fmt: skip
def test_ranges(asked: str | None, expected: range | None) -> None:
    assert part_asked_for(asked, 100) == expected


def test_a_range_of_a_blob(client: TestClient) -> None:
    send(client, image_span())
    answer = client.get(PNG_URL, headers={"Range": "bytes=1-3"})
    assert (answer.status_code, answer.content) == (206, b"PNG")
    assert answer.headers["content-range"] == f"bytes 1-3/{len(PNG)}"
    assert answer.headers["content-type"] == "image/png"
    unusable = client.get(PNG_URL, headers={"Range": "bytes=999999-"})
    assert (unusable.status_code, unusable.headers["content-range"]) == (416, f"bytes */{len(PNG)}")
    changed = client.get(PNG_URL, headers={"Range": "bytes=1-3", "If-Range": '"another"'})
    assert (changed.status_code, changed.content) == (200, PNG)


def test_another_project_has_no_such_blob(client: TestClient) -> None:
    send(client, image_span(), headers=bearer("project-a"))
    assert client.get(PNG_URL, headers=bearer("project-a")).status_code == 200
    refused = client.get(PNG_URL, headers=bearer("project-b"))
    assert refused.status_code == 404
    assert refused.json()["detail"] == client.get(f"/api/blobs/{'0' * 64}").json()["detail"]
    assert client.get("/api/blobs/nonsense").status_code == 404


def test_a_deleted_trace_takes_its_blobs_along(client: TestClient) -> None:
    send(client, image_span())
    assert client.delete(f"/api/traces/{TRACE}").status_code == 200
    assert client.get(PNG_URL).status_code == 404


def test_a_long_text_is_shown_by_its_beginning_and_found_by_its_end(client: TestClient) -> None:
    text = LONG_TEXT + "needle"
    send(client, native_span(attributes={"output.value": text, "gen_ai.operation.name": "chat"}))
    span = detail(client)
    reference = span["attributes"]["output.value"]
    assert reference["bytes"] == len(text)
    assert reference["mime_type"] == "text/plain"
    assert reference["preview"] == text[:1_000]
    assert len(json.dumps(span)) < 10_000, "wherever it occurs"
    answer = client.get(f"/api/blobs/{reference['$blob']}")
    assert answer.text == text
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    hits = client.get(f"/api/traces/{TRACE}/find", params={"text": "needle"}).json()["hits"]
    assert [hit["span_id"] for hit in hits] == [span_id(1)]
    assert client.get("/api/traces", params={"q": "needle"}).json()["count"] == 1


def test_a_long_json_text_is_by_reference_where_it_is_understood_too(client: TestClient) -> None:
    rows = json.dumps([{"id": number, "text": "x" * 50} for number in range(5_000)])
    send(client, native_span(1, kind="tool", attributes={"input.value": '{"page": 1}', "output.value": rows}))
    answer = client.get(f"/api/traces/{TRACE}/spans/{span_id(1)}").json()
    reference = answer["attributes"]["output.value"]
    assert answer["output_raw"] == answer["tool"]["result"] == reference
    assert answer["tool"]["arguments"] == {"page": 1}
    assert client.get(f"/api/blobs/{reference['$blob']}").json() == json.loads(rows)


def test_lists_stay_small(client: TestClient) -> None:
    big = base64.b64encode(b"\xff\xd8\xff" + os.urandom(5_000_000)).decode()
    url = f"data:image/jpeg;base64,{big}"
    messages = json.dumps([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}])
    for attributes in (
        {"gen_ai.operation.name": "chat", "gen_ai.input.messages": messages},
        {"openinference.span.kind": "LLM", "input.value": messages, "output.value": url},
        {"openinference.span.kind": "TOOL", "input.value": url, "output.value": big},
        {"traceloop.span.kind": "tool", "traceloop.entity.input": json.dumps({"image": big})},
    ):
        send(client, native_span(attributes=attributes))
        for path in ("/api/traces", "/api/spans", f"/api/traces/{TRACE}"):
            assert len(client.get(path).content) < 4_096, path
        assert len(client.get(f"/api/traces/{TRACE}/spans/{span_id(1)}").content) < 20_000
        assert client.get(f"/traces/{TRACE}").status_code == 200
        client.delete(f"/api/traces/{TRACE}")


def test_a_long_error_is_short_in_lists_and_whole_in_its_span(client: TestClient) -> None:
    message = "no such order: " + "x" * 1_000_000
    send(client, native_span(status={"code": "error", "message": message}))
    row = client.get("/api/traces").json()["traces"][0]["error"]["message"]
    assert row == message[:999] + "…"
    whole = client.get(f"/api/traces/{TRACE}/spans/{span_id(1)}").json()
    assert whole["error"]["message"] == message


def test_completing_a_span_keeps_what_it_had(client: TestClient) -> None:
    trace_id = client.post("/api/traces", json={"name": "t", "input": {"image": PNG_BASE64}}).json()[
        "trace_id"
    ]
    assert client.patch(f"/api/traces/{trace_id}/complete", json={"output": PNG_BASE64}).status_code == 200
    root = client.get(f"/api/traces/{trace_id}").json()["spans"][0]["span_id"]
    span = client.get(f"/api/traces/{trace_id}/spans/{root}").json()
    assert "$blob{$}" not in json.dumps(span), "not taken for a text that looks like a marker"
    assert client.get(PNG_URL).content == PNG
