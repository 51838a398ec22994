"""The zip for AWS Lambda: packed, small, and run under AWS's own client of the runtime API."""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from lambda_runtime import function
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

HERE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HERE / "service" / "tests"))
from lambda_events import body_of, event_of  # noqa: E402

KEY = "project-shop.0123456789abcdef"
TRACE_ID = "0" * 31 + "1"
ARCHITECTURE = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86-64"

ONLY_OF_A_SERVER = [
    # A function answers at once; nobody waits in it.
    "test_app_changes.py::test_the_time_is_up",
    "test_app_changes.py::test_two_hundred_who_wait_keep_nobody_else_waiting",
    "test_app_changes.py::test_a_waiter_whose_client_left_is_let_go",
    # No function has an address of IPv6 as its name.
    "test_app_auth.py::test_host_names_that_mean_this_machine[memory-[::1]:8001]",
]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "deploy/aws/package.py", ARCHITECTURE, "--out", str(folder)]
    subprocess.run(command, cwd=HERE, check=True)
    (made,) = folder.glob("*.zip")
    return made


@pytest.fixture(scope="module")
def content(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("task")
    zipfile.ZipFile(archive).extractall(folder)
    return folder


def request(method: str, path: str, query: str = "", body: bytes = b"", **headers: str) -> Any:
    sent = {"x-api-key": KEY, "host": "abc.lambda-url.eu-central-1.on.aws", **headers}
    return event_of(
        method, path, query, [(name.replace("_", "-"), value) for name, value in sent.items()], body
    )


def an_export(text: str = "hello") -> bytes:
    message = trace_service_pb2.ExportTraceServiceRequest()
    span = message.resource_spans.add().scope_spans.add().spans.add(
        trace_id=bytes.fromhex(TRACE_ID), span_id=bytes(7) + b"\1", name="chat",
        start_time_unix_nano=1_795_435_200_000_000_000, end_time_unix_nano=1_795_435_201_000_000_000,
    )  # fmt: skip
    span.attributes.add(key="input.value").value.string_value = text
    return message.SerializeToString()


def test_the_zip_is_small_and_has_bytecode_and_no_command_line(archive: Path) -> None:
    names = zipfile.ZipFile(archive).namelist()
    assert archive.stat().st_size <= 25e6
    assert not [name for name in names if "/cli/" in name or name.startswith(("apsw", "uvicorn"))]
    sources = [name for name in names if name.startswith("llm_tracer_service/") and name.endswith(".py")]
    assert len(
        [name for name in names if name.startswith("llm_tracer_service/") and name.endswith(".pyc")]
    ) == len(sources)


def test_the_same_sources_give_the_same_bytes(archive: Path, tmp_path: Path) -> None:
    command = [sys.executable, "deploy/aws/package.py", ARCHITECTURE, "--out", str(tmp_path)]
    subprocess.run(command, cwd=HERE, check=True)
    assert (tmp_path / archive.name).read_bytes() == archive.read_bytes()


def test_the_tests_of_the_api_pass_through_events(content: Path) -> None:
    tests = HERE / "service" / "tests" / "api"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--through", "lambda", "-k", "memory", str(tests),
         *(part for each in ONLY_OF_A_SERVER for part in ("--deselect", f"service/tests/api/{each}"))],
        cwd=HERE / "service", env={**os.environ, "PYTHONPATH": str(content)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]


def test_a_trace_goes_in_and_comes_out_under_the_runtime_of_aws(content: Path) -> None:
    with function(content, TRACER_STORE="memory:", TRACER_API_KEYS=KEY) as runtime:
        sent = runtime.call(
            request("POST", "/v1/traces", body=an_export(), content_type="application/x-protobuf")
        )
        assert (sent["statusCode"], body_of(sent)) == (200, b"")
        listed = json.loads(body_of(runtime.call(request("GET", "/api/traces", "limit=1"))))
        assert [trace["trace_id"] for trace in listed["traces"]] == [TRACE_ID]
        unknown = runtime.call(request("GET", "/api/traces", x_api_key="project-shop.wrong"))
        assert unknown["statusCode"] == 401
        page = runtime.call(request("GET", "/"))
        assert page["headers"]["content-type"].startswith("text/html")
        changes = json.loads(body_of(runtime.call(request("GET", "/api/changes", "wait_s=30"))))
        assert changes["poll_after_s"] > 0
        noted = json.loads(body_of(runtime.call(request("GET", "/api/ingest"))))
        assert [(each["source"], each["accepted"]) for each in noted["requests"]] == [("/v1/traces", 1)]


def test_an_answer_that_lambda_cannot_carry_says_what_to_do(content: Path) -> None:
    text = "x" * 3_000_000
    with function(content, TRACER_STORE="memory:", TRACER_API_KEYS=KEY) as runtime:
        for number in (1, 2, 3):
            body = an_export(text).replace(bytes.fromhex(TRACE_ID), number.to_bytes(16, "big"))
            assert (
                runtime.call(request("POST", "/v1/traces", body=body, content_type="application/x-protobuf"))[
                    "statusCode"
                ]
                == 200
            )
        answer = runtime.call(request("GET", "/api/export", "format=jsonl"))
        assert answer["statusCode"] == 413
        assert "limit" in json.loads(body_of(answer))["hint"]


def test_the_event_of_the_schedule_is_understood(content: Path) -> None:
    with function(content, TRACER_STORE="memory:", TRACER_API_KEYS=KEY) as runtime:
        assert runtime.call({"task": "maintain"}) == {"more": False}


def test_without_keys_nothing_is_answered(content: Path) -> None:
    with function(content, TRACER_STORE="memory:") as runtime:
        runtime.events.put(request("GET", "/health"))
        kind, report = runtime.answers.get(timeout=60)
    assert kind == "error"
    assert "TRACER_API_KEYS" in report["errorMessage"]


def test_cfn_lint_has_nothing_to_say() -> None:
    assert importlib.util.find_spec("cfnlint")
    done = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), HERE / "deploy" / "aws" / "template.yaml"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "")
