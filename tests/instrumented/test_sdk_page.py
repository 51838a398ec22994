"""Every program of docs/sdk.md runs, and its traces are what the page says; its tables are those of the code."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import llm_tracer
import pytest
from running import Running

from instrumented.provider import Provider
from instrumented.running_programs import Json, Tree, run, running_in, traces, tree

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
PAGE = (DOCS / "sdk.md").read_text(encoding="utf-8")
PROGRAMS = dict(re.findall(r"<!-- run: (\w+) -->\n```python\n(.*?)```", PAGE, re.DOTALL))

ASK_THE_SERVICE = """
from fastapi.testclient import TestClient
from program import app

traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
answer = TestClient(app).post("/chat/7", json={"question": "Capital of France?"}, headers={"traceparent": traceparent})
print(answer.json()["headers for the next service"]["traceparent"][3:35])
"""

READ_THE_STREAM = """
from fastapi.testclient import TestClient
from program import app

print(TestClient(app).get("/chat/7", params={"question": "Capital of France?"}).text)
"""

CALL_THE_HANDLER = """
import os
from program import handler

print(handler({"question": "why"}, None))
os._exit(0)  # frozen: nothing runs after the handler
"""

ASK_FOR_WORK = """
from program import app, nightly

app.conf.broker_url = "filesystem://"  # a broker without a server: messages are files
app.conf.broker_transport_options = {"data_folder_in": "{folder}", "data_folder_out": "{folder}",
                                     "control_folder": "{folder}/control"}
if __name__ == "__main__":
    nightly(["a first text", "a second text"])
"""


def start(name: str, service: Running, folder: Path, driver: str = "", provider_url: str = "") -> str:
    """What the program printed, run as a script, or by a driver that imports it."""
    (folder / "program.py").write_text(PROGRAMS[name], encoding="utf-8")
    (folder / "driver.py").write_text(
        driver or "import runpy; runpy.run_path('program.py', run_name='__main__')"
    )
    script = folder / ("driver.py" if driver else "program.py")
    return run([str(script)], service, provider_url)


def ended(count: int) -> Callable[[list[Json]], bool]:
    return lambda found: len(found) == count and all(trace["status"] == "ok" for trace in found)


def trees(api: httpx.Client, count: int = 1) -> list[Tree]:
    return [tree(api, trace) for trace in traces(api, ended(count))]


def test_every_program_of_the_page_is_tested() -> None:
    tested = set(re.findall(r'start\(\s*"(\w+)"', Path(__file__).read_text(encoding="utf-8")))
    assert set(PROGRAMS) == tested
    assert PAGE.count("```python\n") == len(PROGRAMS)


def test_the_script(service: Running, api: httpx.Client, tmp_path: Path) -> None:
    assert start("script", service, tmp_path) == "Paris.\n"
    assert trees(api) == [[("answer", [("search", []), ("chat", [])])]]
    (trace,) = traces(api, ended(1))
    assert (trace["session_id"], trace["user_id"], trace["tags"]) == ("chat-42", "alice", ["beta"])


def test_instrument(service: Running, api: httpx.Client, provider: Provider, tmp_path: Path) -> None:
    printed = start("instrument", service, tmp_path)
    assert re.search(r"^on +openai \S+ +openinference-instrumentation-openai \S+$", printed, re.MULTILINE)
    assert re.search(
        r"^missing +mcp \S+ +pip install openinference-instrumentation-mcp$", printed, re.MULTILINE
    )


def test_the_web_service(service: Running, api: httpx.Client, tmp_path: Path) -> None:
    assert start("fastapi", service, tmp_path, ASK_THE_SERVICE) == "4bf92f3577b34da6a3ce929d0e0e4736\n"
    spans = _spans(api, "4bf92f3577b34da6a3ce929d0e0e4736", 2)
    assert [(span["name"], span["parent_span_id"]) for span in spans[:1]] == [
        ("POST /chat", "00f067aa0ba902b7")
    ]
    assert spans[1]["parent_span_id"] == spans[0]["span_id"]


def test_streaming(service: Running, api: httpx.Client, tmp_path: Path) -> None:
    assert start("streaming", service, tmp_path, READ_THE_STREAM) == "Paris.\n"
    (trace,) = traces(api, lambda found: ended(1)(found) and found[0]["span_count"] == 4)
    assert tree(api, trace) == [("GET /chat", [("answer", [("chat", [])]), ("remember", [])])]
    assert trace["session_id"] == "7"


def test_the_notebook(service: Running, api: httpx.Client, tmp_path: Path) -> None:
    start("notebook", service, tmp_path)
    assert trees(api) == [[("try", [])]]


def test_the_agent(service: Running, api: httpx.Client, tmp_path: Path) -> None:
    assert start("agent", service, tmp_path) == "Take an umbrella.\n"
    assert trees(api) == [[("weather", [("chat", []), ("forecast", []), ("chat", [])])]]


def test_scores(service: Running, api: httpx.Client, tmp_path: Path) -> None:
    start("scores", service, tmp_path)
    (trace,) = traces(api, lambda found: len(found) == 1 and len(found[0]["scores"]) == 2)
    judged = [(each["name"], each["target"], each["annotator_kind"]) for each in trace["scores"]]
    assert judged == [("grounded", "span", "CODE"), ("helpful", "trace", "HUMAN")]
    for query in ("score.helpful:true", "score.grounded<1"):
        assert [
            each["trace_id"] for each in api.get("/api/traces", params={"q": query}).json()["traces"]
        ] == [trace["trace_id"]]


def test_the_worker(service: Running, api: httpx.Client, tmp_path: Path) -> None:
    assert start("worker", service, tmp_path) == "['a fir', 'a sec']\n['a fir', 'a sec']\n"
    (trace,) = traces(api, lambda found: ended(1)(found) and found[0]["span_count"] == 5)
    assert tree(api, trace) == [("nightly", 4 * [("summarise", [])])]


def test_celery(service: Running, api: httpx.Client, tmp_path: Path) -> None:
    broker = tmp_path / "broker"
    (broker / "control").mkdir(parents=True)
    start("celery", service, tmp_path, ASK_FOR_WORK.replace("{folder}", str(broker)))
    worker = "-m celery -A driver worker --concurrency 2 --without-gossip --without-mingle"
    with running_in(tmp_path, worker.split(), service):
        (trace,) = traces(api, lambda found: ended(1)(found) and found[0]["span_count"] == 3)
    assert tree(api, trace) == [("nightly", 2 * [("summarise", [])])]


def test_the_lambda(service: Running, api: httpx.Client, tmp_path: Path) -> None:
    assert start("lambda", service, tmp_path, CALL_THE_HANDLER) == "{'statusCode': 200, 'body': 'WHY'}\n"
    assert trees(api) == [[("handler", [])]]


def test_opentelemetry(service: Running, api: httpx.Client, tmp_path: Path) -> None:
    start("opentelemetry", service, tmp_path)
    assert trees(api) == [[("request", [("chat", [("POST /v1/chat", [])])])]]


def test_privacy(service: Running, api: httpx.Client, tmp_path: Path) -> None:
    start("privacy", service, tmp_path)
    (trace,) = traces(api, lambda found: len(found) == 1)
    (span,) = _spans(api, trace["trace_id"], 1)
    content = api.get(f"/api/traces/{trace['trace_id']}/spans/{span['span_id']}").text
    assert "DE02120300000000202051" not in content
    assert "bob@example.com" not in content
    assert "llm_tracer.redacted" in content


def test_testing(service: Running, api: httpx.Client, tmp_path: Path) -> None:
    start("testing", service, tmp_path)
    assert api.get("/api/traces").json()["traces"] == []


def test_every_variable_that_the_sdk_reads_is_in_the_table() -> None:
    source = (Path(llm_tracer.__file__).parent / "config.py").read_text(encoding="utf-8")
    read = set(re.findall(r'"((?:TRACER|OTEL)_[A-Z_]+)"', source))
    table = PAGE.partition("<!-- table:settings -->")[2].partition("<!-- /table")[0]
    assert set(re.findall(r"`((?:TRACER|OTEL)_[A-Z_]+)`", table)) == read


@pytest.mark.parametrize("name", [name for name in llm_tracer.__all__ if not name.startswith("_")])
def test_every_public_name_says_what_it_is(name: str) -> None:
    assert re.search(rf"^\| `{name}` \| \S.*\S \|$", PAGE, re.MULTILINE)


def _spans(api: httpx.Client, trace_id: str, count: int) -> list[dict[str, Any]]:
    traces(api, lambda found: len(found) == 1 and found[0]["span_count"] == count)
    spans: list[dict[str, Any]] = api.get(f"/api/traces/{trace_id}").json()["spans"]
    return spans
