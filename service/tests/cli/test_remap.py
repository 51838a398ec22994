"""`llm-tracer remap`, as a person runs it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from app_helpers import packaged_reader
from click.testing import CliRunner, Result
from llm_tracer.model.span import SpanData
from llm_tracer_service.cli import main
from llm_tracer_service.store import open_store

START = 1_790_000_000_000_000_000

OWN_TABLE = """
version = "1"
[fields]
session_id = ["house.conversation"]
"""


def span(number: int, **attributes: Any) -> SpanData:
    return SpanData(f"{number:032x}", f"{number:016x}", "work", START, START + 1, attributes=attributes)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A store of three traces that the packaged table has read."""
    url = f"sqlite:{tmp_path / 'traces.db'}"
    store = open_store(url, packaged_reader())
    for number in (1, 2, 3):
        store.write("dev", [span(number, **{"house.conversation": "talk 7"})])
    store.close()
    return url


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(main, ["remap", *arguments], env={"TRACER_DIALECTS": "", **environment})


def sessions(url: str) -> list[str | None]:
    store = open_store(url, packaged_reader(), readonly=True)
    found = [trace.session_id for trace in store.find_traces("dev").traces]
    store.close()
    return found


def test_a_table_of_ones_own_changes_what_an_old_trace_says(url: str, tmp_path: Path) -> None:
    table = tmp_path / "mine.toml"
    table.write_text(OWN_TABLE)
    assert sessions(url) == [None] * 3
    done = run("--store", url, TRACER_DIALECTS=str(table))
    assert (done.exit_code, done.stdout) == (0, "Done: 3 of 3 traces read again.\n")
    assert sessions(url) == ["talk 7"] * 3
    again = run("--store", url, TRACER_DIALECTS=str(table))
    assert again.stdout == "Done: 0 of 3 traces read again.\n"
    everything = run("--store", url, "--all", TRACER_DIALECTS=str(table))
    assert everything.stdout == "Done: 3 of 3 traces read again.\n"
    # Edited, and its version forgotten: the text of the table tells.
    table.write_text(OWN_TABLE.replace("conversation", "other"))
    edited = run("--store", url, TRACER_DIALECTS=str(table))
    assert edited.stdout == "Done: 3 of 3 traces read again.\n"
    assert sessions(url) == [None] * 3


def test_one_project_only(url: str) -> None:
    assert run("--store", url, "--all", "--project", "other").stdout == "Done: 0 of 0 traces read again.\n"


def test_a_store_in_use_is_said(url: str) -> None:
    server = open_store(url, packaged_reader())
    refused = run("--store", url)
    server.close()
    assert refused.exit_code == 1
    assert "writes to" in refused.stderr
    assert "Stop the Tracer API that uses it" in refused.stderr


@pytest.mark.parametrize(
    ("store", "text"),
    [("memory:", "keeps nothing"), ("sqlite:/no/such/traces.db", "There is no store"), ("what", "no store 'what'"),
     ("sqlite:", "no store 'sqlite:'")],
)  # fmt: skip
def test_a_store_that_cannot_be_meant_is_refused(store: str, text: str) -> None:
    refused = run("--store", store)
    assert refused.exit_code == 1
    assert text in refused.stderr
    assert len(refused.stderr.splitlines()) == 2, "what is wrong, and what to do"


def test_a_table_that_cannot_be_used_is_said(url: str, tmp_path: Path) -> None:
    table = tmp_path / "mine.toml"
    assert "cannot be read" in run("--store", url, TRACER_DIALECTS=str(table)).stderr
    table.write_bytes(b"\xff")
    assert "cannot be used: not UTF-8" in run("--store", url, TRACER_DIALECTS=str(table)).stderr
    table.write_text("[fields\n")
    assert "cannot be used: not TOML" in run("--store", url, TRACER_DIALECTS=str(table)).stderr


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT of a person at a terminal")
def test_stopped_and_run_again(tmp_path: Path) -> None:
    url, count = f"sqlite:{tmp_path / 'traces.db'}", 8_000
    store = open_store(url, packaged_reader())
    store.write("dev", [span(number) for number in range(1, count + 1)])
    store.close()
    command = [
        sys.executable,
        "-c",
        # A shell starts what runs in its background with SIGINT ignored, and children inherit that.
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from llm_tracer_service.cli import main; main()",
        "remap",
        "--store",
        url,
    ]
    with subprocess.Popen(
        [*command, "--all"],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        first = process.stderr.readline()  # progress
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
    assert f"of {count} traces looked at" in first
    assert "Stopped: " in rest
    cursor = rest.split("--after ")[1].strip()
    done = run("--store", url, "--all", "--after", cursor)
    assert done.exit_code == 0
    assert 0 < int(done.stdout.split()[1]) < count, "what was done before is not done again"
