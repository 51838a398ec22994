"""Figures over time and by value, facets, fields, failures and patterns, as a client sees them."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from app_helpers import FixedClock, native_span, send, span_id
from llm_tracer_service.store import patience
from starlette.testclient import TestClient


def trace_id(number: int) -> str:
    return f"{number:032x}"


def run(
    number: int, model: str = "gpt-4o", searches: int = 2, error: str | None = None, **attributes: Any
) -> list[dict[str, Any]]:
    """A trace: an agent that searches, then calls a model; the tool breaks with an error."""
    at, root, trace = (number - 1) * 3_600_000, span_id(100 * number), trace_id(number)
    failed = {} if error is None else {"status": {"code": "error", "message": error}}

    def span(place: int, name: str, **fields: Any) -> dict[str, Any]:
        made = native_span(at + place * 2_000, trace, name=name, **fields)
        return {**made, "span_id": span_id(100 * number + place)}

    inside = {"parent_span_id": root}
    tool = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search"}
    call = {
        "gen_ai.operation.name": "chat", "gen_ai.request.model": model,
        "gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 5,
    }  # fmt: skip
    return [
        span(0, "agent", attributes={"user.id": "alice", **attributes}, **failed),
        *(span(1 + n, "search", attributes=tool, **inside, **failed) for n in range(searches)),
        span(1 + searches, "chat", attributes=call, **inside),
    ]


def get(client: TestClient, path: str, **params: Any) -> Any:
    answer = client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def filled(client: TestClient, clock: FixedClock) -> TestClient:
    send(client, *run(1), *run(2, "gpt-4o-mini", searches=3), *run(3, error="no page 17"))
    clock.advance(4 * 3_600)
    return client


def test_figures_by_model_over_time(filled: TestClient) -> None:
    found = get(filled, "/api/stats", group_by="model", bucket="1h", **{"from": "-4h"})
    assert found["complete"] is True
    assert (found["distinct"], found["rest"], found["bucket_s"]) == (2, None, 3_600)
    first, second = found["groups"]
    assert (first["value"], first["traces"], first["spans"], first["usage"]["total"]) == ("gpt-4o", 2, 2, 30)
    assert (second["value"], second["q"]) == ("gpt-4o-mini", "model:gpt-4o-mini")
    assert [point["traces"] for point in first["series"]] == [1, 0, 1, 0]
    assert [point["time"] for point in first["series"]] == [point["time"] for point in found["series"]]
    assert get(filled, "/api/traces", q=second["q"])["count"] == second["traces"]


def test_groups_are_limited_and_the_rest_is_counted(filled: TestClient) -> None:
    found = get(filled, "/api/stats", group_by="model", bucket="1h", limit=1, sort="-cost")
    assert [group["value"] for group in found["groups"]] == ["gpt-4o"]
    assert (found["rest"]["value"], found["rest"]["traces"], found["distinct"]) == (None, 1, 2)
    assert sum(point["traces"] for point in found["rest"]["series"]) == 1


def test_a_histogram_has_about_sixty_round_buckets(filled: TestClient) -> None:
    found = get(filled, "/api/stats", bucket="auto", **{"from": "-4h"})
    assert (found["bucket_s"], len(found["series"])) == (300, 48)
    assert (found["totals"]["traces"], found["totals"]["errors"], found["totals"]["running"]) == (3, 1, 0)
    assert sum(point["errors"] for point in found["series"]) == 1
    everything = get(filled, "/api/stats", bucket="auto")
    assert sum(point["traces"] for point in everything["series"]) == 3


@pytest.mark.parametrize(
    "wide",
    [
        {"from": "0001-01-01"},
        {"from": "-999999999w"},
        {"to": "9999-12-31"},
        {"from": "1", "to": "99999999999"},
    ],
)
def test_a_range_wider_than_any_span_is_old_is_told_over_time(
    filled: TestClient, wide: dict[str, str]
) -> None:
    found = get(filled, "/api/stats", bucket="auto", **wide)
    assert sum(point["traces"] for point in found["series"]) == found["totals"]["traces"] == 3
    errors = get(filled, "/api/errors", **wide)
    (error,) = errors["errors"]
    assert sum(error["trend"]) == error["count"]
    assert len(error["trend"]) == len(errors["trend_times"])


def test_an_empty_project_has_empty_answers(client: TestClient) -> None:
    for path, empty in (("/api/facets", "facets"), ("/api/errors", "errors"), ("/api/patterns", "patterns")):
        found = get(client, path)
        assert found["complete"] is True
        assert all(not each["values"] for each in found[empty])
    assert get(client, "/api/stats", bucket="auto", group_by="user")["totals"]["traces"] == 0


def test_facets_of_a_result(filled: TestClient) -> None:
    found = get(filled, "/api/facets", q="status:ok", fields="model,has,tool", limit=1)
    assert [(each["field"], each["distinct"]) for each in found["facets"]] == [
        ("model", 2),
        ("has", 0),
        ("tool", 1),
    ]
    assert found["facets"][0]["values"] == [{"value": "gpt-4o", "count": 1, "q": "model:gpt-4o"}]
    for each in get(filled, "/api/facets")["facets"]:
        for value in each["values"]:
            assert get(filled, "/api/traces", q=value["q"])["count"] == value["count"], value
    assert filled.get("/api/facets", params={"fields": "colour"}).status_code == 422


def test_fields_with_their_values_and_keys(filled: TestClient) -> None:
    found = get(filled, "/api/fields")
    fields = {each["name"]: each for each in found["fields"]}
    assert [value["value"] for value in fields["model"]["values"]] == ["gpt-4o", "gpt-4o-mini"]
    assert ">" in fields["dur"]["operators"]
    assert fields["span.status"]["values"][0] == {"value": "unset", "count": 0, "q": "span.status:unset"}
    assert "attr.gen_ai.request.model" in found["keys"]
    (model,) = get(filled, "/api/fields", field="model", prefix="GPT-4o-")["fields"]
    assert model["values"] == [{"value": "gpt-4o-mini", "count": 1, "q": "model:gpt-4o-mini"}]
    (key,) = get(filled, "/api/fields", field="attr.gen_ai.tool.name")["fields"]
    assert [value["value"] for value in key["values"]] == ["search"]
    (status,) = get(filled, "/api/fields", field="status", prefix="aband")["fields"]
    assert [value["value"] for value in status["values"]] == ["abandoned"]
    wrong = filled.get("/api/fields", params={"field": "modell"})
    assert (wrong.status_code, wrong.json()["hint"]) == (422, "Did you mean model?")


@pytest.mark.parametrize(
    "value",
    ["acme corp", 'say "hi"', "a,b", "(x)", "1..2", "-x", "OR", True, 0.5, 3, ["x y"], {"a": None}, b"\0\1",
     "long text " * 30],
)  # fmt: skip
def test_a_value_of_a_key_comes_with_the_query_that_finds_it(client: TestClient, value: Any) -> None:
    sent = {"$bytes": b64encode(value).decode()} if isinstance(value, bytes) else value
    send(client, native_span(1, attributes={"of.it": sent}), native_span(2, trace_id(2)))
    (key,) = get(client, "/api/fields", field="attr.of.it")["fields"]
    (found,) = key["values"]
    assert get(client, "/api/traces", q=found["q"])["count"] == found["count"] == 1


@pytest.mark.parametrize("value", ["", None])
def test_a_key_without_a_value_has_nothing_to_complete(client: TestClient, value: str | None) -> None:
    send(client, native_span(attributes={"of.it": value}))
    (key,) = get(client, "/api/fields", field="attr.of.it")["fields"]
    assert key["values"] == []
    assert "attr.of.it" in get(client, "/api/fields")["keys"]


def test_failures_by_kind(filled: TestClient) -> None:
    found = get(filled, "/api/errors", **{"from": "-4h"})
    (error,) = found["errors"]
    assert (error["message"], error["name"], error["count"], error["traces"]) == (
        "no page <n>",
        "search",
        2,
        1,
    )
    assert (error["trace_id"], error["span_id"]) == (trace_id(3), span_id(302))
    assert len(error["trend"]) == len(found["trend_times"])
    assert sum(error["trend"]) == 2
    assert get(filled, "/api/traces", q=error["q"])["count"] == 1
    assert get(filled, "/api/errors", q="status:ok")["errors"] == []


def test_patterns_with_the_failing_one_on_top(filled: TestClient) -> None:
    failing, fine = get(filled, "/api/patterns")["patterns"]
    assert failing["pattern"] == "agent: (search ×n) → chat → ✕"
    assert (failing["count"], failing["failure_share"], failing["trace_id"]) == (1, 1.0, trace_id(3))
    assert (fine["pattern"], fine["count"], fine["errors"]) == ("agent: (search ×n) → chat", 2, 0)
    assert fine["p50_ms"] == pytest.approx(1000, rel=0.02)
    assert [get(filled, "/api/traces", q=each["q"])["count"] for each in (failing, fine)] == [1, 2]


def test_tools_by_their_failed_calls(filled: TestClient) -> None:
    (failing,) = get(filled, "/api/stats", group_by="failed_tool", sort="-errors")["groups"]
    assert (failing["value"], failing["spans"], failing["errors"], failing["traces"]) == ("search", 2, 2, 1)
    assert failing["q"] == "failed_tool:search"
    assert get(filled, "/api/traces", q=failing["q"])["traces"][0]["trace_id"] == trace_id(3)


def test_which_condition_removes_the_traces(filled: TestClient) -> None:
    found = get(filled, "/api/explain", q='model:gpt-5 user:alice OR tag:"no such"')
    assert (found["traces"], len(found["conditions"])) == (0, 1)  # an OR is one condition
    found = get(filled, "/api/explain", q="user:alice model:gpt-5 -status:error", **{"from": "-4h"})
    assert [(one["text"], one["traces"]) for one in found["conditions"]] == [
        ("user:alice", 0),
        ("model:gpt-5", 2),
        ("-status:error", 0),
    ]
    assert (found["traces"], found["all_time"], found["complete"]) == (0, 0, True)
    for one in found["conditions"]:
        assert get(filled, "/api/traces", q=one["q"], **{"from": "-4h"})["count"] == one["traces"]


def test_conditions_are_counted_no_longer_than_patience_lasts(
    filled: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "SECONDS_MAX", -1.0)
    found = get(filled, "/api/explain", q="user:alice model:gpt-5")
    assert (found["traces"], found["conditions"], found["complete"]) == (0, [], False)


def test_which_condition_removes_the_spans(filled: TestClient) -> None:
    asked = {"q": "kind:tool status:error kind:llm", "from": "-4h"}
    found = get(filled, "/api/explain/spans", **asked)
    assert (found["spans"], found["complete"]) == (0, True)
    assert [one["text"] for one in found["conditions"]] == ["kind:tool", "status:error", "kind:llm"]
    for one in (*found["conditions"], {"q": asked["q"], "spans": 0}):
        assert get(filled, "/api/spans", q=one["q"], limit=1000, **{"from": "-4h"})["count"] == one["spans"]
    assert found["conditions"][2]["spans"] > 0
    assert get(filled, "/api/spans", q=asked["q"], limit=1000)["count"] == found["all_time"]
    # A term that counts over a whole trace is none of a span.
    refused = filled.get("/api/explain/spans", params={"q": "spans>2"})
    assert (refused.status_code, refused.json()["position"]) == (400, 0)


def test_the_range_of_time_may_be_what_removes_them(filled: TestClient) -> None:
    found = get(filled, "/api/explain", q="user:alice", to="-30d")
    assert (found["traces"], found["all_time"]) == (0, 3)
    assert get(filled, "/api/explain", q="user:alice")["all_time"] is None
    assert get(filled, "/api/explain")["conditions"] == []
    assert filled.get("/api/explain", params={"q": "dur>x"}).json()["position"] == 4
