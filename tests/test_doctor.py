"""`llm-tracer doctor` and `python -m llm_tracer doctor` against real services: what they say, and their exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from reading import all_traces
from recording_http import answering
from running import COMMAND, Running, clean_environment, free_port, start_service, stopping
from waiting import PATIENCE_S

SDK = [sys.executable, "-m", "llm_tracer", "doctor"]


def doctor(command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env={**clean_environment(), "TRACER_SPOOL": "off", **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def checks(**environment: str) -> tuple[int, dict[str, dict[str, Any]]]:
    ended = doctor([*SDK, "--json"], **environment)
    said = json.loads(ended.stdout)
    assert said["ok"] == (ended.returncode == 0)
    return ended.returncode, {check["name"]: check for check in said["checks"]}


@pytest.mark.parametrize(
    "command", [[COMMAND, "doctor"], [COMMAND, "doctor", "--python", sys.executable], SDK]
)
def test_where_all_is_well_it_says_so_and_leaves_nothing(
    command: list[str], service: Running, api: httpx.Client
) -> None:
    ended = doctor(command, TRACER_API_URL=service.url)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert f"✓ server {service.url} answers" in ended.stdout
    assert "✓ clock is the server's" in ended.stdout
    assert "✓ test trace arrived, was read and deleted" in ended.stdout
    assert ended.stdout.endswith("\nTraces arrive.\n")
    assert all_traces(api) == []


def test_an_output_without_its_marks_gets_what_looks_like_them() -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    ended = doctor(SDK, TRACER_API_URL=nobody, PYTHONIOENCODING="ascii")
    assert (ended.returncode, ended.stderr) == (1, "")
    assert f"x server nobody answers at {nobody}" in ended.stdout
    assert "    -> start it with `llm-tracer up`" in ended.stdout


@pytest.mark.parametrize("command", [[*SDK], [COMMAND, "demo"]], ids=["doctor", "the commands that ask"])
def test_the_proxy_of_the_environment_is_not_asked(command: list[str], service: Running) -> None:
    proxy = f"http://127.0.0.1:{free_port()}"
    ended = doctor(command, TRACER_API_URL=service.url, http_proxy=proxy, HTTP_PROXY=proxy, no_proxy="")
    assert ended.returncode == 0, ended.stderr


def test_an_address_where_nobody_listens_is_a_problem() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    code, said = checks(TRACER_API_URL=url)
    assert (code, said["server"]["state"]) == (1, "problem")
    assert url in said["server"]["text"]
    assert "llm-tracer up" in said["server"]["advice"]
    assert "test trace" not in said


@pytest.mark.parametrize("address", ["localhost:8001", "http://localhost:PORT", "http://[::1"])
def test_it_is_no_address(address: str) -> None:
    code, said = checks(TRACER_API_URL=address)
    assert (code, said["server"]["text"]) == (1, f"TRACER_API_URL={address} is no address")


def test_somebody_else_listens() -> None:
    with answering(404, "text/html", b"<h1>nginx</h1>") as url:
        code, said = checks(TRACER_API_URL=url)
    assert (code, "is no Tracer API" in said["server"]["text"]) == (1, True)


def test_a_clock_that_is_wrong() -> None:
    health = json.dumps({"status": "ok", "version": "0.1.0"}).encode()
    with answering(200, "application/json", health, date="Sat, 01 Jan 2000 00:00:00 GMT") as url:
        said = checks(TRACER_API_URL=url)[1]
    assert (said["clock"]["state"], "ahead of the server's" in said["clock"]["text"]) == ("warning", True)


def test_the_test_trace_tells_what_a_key_may_do(tmp_path: Path) -> None:
    keys = {
        "TRACER_API_KEYS": "project-shop.secret-of-the-shop,project-shop.secret-to-write:write,project-shop.secret-to-read:read"
    }
    with stopping(start_service(tmp_path, env=keys)) as service:
        for key, code, state, word in (
            ("project-shop.secret-of-the-shop", 0, "ok", "deleted"),
            ("project-shop.secret-to-write", 0, "note", "may not read"),
            ("project-shop.secret-to-read", 1, "problem", "403"),
            ("project-shop.secret-of-nobody", 1, "problem", "401"),
        ):
            ended, said = checks(TRACER_API_URL=service.url, TRACER_API_KEY=key)
            assert (ended, said["test trace"]["state"], word in said["test trace"]["text"]) == (
                code,
                state,
                True,
            ), key


def test_tracing_is_off(service: Running) -> None:
    code, said = checks(TRACER_API_URL=service.url, TRACER_ENABLED="false")
    assert (code, said["tracing"]["state"], said["test trace"]["state"]) == (1, "problem", "ok")


def test_a_python_that_does_not_exist_is_an_error() -> None:
    ended = doctor([COMMAND, "doctor", "--python", "/nowhere/python"])
    assert (ended.returncode, ended.stderr) == (
        1,
        "Error: /nowhere/python cannot be run: No such file or directory.\nName a Python with --python.\n",
    )
