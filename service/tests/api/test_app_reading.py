"""Reading traces back: the list, one of them, its columns, its spans, sessions, totals."""

from __future__ import annotations

import math
from base64 import b64decode, b64encode
from typing import Any

import msgspec
import pytest
from app_helpers import START, TRACE, FixedClock, native_span, one_store, send, span_id
from starlette.testclient import TestClient


def trace_id(number: int) -> str:
    return f"{number:032x}"


def llm_span(number: int, **fields: Any) -> dict[str, Any]:
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.input_tokens": number * 10,
        "gen_ai.usage.output_tokens": number,
        **fields.pop("attributes", {}),
    }
    return native_span(number, attributes=attributes, **fields)


def test_an_empty_store_has_an_empty_list(client: TestClient) -> None:
    answer = client.get("/api/traces")
    assert answer.json() == {
        "traces": [], "next_cursor": None, "has_more": False, "count": 0,
        "scanned": 0, "scanned_until": None, "complete": True,
    }  # fmt: skip
    assert answer.headers["cache-control"] == "no-store"


def test_a_summary_has_every_key_of_the_api(client: TestClient) -> None:
    send(client, llm_span(1))
    trace = client.get("/api/traces").json()["traces"][0]
    assert set(trace) >= {
        "trace_id", "name", "status", "start_time", "end_time", "duration_ms", "span_count", "error_count", "open_count",
        "root_span_id", "kinds", "models", "providers", "services", "usage", "cost", "session_id", "user_id", "tags",
        "metadata", "environment", "release", "scores", "input_preview", "output_preview", "error",
    }  # fmt: skip
    assert trace["trace_id"] == TRACE
    assert trace["start_time"] == "2026-11-23T12:00:00.001000000Z"
    assert trace["duration_ms"] == 1000.0
    assert {"input", "output", "total", "cache_read", "cache_write", "reasoning"} <= set(trace["usage"])


def test_a_list_says_which_answers_were_cut(client: TestClient) -> None:
    finished = "gen_ai.response.finish_reasons"
    send(
        client,
        llm_span(1, attributes={finished: ["length"]}),
        llm_span(2, trace_id=trace_id(2), attributes={finished: ["stop"]}),
    )
    traces = client.get("/api/traces").json()["traces"]
    assert {trace["trace_id"]: trace["answer_cut"] for trace in traces} == {TRACE: True, trace_id(2): False}
    spans = client.get("/api/spans").json()["spans"]
    assert {span["trace_id"]: span["answer_cut"] for span in spans} == {TRACE: True, trace_id(2): False}


def test_pages_neither_overlap_nor_skip(client: TestClient) -> None:
    send(client, *(native_span(number, trace_id(number)) for number in range(1, 8)))
    seen: list[str] = []
    cursor = None
    while True:
        page = client.get("/api/traces", params={"limit": 3, **({"cursor": cursor} if cursor else {})}).json()
        seen += [trace["trace_id"] for trace in page["traces"]]
        assert page["has_more"] == (page["next_cursor"] is not None)
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [trace_id(number) for number in range(7, 0, -1)]


@pytest.mark.parametrize("sort", ["start_time", "-start_time", "-duration_ms", "-cost", "-tokens"])
def test_every_order_is_taken(client: TestClient, sort: str) -> None:
    send(client, *(llm_span(number, trace_id=trace_id(number)) for number in (1, 2, 3)))
    traces = client.get("/api/traces", params={"sort": sort}).json()["traces"]
    newest_first = [trace_id(number) for number in (3, 2, 1)]
    if sort in ("-start_time", "-tokens"):
        assert [trace["trace_id"] for trace in traces] == newest_first
    if sort == "start_time":
        assert [trace["trace_id"] for trace in traces] == newest_first[::-1]


def test_an_empty_parameter_counts_as_left_out(client: TestClient) -> None:
    empty = dict.fromkeys(("q", "from", "to", "sort", "limit", "cursor"), "")
    assert client.get("/api/traces", params=empty).json() == client.get("/api/traces").json()


@one_store
@pytest.mark.parametrize(
    "params",
    [
        {"limit": "0"},
        {"limit": "1001"},
        {"limit": "many"},
        {"sort": "name"},
        {"from": "whenever"},
        {"to": "-1y"},
    ],
)
def test_an_unusable_parameter_is_422_with_a_hint(client: TestClient, params: dict[str, str]) -> None:
    answer = client.get("/api/traces", params=params)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["hint"]


@one_store
def test_an_unknown_parameter_is_400_and_names_the_known_ones(client: TestClient) -> None:
    answer = client.get("/api/traces?form=-1h")
    assert answer.status_code == 400
    assert "from" in answer.json()["hint"]


def test_a_bad_cursor_is_400(client: TestClient) -> None:
    send(client, native_span())
    for path in ("/api/traces", "/api/spans", "/api/sessions", f"/api/traces/{TRACE}"):
        assert client.get(path, params={"cursor": "made-up"}).status_code == 400, path
    assert client.get("/api/changes", params={"after": "made-up"}).status_code == 400


@pytest.mark.parametrize("path", ["/api/traces", "/api/spans", "/api/sessions"])
def test_a_cursor_that_was_changed_is_400_or_another_place(client: TestClient, path: str) -> None:
    spans = (native_span(n, trace_id(n), attributes={"session.id": f"s{n}"}) for n in range(1, 4))
    send(client, *spans)
    cursor = client.get(path, params={"limit": 1}).json()["next_cursor"]
    fingerprint, *key = msgspec.msgpack.decode(b64decode(cursor + "=" * (-len(cursor) % 4), b"-_"))
    for place in range(len(key)):
        for other in (b"\xff", "no id", "\0", "", -1, 2**63 - 1, math.nan, None):
            changed = msgspec.msgpack.encode([fingerprint, *key[:place], other, *key[place + 1 :]])
            answer = client.get(path, params={"cursor": b64encode(changed, b"-_").decode()})
            assert answer.status_code in (200, 400), (place, other)


@one_store
def test_an_unknown_field_names_the_character_and_a_way_out(client: TestClient) -> None:
    answer = client.get("/api/traces", params={"q": "status:error modle:gpt-4o"})
    problem = answer.json()
    assert answer.status_code == 400
    assert problem["position"] == 13
    assert problem["expected"]
    assert "model" in problem["hint"]


def test_the_query_selects(client: TestClient) -> None:
    send(client, llm_span(1, trace_id=trace_id(1)), native_span(2, trace_id(2), status={"code": "error"}))
    found = client.get("/api/traces", params={"q": "status:error"}).json()["traces"]
    assert [trace["trace_id"] for trace in found] == [trace_id(2)]
    assert client.get("/api/traces", params={"q": "model:gpt-4*"}).json()["count"] == 1


def test_times_are_relative_unix_or_rfc3339(client: TestClient, clock: FixedClock) -> None:
    send(client, native_span(1, trace_id(1)), native_span(3_600_000, trace_id(2)))
    clock.advance(3600)
    for start in (
        "2026-11-23T12:30:00Z",
        "2026-11-23T13:30:00+01:00",
        str(START // 10**9 + 1800),
        "-30m",
        "-1800s",
    ):
        page = client.get("/api/traces", params={"from": start}).json()
        assert [trace["trace_id"] for trace in page["traces"]] == [trace_id(2)], start
    assert client.get("/api/traces", params={"to": "-30m"}).json()["count"] == 1


def test_one_trace_in_tree_order(client: TestClient) -> None:
    send(
        client,
        native_span(3, parent_span_id=span_id(2)),
        native_span(2, parent_span_id=span_id(1)),
        native_span(1),
        native_span(9, parent_span_id=span_id(77)),
    )
    detail = client.get(f"/api/traces/{TRACE.upper()}").json()
    rows = detail["spans"]
    assert [row["span_id"] for row in rows] == [span_id(number) for number in (1, 2, 3, 9)]
    assert [row["depth"] for row in rows] == [0, 1, 2, 0]
    assert [row["orphan"] for row in rows] == [False, False, False, True]
    assert (detail["span_count"], detail["next_cursor"]) == (4, None)
    assert set(rows[0]) == {
        "span_id", "parent_span_id", "name", "kind", "status", "state", "start_time", "end_time", "duration_ms", "model",
        "provider", "usage", "cost", "error", "depth", "orphan",
    }  # fmt: skip


@one_store
def test_a_big_trace_comes_in_pages_and_in_columns(client: TestClient) -> None:
    spans = [native_span(1)] + [
        llm_span(number, parent_span_id=span_id(number // 8 + 1 if number > 8 else 1))
        for number in range(2, 10_001)
    ]
    for start in range(0, 10_000, 2_500):
        send(client, *spans[start : start + 2_500])
    first = client.get(f"/api/traces/{TRACE}").json()
    assert (len(first["spans"]), first["span_count"]) == (5_000, 10_000)
    second = client.get(f"/api/traces/{TRACE}", params={"cursor": first["next_cursor"]}).json()
    assert (len(second["spans"]), second["next_cursor"]) == (5_000, None)
    ids = [row["span_id"] for row in first["spans"] + second["spans"]]
    assert len(set(ids)) == 10_000

    plain = client.get(f"/api/traces/{TRACE}/skeleton", headers={"Accept-Encoding": "identity"})
    assert len(plain.content) < 800_000
    skeleton = plain.json()
    assert "".join(ids) == skeleton["id"]
    for column in (
        "parent",
        "name",
        "kind",
        "model",
        "start_us",
        "duration_us",
        "status",
        "tokens",
        "cost",
        "flags",
    ):
        assert len(skeleton[column]) == 10_000, column
    packed = client.get(f"/api/traces/{TRACE}/skeleton", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.json() == skeleton


def test_a_row_tells_itself_apart_by_what_it_was_given_or_answered(client: TestClient) -> None:
    given = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.call.arguments": '{"path": "a.py"}'}
    send(
        client,
        native_span(1, kind="agent", attributes={"output.value": "It is\n  done."}),
        native_span(2, parent_span_id=span_id(1), kind="tool", attributes=given | {"gen_ai.tool.call.result": "x = 1"}),
        native_span(3, parent_span_id=span_id(1), kind="chain", attributes={"output.value": "nothing new"}),
        native_span(4, parent_span_id=span_id(1), kind="llm", attributes={"output.value": "y" * 200}),
        native_span(5, parent_span_id=span_id(1), kind="db", attributes={"db.query.text": "SELECT 1"}),
        native_span(6, parent_span_id=span_id(1), kind="http", name="POST /chat", attributes={"url.path": "/chat"}),
        native_span(7, parent_span_id=span_id(1), kind="tool", name="run_tests", attributes={"input.value": "tests"}),
    )  # fmt: skip
    previews = client.get(f"/api/traces/{TRACE}/skeleton").json()["previews"]
    assert previews == {"0": "It is done.", "1": "a.py", "3": "y" * 79 + "…", "4": "SELECT 1", "6": "tests"}


def test_a_row_does_not_say_its_name_again(client: TestClient) -> None:
    """An error that Logfire logs has no other words."""
    send(client, native_span(1, name="no such city", status={"code": "error", "message": "no such city"}))
    assert client.get(f"/api/traces/{TRACE}/skeleton").json()["failures"] == {}


def test_a_row_says_why_its_span_failed_but_not_what_those_around_it_pass_on(client: TestClient) -> None:
    refused = "Error code: 429 - {'error': {'message': 'Slow down'}}"
    reasons = [refused, refused, None, "x" * 200, "KeyError: 'user_id'", "ValueError: no such unit"]
    statuses = [{"code": "error"} | ({"message": reason} if reason else {}) for reason in reasons]
    failed = [
        native_span(n, parent_span_id=span_id(1), status=status) for n, status in enumerate(statuses[1:], 2)
    ]
    send(client, native_span(1, status=statuses[0]), *failed)
    failures = client.get(f"/api/traces/{TRACE}/skeleton").json()["failures"]
    assert failures == {
        "1": "429 - Slow down",
        "3": "x" * 79 + "…",
        "4": "KeyError: 'user_id'",
        "5": "no such unit",
    }


def test_of_a_large_trace_only_what_agents_answered_is_in_its_rows(client: TestClient) -> None:
    answer = {"output.value": "done"}
    calls = [native_span(n, parent_span_id=span_id(1), kind="llm", attributes=answer) for n in range(2, 503)]
    send(client, native_span(1, kind="agent", attributes=answer), *calls)
    assert client.get(f"/api/traces/{TRACE}/skeleton").json()["previews"] == {"0": "done"}


def test_the_skeleton_is_not_sent_again_until_it_changes(client: TestClient, clock: FixedClock) -> None:
    send(client, native_span(1), native_span(2, parent_span_id=span_id(1)))
    path = f"/api/traces/{TRACE}/skeleton"
    etag = client.get(path).headers["etag"]
    again = client.get(path, headers={"If-None-Match": f'"other", {etag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    clock.advance(1)
    send(client, native_span(3, parent_span_id=span_id(1)))
    changed = client.get(path, headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != etag


def test_open_spans_are_abandoned_after_a_silence(client: TestClient, clock: FixedClock) -> None:
    running = native_span(1)
    del running["end_time_unix_nano"]
    send(client, running)
    path = f"/api/traces/{TRACE}"

    def states() -> tuple[str, str, str, int]:
        detail, skeleton = client.get(path).json(), client.get(f"{path}/skeleton").json()
        span = client.get(f"{path}/spans/{span_id(1)}").json()
        return detail["trace"]["status"], detail["spans"][0]["state"], span["state"], skeleton["flags"][0]

    assert states() == ("running", "open", "open", 2)
    assert client.get("/api/spans").json()["spans"][0]["state"] == "open"
    clock.advance(601)
    assert states() == ("abandoned", "abandoned", "abandoned", 4)
    assert client.get("/api/spans").json()["spans"][0]["state"] == "abandoned"


def test_one_span_whole(client: TestClient) -> None:
    send(
        client,
        llm_span(
            1,
            attributes={"mine": [1, 2.5, True, None], "deep": {"a": {"b": 1}}},
            status={"code": "error", "message": "broke"},
            events=[{"name": "e", "time_unix_nano": START, "attributes": {"k": "v"}}],
            links=[{"trace_id": trace_id(9), "span_id": span_id(9)}],
            resource={"service.name": "shop"},
            scope={"name": "lib", "version": "1"},
        ),
    )
    span = client.get(f"/api/traces/{TRACE}/spans/{span_id(1)}").json()
    assert span["attributes"]["mine"] == [1, 2.5, True, None]
    assert span["attributes"]["deep"] == {"a": {"b": 1}}
    assert (span["status"], span["status_message"], span["state"]) == ("error", "broke", "closed")
    assert span["events"][0]["time"] == "2026-11-23T12:00:00.000000000Z"
    assert span["links"] == [{"trace_id": trace_id(9), "span_id": span_id(9), "attributes": {}}]
    assert (span["service_name"], span["resource"]) == ("shop", {"service.name": "shop"})
    assert (span["scope"]["name"], span["scope"]["version"]) == ("lib", "1")
    assert (span["model"], span["kind"], span["usage"]["input"]) == ("gpt-4o", "llm", 10)
    assert span["provenance"]
    assert span["mapping_version"]


def test_values_that_json_cannot_say_are_spelled_out(client: TestClient) -> None:
    import msgspec

    span = native_span(
        attributes={"raw": b"\x00\xff", "nan": float("nan"), "inf": float("-inf"), "big": 2**63 - 1}
    )
    body = msgspec.msgpack.encode({"spans": [span]})
    client.post("/api/spans", content=body, headers={"Content-Type": "application/msgpack"})
    attributes = client.get(f"/api/traces/{TRACE}/spans/{span_id(1)}").json()["attributes"]
    assert attributes == {"raw": {"$bytes": "AP8="}, "nan": "NaN", "inf": "-Infinity", "big": 2**63 - 1}


def test_a_megabyte_comes_back_whole(client: TestClient) -> None:
    text = "é" * 500_000 + "end"
    send(client, native_span(attributes={"input.value": text}))
    path = f"/api/traces/{TRACE}/spans/{span_id(1)}"
    answer = client.get(path, params={"whole": "true"}, headers={"Accept-Encoding": "gzip"})
    assert answer.json()["attributes"]["input.value"] == text
    reference = client.get(path).json()["attributes"]["input.value"]
    assert client.get(f"/api/blobs/{reference['$blob']}").text == text


def test_spans_over_all_traces(client: TestClient) -> None:
    send(client, native_span(1), native_span(2, parent_span_id=span_id(1)), native_span(3, trace_id(3)))
    listed = client.get("/api/spans", params={"limit": 2}).json()
    assert [(row["trace_id"], row["span_id"], row["depth"]) for row in listed["spans"]] == [
        (trace_id(3), span_id(3), 0),
        (TRACE, span_id(2), 1),
    ]
    assert (listed["has_more"], listed["count"]) == (True, 2)
    rest = client.get("/api/spans", params={"cursor": listed["next_cursor"]}).json()
    assert [row["span_id"] for row in rest["spans"]] == [span_id(1)]
    assert client.get("/api/spans", params={"q": "{name:*2}"}).json()["count"] == 1


def test_a_span_of_a_large_trace_moves_in_the_list_as_it_does_in_the_trace(client: TestClient) -> None:
    send(client, *(native_span(n, parent_span_id=span_id(1)) for n in range(2, 1102)))
    for told in ("first", "remembered"):
        (row,) = client.get("/api/spans", params={"limit": 1}).json()["spans"]
        assert (row["depth"], row["orphan"]) == (0, True), told
    send(client, native_span(1))
    (row,) = client.get("/api/spans", params={"limit": 1}).json()["spans"]
    assert (row["depth"], row["orphan"]) == (1, False)


def test_a_span_among_those_of_all_traces_says_what_it_did(client: TestClient) -> None:
    search = native_span(
        2,
        parent_span_id=span_id(1),
        attributes={"gen_ai.tool.name": "search", "input.value": "order 42", "output.value": "none"},
    )
    send(client, native_span(1, name="support"), search)
    (row,) = client.get("/api/spans", params={"q": "tool:search"}).json()["spans"]
    assert (row["trace_name"], row["tool_name"]) == ("support", "search")
    assert (row["input_preview"], row["output_preview"]) == ("order 42", "none")
    assert "trace_name" not in client.get(f"/api/traces/{TRACE}").json()["spans"][0]


def test_spans_over_all_traces_are_asked_of_themselves(client: TestClient) -> None:
    failed = native_span(
        2, parent_span_id=span_id(1), status={"code": "error"}, end_time_unix_nano=START + 9_000_000_000
    )
    send(client, native_span(1, name="support"), failed)

    def ids(q: str, **more: str) -> list[str]:
        return [row["span_id"] for row in client.get("/api/spans", params={"q": q, **more}).json()["spans"]]

    assert ids("status:error") == ids("dur>2s") == [span_id(2)]
    assert ids("", sort="-duration_ms") == [span_id(2), span_id(1)]
    refused = client.get("/api/spans", params={"q": "status:error spans>2"})
    assert (refused.status_code, refused.json()["position"]) == (400, 13)
    assert client.get("/api/spans", params={"sort": "start_time"}).status_code == 422


def test_a_list_says_where_the_words_of_its_query_stand(client: TestClient) -> None:
    send(
        client, native_span(1), native_span(2, trace_id(2), attributes={"input.value": "The Needle is here"})
    )
    for path, items in (("/api/traces", "traces"), ("/api/spans", "spans")):
        (found,) = client.get(path, params={"q": "needle"}).json()[items]
        assert found["hit"] == {"span_id": span_id(2), "where": "input", "snippet": "The Needle is here"}
        assert [found["hit"] for found in client.get(path).json()[items]] == [None, None]
    assert "hit" not in client.get(f"/api/traces/{TRACE}").json()["trace"]


def test_find_in_a_trace(client: TestClient) -> None:
    send(
        client,
        native_span(1),
        native_span(2, attributes={"input.value": "x" * 500 + " The Needle is here " + "y" * 500}),
    )
    hits = client.get(f"/api/traces/{TRACE}/find", params={"text": "needle"}).json()["hits"]
    assert [(hit["span_id"], hit["where"]) for hit in hits] == [(span_id(2), "input")]
    assert "The Needle is here" in hits[0]["snippet"]
    assert len(hits[0]["snippet"]) < 250
    assert client.get(f"/api/traces/{TRACE}/find", params={"text": "nothing"}).json()["hits"] == []
    assert client.get(f"/api/traces/{TRACE}/find").status_code == 422


def test_sessions(client: TestClient) -> None:
    for number in (1, 2):
        send(client, native_span(number, trace_id(number), attributes={"session.id": "chat/81"}))
    listed = client.get("/api/sessions").json()
    assert [(each["session_id"], each["turn_count"]) for each in listed["sessions"]] == [("chat/81", 2)]
    one = client.get("/api/sessions/chat/81").json()
    assert one["session"] == listed["sessions"][0]
    assert [trace["trace_id"] for trace in one["traces"]] == [trace_id(1), trace_id(2)]
    assert client.get("/api/sessions/unknown").status_code == 404
    assert client.get("/api/sessions/chat/81", headers={"X-API-Key": "project-other"}).status_code == 404


def test_totals_and_totals_over_time(client: TestClient, clock: FixedClock) -> None:
    send(
        client,
        llm_span(1, trace_id=trace_id(1)),
        native_span(3_600_000, trace_id(2), status={"code": "error"}),
    )
    clock.advance(7200)
    stats = client.get("/api/stats").json()
    totals = stats["totals"]
    assert (totals["traces"], totals["spans"], totals["errors"], totals["llm_calls"]) == (2, 2, 1, 1)
    assert totals["usage"]["total"] == 11
    assert totals["latency_ms"]["p50"] == pytest.approx(1000, rel=0.02)
    assert (stats["series"], stats["groups"]) == ([], [])
    series = client.get("/api/stats", params={"from": "2026-11-23T12:00:00Z", "bucket": "1h"}).json()[
        "series"
    ]
    assert [(point["time"][11:16], point["traces"]) for point in series] == [("12:00", 1), ("13:00", 1)]


@one_store
@pytest.mark.parametrize(
    "params",
    [
        {"bucket": "0", "from": "-1h"},
        {"bucket": "1s", "from": "-1h"},
        {"group_by": "colour"},
    ],
)
def test_figures_that_cannot_be_given_are_refused(client: TestClient, params: dict[str, str]) -> None:
    assert client.get("/api/stats", params=params).status_code == 422


def test_deleting_one_and_many(client: TestClient) -> None:
    send(client, *(native_span(number, trace_id(number)) for number in range(1, 5)))
    assert client.delete(f"/api/traces/{trace_id(1)}").json() == {"deleted": 1}
    assert client.delete(f"/api/traces/{trace_id(1)}").status_code == 404
    unconfirmed = client.delete("/api/traces", params={"q": "id:" + trace_id(2)})
    assert (unconfirmed.status_code, client.get("/api/traces").json()["count"]) == (422, 3)
    assert (
        client.delete("/api/traces", params={"confirm": "true"}).status_code == 422
    )  # no q: never everything
    one = client.delete("/api/traces", params={"q": "id:" + trace_id(2), "confirm": "true"})
    assert one.json() == {"deleted": 1}
    assert client.get("/api/stats").json()["totals"]["traces"] == 2
    assert client.delete("/api/traces", params={"q": "", "confirm": "true"}).json() == {"deleted": 2}
    assert client.get("/api/traces").json()["count"] == 0


@pytest.mark.parametrize(
    "path",
    [
        "/api/traces/{id}", "/api/traces/{id}/skeleton", "/api/traces/{id}/find?text=x",
        "/api/traces/{id}/spans/0000000000000001", "/api/traces/nonsense", f"/api/traces/{TRACE}/spans/zz",
    ],
)  # fmt: skip
def test_what_does_not_exist_is_404(client: TestClient, path: str) -> None:
    send(client, native_span())
    answer = client.get(path.format(id="0" * 31 + "1"))
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_health_needs_no_key_and_says_little(client: TestClient, store_url: str) -> None:
    health = client.get("/health").json()
    kind = store_url.partition(":")[0]
    assert health == {"status": "ok", "store": kind, "version": "0.1.0", "last_span_at": None}
    send(client, native_span())
    assert client.get("/health").json()["last_span_at"] == "2026-11-23T12:00:00.000000000Z"


def test_health_counts_nothing(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    send(client, native_span())
    store = client.app.state.service.store  # type: ignore[attr-defined]
    monkeypatch.setattr(store, "stats", lambda *_: pytest.fail("that takes longer with every project"))
    for path in ("/health", "/api/storage"):
        assert client.get(path).status_code == 200


def test_metrics_are_of_the_project_alone(client: TestClient) -> None:
    send(client, native_span(1), native_span(2))
    text = client.get("/metrics").text
    assert "tracer_spans_accepted_total 2" in text
    assert 'tracer_requests_total{method="POST",route="/api/spans",status="200"} 1' in text
    other = client.get("/metrics", headers={"X-API-Key": "project-other"}).text
    assert "tracer_spans_accepted_total 2" not in other


@one_store
def test_gzip_only_for_those_who_take_it(client: TestClient) -> None:
    send(client, *(native_span(number, trace_id(number)) for number in range(1, 60)))
    packed = client.get("/api/traces", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["vary"]
    plain = client.get("/api/traces", headers={"Accept-Encoding": "gzip;q=0"})
    assert "content-encoding" not in plain.headers
    assert plain.json() == packed.json()


def test_an_exception_of_a_leaf_is_its_failure_wherever_it_is_shown(client: TestClient) -> None:
    event = {
        "name": "exception",
        "time_unix_nano": START + 3_000_000,
        "attributes": {"exception.type": "Timeout", "exception.message": "5 s"},
    }
    send(client, native_span(1, events=[event]), native_span(2, parent_span_id=span_id(1), events=[event]))
    details = [client.get(f"/api/traces/{TRACE}/spans/{span_id(number)}").json() for number in (1, 2)]
    assert [detail["status"] for detail in details] == ["unset", "error"]
    assert [detail["level"] for detail in details] == ["info", "error"]
    error = {"type": "Timeout", "message": "5 s", "inferred": True}
    assert details[1]["error"].items() >= error.items()
    trace = client.get(f"/api/traces/{TRACE}").json()
    assert [span["status"] for span in trace["spans"]] == ["unset", "error"]
    assert client.get(f"/api/traces/{TRACE}/skeleton").json()["status"] == [0, 2]
    found = client.get("/api/spans", params={"q": "{status:error}"}).json()["spans"]
    assert [span["span_id"] for span in found] == [span_id(2)]
    assert client.get("/", params={"q": "has:error"}).text.count(TRACE) > 0
    assert client.get(f"/traces/{TRACE}", params={"span": span_id(2)}).status_code == 200


def test_a_span_stands_in_the_list_of_spans_where_it_stands_in_its_trace(
    client: TestClient, clock: FixedClock
) -> None:
    # 99 was never received; 6 is a circle, 7 and 8 are one.
    parents = {1: None, 2: 1, 3: 2, 4: 99, 5: 4, 6: 6, 7: 8, 8: 7}
    for number, parent in parents.items():
        span = native_span(number, **({} if parent is None else {"parent_span_id": span_id(parent)}))
        if number in (1, 3, 6):
            del span["end_time_unix_nano"]
        send(client, span)
    clock.advance(3600)
    places = ("span_id", "depth", "orphan", "state")
    in_trace = client.get(f"/api/traces/{TRACE}").json()["spans"]
    listed = client.get("/api/spans").json()["spans"]
    assert len(listed) == len(parents)
    assert {tuple(row[name] for name in places) for row in listed} == {
        tuple(row[name] for name in places) for row in in_trace
    }
