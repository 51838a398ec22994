"""Every number of an overview is the count of the list that it leads to: over any traces, for every store.

The dashboard makes its links of `q`, the range of time, and a status; what is checked here are those lists: of each page
every link that stands at a number.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, TypeAlias

import pytest
from app_helpers import BASE_URL, packaged_reader
from dynamodb_tables import DynamoDBLocal, new_store, new_table
from hypothesis import given, settings
from hypothesis import strategies as st
from llm_tracer.model.groups import SPAN_FIELDS, TRACE_FIELDS
from llm_tracer_service.serving.app import create_app
from llm_tracer_service.settings import Settings
from llm_tracer_service.store import open_store
from starlette.testclient import TestClient

START = 1_795_435_200_000_000_000
NOW = START + 86_400 * 10**9

Spans: TypeAlias = list[dict[str, Any]]
Range: TypeAlias = dict[str, str]
texts = st.sampled_from(["plan", "Plan", "search 42", "gpt-4o", "日本", 'a "b"', "x:y (z)", "-not", "OR"])


scores = st.fixed_dictionaries(
    {"name": st.sampled_from(["quality", "Quality", "a b"])},
    optional={"score": st.sampled_from([0, 0.5, 1]), "label": texts, "explanation": texts},
)


@st.composite
def native_spans(draw: st.DrawFn) -> dict[str, Any]:
    """A span of one of few traces, some hours apart, so that they share names, models, failures and buckets."""
    trace, number = draw(st.integers(1, 6)), draw(st.integers(1, 4))
    start = START + trace * 5_400 * 10**9 + number * 10**9
    attributes: dict[str, Any] = draw(
        st.fixed_dictionaries(
            {"gen_ai.operation.name": st.sampled_from(["chat", "execute_tool", "invoke_agent"])},
            optional={
                "gen_ai.request.model": texts, "gen_ai.response.model": texts, "gen_ai.tool.name": texts,
                "gen_ai.agent.name": texts, "user.id": texts, "session.id": texts, "tag.tags": st.lists(texts, max_size=2),
                "gen_ai.usage.input_tokens": st.integers(0, 1000),
            },
        )
    )  # fmt: skip
    score = draw(st.one_of(st.none(), scores))
    if score is not None:
        of = f"{draw(st.sampled_from(['', 'trace.', 'session.']))}annotations.0.annotation"
        attributes |= {f"{of}.{name}": value for name, value in score.items()}
    span: dict[str, Any] = {
        "trace_id": f"{trace:032x}",
        "span_id": f"{100 * trace + number:016x}",
        "name": draw(texts),
        "start_time_unix_nano": start,
        "attributes": attributes,
    }
    if number > 1 and draw(st.booleans()):
        span["parent_span_id"] = f"{100 * trace + 1:016x}"
    if draw(st.integers(0, 3)):
        span["end_time_unix_nano"] = start + 10**9
    if draw(st.booleans()):
        span["status"] = {"code": "error", "message": f"no {draw(texts)} on page {number}"}
    return span


ranges = st.sampled_from(
    [{}, {"from": "-1h"}, {"from": "-20h"}, {"from": "2026-11-23T13:30:00Z", "to": "2026-11-23T18:00:01Z"}]
)
worlds = {
    "sent": st.lists(native_spans(), min_size=1, max_size=10),
    "asked": st.sampled_from(["", "status:error", "plan", "-user:plan", "(tool:plan OR kind:llm)"]),
    "range_": ranges,
}


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@settings(deadline=None, max_examples=15)  # some hundred requests each
@given(**worlds)
def test_every_number_is_the_count_of_its_list(
    kind: str, sent: Spans, asked: str, range_: Range, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with new_store(kind, tmp_path_factory.mktemp("store"), None) as url:
        check_all(url, sent, asked, range_)


@settings(deadline=None, max_examples=5)  # each request takes ten times as long
@given(**worlds)
def test_every_number_is_the_count_of_its_list_in_dynamodb(
    sent: Spans, asked: str, range_: Range, dynamodb: DynamoDBLocal
) -> None:
    with new_table(dynamodb) as url:
        check_all(url, sent, asked, range_)


def check_all(url: str, sent: Spans, asked: str, range_: Range) -> None:
    """Sends spans to an empty store, and checks what is counted of them against the lists."""
    reader = packaged_reader()
    store = open_store(url, reader, lambda: NOW, 600.0)
    client = TestClient(create_app(Settings(store=url), store, reader, lambda: NOW), base_url=BASE_URL)
    spans = list({span["span_id"]: span for span in sent}.values())
    assert client.post("/api/spans", json={"spans": spans}).json()["rejected"] == []
    project, question = Project(client), {"q": asked} | range_
    check_overview(project, question)
    for field in (*SPAN_FIELDS, *TRACE_FIELDS):
        check_groups(project, question, field)
    check_facets(project, question)
    check_errors(project, question)
    check_patterns(project, question)
    check_scores(project, question)
    check_sessions(project, question)
    check_requests(project)
    store.close()


class Project:
    """What is there, which stays as it is: the same list is where many numbers lead, and is asked for once."""

    def __init__(self, client: TestClient) -> None:
        self._client = client
        self._answers: dict[str, Any] = {}

    def get(self, path: str, params: dict[str, Any]) -> Any:
        asked = f"{path} {sorted(params.items())}"
        if asked not in self._answers:
            answer = self._client.get(path, params=params)
            assert answer.status_code == 200, answer.text
            self._answers[asked] = answer.json()
        return self._answers[asked]


def listed(project: Project, question: dict[str, Any], *terms: str, **more: Any) -> int:
    """How many traces the list has with terms added to the question."""
    q = " ".join(filter(None, (question["q"], *terms)))
    return int(project.get("/api/traces", {**question, **more, "q": q, "limit": 1000})["count"])


def check_figures(project: Project, question: dict[str, Any], figures: Any, *terms: str, **more: Any) -> None:
    assert figures["traces"] == listed(project, question, *terms, **more)
    assert figures["errors"] == listed(project, question, *terms, "status:error", **more)
    assert figures["running"] == listed(project, question, *terms, "status:running,abandoned", **more)


def stretch_of(point: Any, stats: Any) -> dict[str, str]:
    """The range of a bar, cut where what was counted begins and ends (stretchesOf in figure_links.js)."""
    begins = moment(point["time"])
    ends = begins + timedelta(seconds=stats["bucket_s"])
    first = max(begins, moment(stats["start"])) if stats["start"] else begins
    last = min(ends, moment(stats["end"])) if stats["end"] else ends
    return {"from": first.isoformat(), "to": last.isoformat()}


def moment(time: str) -> datetime:
    return datetime.fromisoformat(time)


def check_overview(project: Project, question: dict[str, Any]) -> None:
    stats = project.get("/api/stats", {**question, "bucket": "6h"})
    assert stats["complete"]
    check_figures(project, question, stats["totals"])
    for point in stats["series"]:
        check_figures(project, question, point, **stretch_of(point, stats))


def check_groups(project: Project, question: dict[str, Any], field: str) -> None:
    stats = project.get("/api/stats", {**question, "group_by": field, "bucket": "12h"})
    for group in stats["groups"]:
        assert group["traces"] == listed(project, question, group["q"]), (field, group["value"])
        for point in group["series"]:
            assert point["traces"] == listed(project, question, group["q"], **stretch_of(point, stats))
        if field in TRACE_FIELDS:
            assert group["errors"] == listed(project, question, group["q"], "status:error")
        if field == "failed_tool" and question == {"q": ""}:  # else the number leads to the traces (spansOf)
            calls = project.get("/api/spans", {"q": group["q"], "limit": 1000})["spans"]
            assert group["errors"] == len(calls), group["value"]


def check_facets(project: Project, question: dict[str, Any], *terms: str, **params: Any) -> None:
    q = " ".join(filter(None, (question["q"], *terms)))
    for facet in project.get("/api/facets", {**question, **params, "q": q})["facets"]:
        for value in facet["values"]:
            assert value["count"] == listed(project, question, *terms, value["q"]), (facet["field"], value)


def check_errors(project: Project, question: dict[str, Any]) -> None:
    for error in project.get("/api/errors", question)["errors"]:
        assert error["traces"] == listed(project, question, error["q"]), error
        check_facets(
            project, question, error["q"], fields="name,model,tool,agent,user,service,release", limit=5
        )


def check_patterns(project: Project, question: dict[str, Any]) -> None:
    for pattern in project.get("/api/patterns", question)["patterns"]:
        assert pattern["count"] == listed(project, question, pattern["q"]), pattern
        assert pattern["errors"] == listed(project, question, pattern["q"], "status:error"), pattern
        assert pattern["errors"] in (0, pattern["count"])  # the share of failures leads to them all


def check_scores(project: Project, question: dict[str, Any]) -> None:
    for figures in project.get("/api/scores", question)["scores"]:
        # Its `q` has that of the question in it.
        assert figures["traces"] == listed(project, {**question, "q": figures["q"]}), figures


def check_sessions(project: Project, question: dict[str, Any]) -> None:
    """The list of sessions, the numbers of the page of each, and the users with how many they had."""
    traces = project.get("/api/traces", {**question, "limit": 1000})["traces"]
    sessions = project.get("/api/sessions", {**question, "limit": 200})["sessions"]
    assert {session["session_id"] for session in sessions} == {trace["session_id"] for trace in traces} - {
        None
    }
    for session in sessions:
        everything = {"q": session["q"]}
        assert session["turn_count"] == listed(project, everything)
        assert session["error_count"] == listed(project, everything, "status:error")


def check_requests(project: Project) -> None:
    senders = project.get("/api/ingest", {})["senders"]
    for part in ("source", "product", "convention"):
        for name in {sender[part] for sender in senders} - {""}:
            told = sum(sender["requests"] for sender in senders if sender[part] == name)
            assert told == project.get("/api/ingest", {"sender": name, "limit": 1000})["count"]
