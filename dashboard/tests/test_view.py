"""The words of the pages."""

import pytest
from javascript import evaluate

from dashboard import view

STATES: tuple[view.HealthState, ...] = ("connecting", "connected", "disconnected", "unhealthy", "refused")


@pytest.mark.parametrize("state", STATES)
def test_every_state_says_where_it_looked(state: view.HealthState) -> None:
    assert "http://here:9" in view.health(state, "http://here:9", "HTTP 500")["detail"]


def test_what_is_wrong_says_what_to_do() -> None:
    assert view.health("connected", "http://a:1")["advice"] == ""
    gone = view.health("disconnected", "http://a:8123", "connection refused")
    assert gone["label"] == "Disconnected"
    assert "TRACER_API_URL" in gone["detail"]
    assert "(connection refused)" in gone["detail"]
    assert "llm-tracer up" in gone["advice"]
    assert "llm-tracer serve --port 8123" in gone["advice"]
    assert view.health("unhealthy", "http://a:1")["label"] == "Unhealthy"
    assert "TRACER_API_KEY" in view.health("refused", "http://a:1")["advice"]


def test_an_address_without_a_port_advises_the_default_one() -> None:
    assert "--port 8001" in view.health("disconnected", "https://tracer.example")["advice"]


def test_snippets_fit_the_address() -> None:
    local, far = view.snippets("http://127.0.0.1:8001"), view.snippets("http://10.0.0.5:9000")
    assert [one["id"] for one in local] == ["sdk", "instrument", "otel", "openinference", "demo"]
    assert "OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:8001" in local[2]["blocks"][0]
    assert "http://localhost:8001/v1/traces" in local[3]["blocks"][1]
    assert local[-1]["blocks"] == ["llm-tracer demo"]
    assert far[-1]["blocks"] == ["export TRACER_API_URL=http://10.0.0.5:9000\nllm-tracer demo"]
    assert far[0]["blocks"][0].startswith("export TRACER_API_URL=http://10.0.0.5:9000\npip install ")


def test_no_snippet_asks_an_index_for_what_is_in_none() -> None:
    blocks = [block for one in view.snippets("http://127.0.0.1:8001") for block in one["blocks"]]
    commands = [
        line.partition("#")[0] for block in blocks for line in block.splitlines() if "pip install" in line
    ]
    assert len(commands) == 4
    assert [command for command in commands if "llm-tracer" in command] == []


@pytest.mark.parametrize("text", [view.SDK_EXAMPLE, view.INSTRUMENT_EXAMPLE, view.OPENINFERENCE_EXAMPLE])
def test_the_python_snippets_are_python(text: str) -> None:
    compile(text, "snippet", "exec")


def test_every_page_has_keys_of_its_own_in_the_help() -> None:
    named = {group["page"] for group in view.key_groups()} - {None}
    pages = evaluate("frame/pages.js", "m.PAGES.map(({ id }) => id)")
    assert named == {*pages, "users", "trace", "session"}


def test_no_key_means_two_things_in_one_place() -> None:
    for group in view.key_groups():
        keys = [key for line in group["keys"] for key in line["keys"].split()]
        assert len(keys) == len(set(keys)), group["title"]
