"""`llm-tracer export` and `llm-tracer import` between two real services, and by the names that files have."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from corpus import sources
from running import COMMAND, Running, start_service, stopping
from waiting import PATIENCE_S, http

SOURCES = [source for source in sources() if source.name.startswith(("openinference", "pydantic"))]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service of its own with some captured telemetry."""
    with stopping(start_service(tmp_path_factory.mktemp("export"))) as running:
        for source in SOURCES:
            for request in source.requests:
                http.post(
                    running.url + request.path, content=request.body, headers=request.headers
                ).raise_for_status()
        yield running


def llm_tracer(
    service: Running, *arguments: str | Path, **options: bytes
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [COMMAND, *map(str, arguments)],
        env={**os.environ, "TRACER_API_URL": service.url}, capture_output=True, timeout=PATIENCE_S, **options,
    )  # fmt: skip


def exported(service: Running) -> bytes:
    return http.get(f"{service.url}/api/export", params={"format": "jsonl"}).raise_for_status().content


@pytest.mark.parametrize("name", ["all.jsonl", "all.jsonl.gz", "all.jsonl.zst"])
@pytest.mark.parametrize("form", ["otlp", "jsonl"])
def test_what_was_exported_is_imported_elsewhere(
    filled: Running, service: Running, tmp_path: Path, form: str, name: str
) -> None:
    done = llm_tracer(filled, "export", "--format", form, "-o", tmp_path / name)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [name]
    for _ in range(2):  # again does no harm
        done = llm_tracer(service, "import", tmp_path / name)
        assert done.returncode == 0, done.stderr
    assert exported(service) == exported(filled) != b""


def test_a_query_chooses_and_standard_input_and_output_connect(filled: Running, service: Running) -> None:
    trace = http.get(f"{filled.url}/api/traces", params={"limit": 1}).json()["traces"][0]["trace_id"]
    done = llm_tracer(filled, "export", "--q", f"id:{trace}")
    assert llm_tracer(service, "import", "-", input=done.stdout).returncode == 0
    assert [each["trace_id"] for each in http.get(f"{service.url}/api/traces").json()["traces"]] == [trace]


def test_one_trace_is_written_for_people(filled: Running) -> None:
    trace = http.get(f"{filled.url}/api/traces", params={"limit": 1}).json()["traces"][0]
    done = llm_tracer(filled, "export", trace["trace_id"], "--format", "md")
    assert done.returncode == 0, done.stderr
    assert trace["trace_id"] in done.stdout.decode()


def test_an_error_names_the_file_and_the_line(filled: Running, tmp_path: Path) -> None:
    file = tmp_path / "bad.jsonl.gz"
    span = {"trace_id": "a" * 32, "span_id": "b" * 16, "name": "s", "start_time_unix_nano": 1}
    lines = [span, {**span, "start_time_unix_nano": 0}, {"what": 1}]
    file.write_bytes(gzip.compress("\n".join(map(json.dumps, lines)).encode()))
    done = llm_tracer(filled, "import", file)
    assert done.returncode == 1
    assert f"{file}, line 3: This is not a span" in done.stderr.decode()
    file.write_bytes(gzip.compress("\n".join(map(json.dumps, lines[:2])).encode()))
    done = llm_tracer(filled, "import", file)
    assert (done.returncode, f"{file}, line 2: the span has no start time" in done.stderr.decode()) == (
        1,
        True,
    )
    file.write_bytes(b"no gzip")
    assert "cannot be read" in llm_tracer(filled, "import", file).stderr.decode()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["export", "--q", "stats:error"], "query is invalid at character"),
        (["export", "--format", "md"], "works for one trace only"),
        (["export", "f" * 32], "no such trace"),
        (["import", "/nowhere.jsonl"], "cannot be read"),
        (["import", "--url", "http://127.0.0.1:9", "-"], "No Tracer API answers"),
    ],
)
def test_errors_say_what_to_do(filled: Running, arguments: list[str], text: str) -> None:
    line = b'{"trace_id": "1"}\n'
    done = llm_tracer(filled, *arguments, input=line)
    assert done.returncode != 0
    assert text in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()
