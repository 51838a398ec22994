"""The zip for AWS Lambda: packed, small, and run under AWS's own client of the runtime API."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

from lambda_runtime import ARCHITECTURE, KEY, an_export, body_of, function, request, trace_id

HERE = Path(__file__).resolve().parent.parent

ONLY_OF_A_SERVER = [
    # A function answers at once; nobody waits in it.
    "test_app_changes.py::test_the_time_is_up",
    "test_app_changes.py::test_two_hundred_who_wait_keep_nobody_else_waiting_and_are_told_at_once",
    "test_app_changes.py::test_a_waiter_whose_client_left_is_let_go",
    "test_app_errors.py::test_head_of_what_comes_in_pieces_ends_at_once[dynamodb-/api/stream]",
    # No function has an address of IPv6 as its name.
    "test_app_auth.py::test_host_names_that_mean_this_machine[dynamodb-[::1]:8001]",
]

LARGE = [
    "test_app_blobs.py::test_lists_stay_small[dynamodb]",
    "test_app_export.py::test_html_of_a_large_trace_stays_small[dynamodb]",
    "test_app_links.py::test_every_number_is_the_count_of_its_list_in_dynamodb",
    "test_app_reading.py::test_a_big_trace_comes_in_pages_and_in_columns[dynamodb]",
    "test_app_sessions.py::test_two_thousand_turns_are_told_in_little[dynamodb]",
]
"""They are a third of the time, and about what is answered, not about how it is carried."""


def test_the_zip_is_small_and_has_bytecode_and_no_command_line(lambda_zip: Path) -> None:
    names = zipfile.ZipFile(lambda_zip).namelist()
    assert lambda_zip.stat().st_size <= 25e6
    assert not [name for name in names if "/cli/" in name or name.startswith(("apsw", "uvicorn"))]
    sources = [name for name in names if name.startswith("llm_tracer_service/") and name.endswith(".py")]
    assert len(
        [name for name in names if name.startswith("llm_tracer_service/") and name.endswith(".pyc")]
    ) == len(sources)


def test_the_same_sources_give_the_same_bytes(lambda_zip: Path, tmp_path: Path) -> None:
    command = [sys.executable, "deploy/aws/package.py", ARCHITECTURE, "--out", str(tmp_path)]
    subprocess.run(command, cwd=HERE, check=True)
    assert (tmp_path / lambda_zip.name).read_bytes() == lambda_zip.read_bytes()


def test_the_tests_of_the_api_pass_through_events(lambda_folder: Path) -> None:
    """On tables of DynamoDB Local: that is what the function has in AWS."""
    tests = HERE / "service" / "tests" / "api"
    workers = str(min(os.cpu_count() or 1, 4))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", workers, "--through", "lambda", "-k", "dynamodb", str(tests),
         *(part for each in (*ONLY_OF_A_SERVER, *LARGE) for part in ("--deselect", f"service/tests/api/{each}"))],
        cwd=HERE / "service", env={**os.environ, "PYTHONPATH": str(lambda_folder)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]


def test_a_trace_goes_in_and_comes_out_under_the_runtime_of_aws(lambda_folder: Path) -> None:
    with function(lambda_folder, TRACER_STORE="memory:", TRACER_API_KEYS=KEY) as runtime:
        sent = runtime.call(
            request("POST", "/v1/traces", body=an_export(), content_type="application/x-protobuf")
        )
        assert (sent["statusCode"], body_of(sent)) == (200, b"")
        listed = json.loads(body_of(runtime.call(request("GET", "/api/traces", "limit=1"))))
        assert [trace["trace_id"] for trace in listed["traces"]] == [trace_id(1)]
        unknown = runtime.call(request("GET", "/api/traces", x_api_key="project-shop.wrong"))
        assert unknown["statusCode"] == 401
        page = runtime.call(request("GET", "/"))
        assert page["headers"]["content-type"].startswith("text/html")
        changes = json.loads(body_of(runtime.call(request("GET", "/api/changes", "wait_s=30"))))
        assert changes["poll_after_s"] > 0
        noted = json.loads(body_of(runtime.call(request("GET", "/api/ingest"))))
        assert [(each["source"], each["accepted"]) for each in noted["requests"]] == [("/v1/traces", 1)]


def test_an_answer_that_lambda_cannot_carry_says_what_to_do(lambda_folder: Path) -> None:
    text = "x" * 3_000_000
    with function(lambda_folder, TRACER_STORE="memory:", TRACER_API_KEYS=KEY) as runtime:
        for number in (1, 2, 3):
            body = an_export(number, text)
            assert (
                runtime.call(request("POST", "/v1/traces", body=body, content_type="application/x-protobuf"))[
                    "statusCode"
                ]
                == 200
            )
        answer = runtime.call(request("GET", "/api/export", "format=jsonl"))
        assert answer["statusCode"] == 413
        assert "limit" in json.loads(body_of(answer))["hint"]


def test_the_event_of_the_schedule_is_understood(lambda_folder: Path) -> None:
    with function(lambda_folder, TRACER_STORE="memory:", TRACER_API_KEYS=KEY) as runtime:
        assert runtime.call({"task": "maintain"}) == {"more": False}


def test_without_keys_nothing_is_answered(lambda_folder: Path) -> None:
    with function(lambda_folder, TRACER_STORE="memory:") as runtime:
        runtime.events.put(request("GET", "/health"))
        kind, report = runtime.answers.get(timeout=60)
    assert kind == "error"
    assert "TRACER_API_KEYS" in report["errorMessage"]
