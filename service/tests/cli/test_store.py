"""`llm-tracer store`, as a person runs it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import apsw
import pytest
from app_helpers import packaged_reader
from click.testing import CliRunner, Result
from llm_tracer.model.span import SpanData
from llm_tracer_service.cli import main
from llm_tracer_service.store import open_store

START = 1_790_000_000_000_000_000


def span(number: int, **attributes: Any) -> SpanData:
    return SpanData(f"{number:032x}", f"{number:016x}", "work", START, START + 1, attributes=attributes)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store of three traces in two projects."""
    path = tmp_path / "traces.db"
    store = open_store(f"sqlite:{path}", packaged_reader())
    store.write("dev", [span(1), span(2, **{"input.value": "long " * 100_000})])
    store.write("shop", [span(3)])
    store.close()
    return path


def run(*arguments: str, **options: Any) -> Result:
    return CliRunner().invoke(main, ["store", *arguments], env={"TRACER_STORE": ""}, **options)


def test_info_beside_a_store_in_use(path: Path) -> None:
    in_use = open_store(f"sqlite:{path}", packaged_reader())
    shown = run("info", "--store", f"sqlite:{path}")
    document = json.loads(run("info", "--store", f"sqlite:{path}", "--json").stdout)
    in_use.close()
    assert shown.exit_code == 0
    assert "3, 3 spans" in shown.stdout
    assert "90 days, no size limit" in shown.stdout
    assert [line.split()[:3] for line in shown.stdout.splitlines()[-2:]] == [
        ["dev", "2", "2"],
        ["shop", "1", "1"],
    ]
    assert [each["project"] for each in document["projects"]] == ["dev", "shop"]
    assert document["live_bytes"] == document["indexes_bytes"] + sum(
        each["total_bytes"] for each in document["projects"]
    )


def test_verify_says_that_a_sound_store_is_sound(path: Path) -> None:
    done = run("verify", "--store", f"sqlite:{path}")
    assert done.exit_code == 0
    assert done.stdout.startswith("Sound: 3 traces, 1 blob, in ")


def test_verify_ends_with_3_where_something_is_damaged(path: Path) -> None:
    connection = apsw.Connection(str(path))
    connection.execute("UPDATE bodies SET rest = substr(rest, 1, 30) WHERE id >> 24 = 1")
    connection.close()
    done = run("verify", "--store", f"sqlite:{path}")
    assert done.exit_code == 3
    assert f"Trace {1:032x} of project dev: span {1:016x} cannot be read" in done.stdout
    document = json.loads(run("verify", "--store", f"sqlite:{path}", "--json").stdout)
    assert (document["sound"], len(document["problems"])) == (False, 1)


def test_a_file_that_is_none_is_no_stack_trace(tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    other.write_bytes(b"no database at all " * 1_000)
    for command in ("info", "verify", "vacuum"):
        done = run(command, "--store", f"sqlite:{other}")
        assert done.exit_code == 1
        assert "not an LLM Tracer file" in done.stderr
        assert run(command, "--store", f"sqlite:{tmp_path / 'none.db'}").exit_code == 1
        assert run(command, "--store", "memory:").exit_code == 1


def test_a_backup_beside_a_store_in_use(path: Path, tmp_path: Path) -> None:
    in_use = open_store(f"sqlite:{path}", packaged_reader())
    copy = tmp_path / "copies" / "traces.db"
    done = run("backup", str(copy), "--store", f"sqlite:{path}")
    in_use.close()
    assert (done.exit_code, done.stdout.startswith("Done: ")) == (0, True)
    assert run("verify", "--store", f"sqlite:{copy}").stdout.startswith("Sound: 3 traces, 1 blob, in ")
    again = run("backup", str(copy), "--store", f"sqlite:{path}")
    assert (again.exit_code, f"{copy} exists." in again.stderr) == (1, True)


def test_vacuum_makes_the_file_smaller_and_refuses_one_in_use(path: Path) -> None:
    in_use = open_store(f"sqlite:{path}", packaged_reader())
    refused = run("vacuum", "--store", f"sqlite:{path}")
    assert (refused.exit_code, "Another process writes to" in refused.stderr) == (1, True)
    in_use.close()
    connection = apsw.Connection(str(path))
    connection.execute(
        "CREATE TABLE aside (data BLOB); INSERT INTO aside VALUES (zeroblob(1000000)); DROP TABLE aside"
    )
    connection.close()
    before = path.stat().st_size
    assert run("vacuum", "--store", f"sqlite:{path}").exit_code == 0
    assert path.stat().st_size < before - 900_000


def test_a_project_is_deleted_when_its_owner_says_so(path: Path) -> None:
    kept = run("delete-project", "dev", "--store", f"sqlite:{path}", input="n\n")
    assert kept.exit_code == 1
    done = run("delete-project", "dev", "--store", f"sqlite:{path}", input="y\n")
    assert "Done: 2 traces deleted." in done.stdout
    again = run("delete-project", "dev", "--store", f"sqlite:{path}", "--yes")
    assert (again.exit_code, "Nothing is stored for project" in again.stderr) == (1, True)
    left = json.loads(run("info", "--store", f"sqlite:{path}", "--json").stdout)
    assert [each["project"] for each in left["projects"]] == ["shop"]


def test_a_second_tracer_api_on_the_same_file_is_told_who_holds_it(path: Path) -> None:
    in_use = open_store(f"sqlite:{path}", packaged_reader(), lambda: START, holder="port 8001")
    for command in (["serve"], ["up", "--no-dashboard"]):
        refused = CliRunner().invoke(main, [*command, "--store", f"sqlite:{path}", "--port", "0"])
        assert refused.exit_code == 1
        assert f"process {os.getpid()}, since 2026-09-21 14:13:20 UTC, port 8001." in refused.stderr
    in_use.close()
