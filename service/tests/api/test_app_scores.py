"""Scores sent by hand are kept with what they judge, found, counted, and replaced by their id."""

from __future__ import annotations

from typing import Any

import pytest
from app_helpers import TRACE, FixedClock, native_span, one_store, send, span_id
from starlette.testclient import TestClient

OTHER = "1" * 32


def judge(client: TestClient, **body: Any) -> dict[str, Any]:
    answer = client.post("/api/scores", json=body)
    assert answer.status_code == 201, answer.text
    kept: dict[str, Any] = answer.json()
    return kept


def scores(client: TestClient, trace_id: str = TRACE) -> list[tuple[Any, ...]]:
    """Name, value, label, comment and target of the scores of a trace, by name."""
    summary = client.get(f"/api/traces/{trace_id}").json()["trace"]
    fields = ("name", "value", "label", "explanation", "target")
    return sorted(tuple(score[field] for field in fields) for score in summary["scores"])


def found(client: TestClient, q: str) -> list[str]:
    return [trace["trace_id"] for trace in client.get("/api/traces", params={"q": q}).json()["traces"]]


def test_a_span_a_trace_and_a_session_are_judged(client: TestClient, clock: FixedClock) -> None:
    send(
        client,
        native_span(1, attributes={"session.id": "chat-42"}),
        native_span(2, parent_span_id=span_id(1)),
    )
    judge(client, name="quality", value=0.9, comment="good", span_id=span_id(2), source="reviewer")
    kept = judge(client, name="solved", value=True, trace_id=TRACE)
    judge(client, name="mood", value="happy", session_id="chat-42")
    assert (kept["target"], kept["trace_id"], kept["span_id"]) == ("trace", TRACE, span_id(1))
    assert scores(client) == [
        ("mood", None, "happy", None, "session"),
        ("quality", 0.9, None, "good", "span"),
        ("solved", 1.0, "true", None, "trace"),
    ]
    span = client.get(f"/api/traces/{TRACE}/spans/{span_id(2)}").json()
    assert (span["scores"][0]["source"], span["scores"][0]["time"]) == (
        "reviewer",
        "2026-11-23T12:00:00.000000000Z",
    )
    (session,) = client.get("/api/sessions").json()["sessions"]
    assert [score["name"] for score in session["scores"]] == ["mood"]
    assert client.get(f"/api/traces/{TRACE}").json()["span_count"] == 2


def test_the_same_id_again_replaces_the_score_and_keeps_its_time(
    client: TestClient, clock: FixedClock
) -> None:
    send(client, native_span(1))
    for value, more in ((0.2, {"comment": "first"}), (0.8, {}), (0.8, {})):
        judge(client, id="s1", name="quality", value=value, trace_id=TRACE, **more)
        clock.advance(60)
    judge(client, id="s2", name="quality", value=0.5, trace_id=TRACE)
    assert scores(client) == [
        ("quality", 0.5, None, None, "trace"), ("quality", 0.8, None, None, "trace"),
    ]  # fmt: skip
    times = {score["time"][11:16] for score in client.get(f"/api/traces/{TRACE}").json()["trace"]["scores"]}
    assert times == {"12:00", "12:03"}


def test_a_score_stays_when_the_span_is_sent_again_and_waits_for_one_that_was_not(client: TestClient) -> None:
    judge(client, name="quality", value=1, trace_id=TRACE, span_id=span_id(1))
    assert client.get(f"/api/traces/{TRACE}").status_code == 404
    for _ in range(2):
        send(client, native_span(1))
        assert scores(client) == [("quality", 1.0, None, None, "span")]


def test_scores_are_found_by_the_query_text_and_counted_by_name(client: TestClient) -> None:
    send(client, native_span(1), native_span(1, OTHER))
    judge(client, name="quality", value=0.25, trace_id=TRACE)
    judge(client, name="quality", value=0.75, trace_id=OTHER)
    judge(client, name="tone", value="kind", trace_id=OTHER)
    assert found(client, "score.quality>0.5") == [OTHER]
    assert found(client, "score.tone:kind") == [OTHER]
    answer = client.get("/api/scores").json()
    assert answer == {
        "scores": [
            {"name": "quality", "count": 2, "traces": 2, "q": "score.quality:*", "mean": 0.5, "low": 0.25, "high": 0.75,
             "bins": [{"low": 0.25, "high": 0.25, "count": 1}, {"low": 0.75, "high": 0.75, "count": 1}], "labels": []},
            {"name": "tone", "count": 1, "traces": 1, "q": "score.tone:*", "mean": None, "low": None, "high": None,
             "bins": [], "labels": [{"label": "kind", "count": 1, "q": "score.tone:kind"}]},
        ],
        "complete": True,
        "counted_since": None,
    }  # fmt: skip
    for figures in answer["scores"]:
        assert len(found(client, figures["q"])) == figures["traces"]
    narrowed = client.get("/api/scores", params={"q": "score.quality<0.5"}).json()["scores"]
    assert [(each["name"], each["count"], each["q"]) for each in narrowed] == [
        ("quality", 1, "score.quality<0.5 score.quality:*")
    ]


@one_store
@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"name": "q", "value": 1}, 422, "This score has no target."),
        ({"name": "q", "trace_id": TRACE}, 422, "This score is empty."),
        ({"name": "q", "value": 1, "trace_id": "x"}, 422, "The body is invalid"),
        ({"name": "q", "value": 1, "trace": TRACE}, 422, "there is no member `trace`"),
        ({"name": "q", "value": 1, "trace_id": TRACE}, 404, "There is no such trace"),
        ({"name": "q", "value": 1, "span_id": span_id(1)}, 404, "There is no such span"),
        ({"name": "q", "value": 1, "session_id": "s"}, 404, "There is no such session"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_the_reason(
    client: TestClient, body: dict[str, Any], status: int, said: str
) -> None:
    answer = client.post("/api/scores", json=body)
    assert (answer.status_code, said in answer.json()["detail"]) == (status, True), answer.text
