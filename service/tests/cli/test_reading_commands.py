"""The commands that ask a running Tracer API: their output for people and for programs, and their exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from app_helpers import native_span, span_id
from click.testing import CliRunner
from llm_tracer_service.cli import ls, main, sessions
from llm_tracer_service.cli.terminal import columns_of
from llm_tracer_service.store import patience
from llm_tracer_service.store.base import SESSION_SORTS, SORTS

from .conftest import Served, answering, serving

Snapshot = Callable[[str, str], None]


def newest(demo: Served, query: str = "") -> dict[str, Any]:
    traces: list[dict[str, Any]] = json.loads(demo.run("ls", *filter(None, [query]), "--json").stdout)[
        "traces"
    ]
    return traces[0]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("ls", ["ls"]),
        ("ls_error", ["ls", "status:error"]),
        ("ls_dearest", ["ls", "--sort", "-cost", "-n", "2"]),
        ("show_newest", ["show"]),
        ("show_first_lines", ["show", "-n", "3"]),
        ("sessions", ["sessions"]),
        ("sessions_dearest", ["sessions", "--sort", "-cost", "-n", "2"]),
        ("stats", ["stats", "--by", "tool", "-n", "5"]),
        ("errors", ["errors"]),
    ],
)
def test_what_is_printed(demo: Served, snapshot: Snapshot, name: str, arguments: list[str]) -> None:
    done = demo.run(*arguments)
    assert done.exit_code == 0, done.output
    snapshot(name, done.stdout)


@pytest.mark.parametrize(
    ("name", "query"), [("coding_agent", "name:coding-agent"), ("failed", "status:error")]
)
def test_a_trace_as_a_tree(demo: Served, snapshot: Snapshot, name: str, query: str) -> None:
    snapshot(f"show_{name}", demo.run("show", newest(demo, query)["trace_id"]).stdout)


def test_lists_have_the_orders_of_the_api() -> None:
    assert (ls.SORTS, sessions.SORTS) == (SORTS, SESSION_SORTS)


def test_a_span_with_what_it_was_given_and_answered(demo: Served, snapshot: Snapshot) -> None:
    trace_id = newest(demo, "name:procurement")["trace_id"]
    spans = json.loads(demo.run("show", trace_id, "--json").stdout)["spans"]
    call = next(span for span in spans if span["kind"] == "llm")
    snapshot("show_span", demo.run("show", trace_id, call["span_id"]).stdout)
    snapshot("show_span", demo.run("show", f" {trace_id}/{call['span_id']} ").stdout)


def test_an_encoding_without_the_marks_gets_what_looks_like_them(demo: Served) -> None:
    done = CliRunner(charset="latin-1").invoke(main, ["ls"], env={"TRACER_API_URL": demo.url})
    assert done.exit_code == 0, done.output
    assert {line[0] for line in done.stdout.splitlines()[1:]} >= {"+", "x", "!"}


@pytest.mark.parametrize("command", ["ls", "errors", "sessions", "stats --by model"])
def test_no_line_is_wider_than_a_narrow_terminal(demo: Served, command: str) -> None:
    lines = demo.run(*command.split(), COLUMNS="80").stdout.splitlines()
    assert max(map(columns_of, lines)) <= 80, lines


def test_an_env_file_names_the_tracer_api_and_the_environment_beats_it(
    demo: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text(f"TRACER_API_URL={demo.url}\nTRACER_API_KEY=project-other\n")
    monkeypatch.chdir(tmp_path)
    assert demo.run("ls", TRACER_API_URL="").exit_code == 1  # that project has nothing
    assert demo.run("ls", TRACER_API_URL="", TRACER_API_KEY="project-dev\n").exit_code == 0


def test_a_conversation(demo: Served, snapshot: Snapshot) -> None:
    session_id = newest(demo, "name:tutor-turn")["session_id"]
    snapshot("sessions_one", demo.run("sessions", "--session", session_id).stdout)


def test_two_turns_side_by_side(demo: Served, snapshot: Snapshot) -> None:
    one, other = (
        trace["trace_id"]
        for trace in json.loads(demo.run("ls", "name:tutor-turn", "--json").stdout)["traces"][:2]
    )
    done = demo.run("compare", other, one)
    assert done.exit_code == 1
    snapshot("compare", done.stdout)
    same = demo.run("compare", one, one)
    assert (same.exit_code, same.stdout.splitlines()[-1]) == (
        0, "3 of 3 pairs of spans are the same; 0 are in A only, 0 in B only.",
    )  # fmt: skip


@pytest.mark.parametrize("command", [["ls"], ["sessions"], ["stats"], ["errors"], ["show"]])
def test_programs_get_the_answer_of_the_api(demo: Served, command: list[str]) -> None:
    done = demo.run(*command, "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    assert isinstance(json.loads(done.stdout), dict)


def test_tail_tells_what_was_there_and_what_comes(demo: Served) -> None:
    done = demo.run("tail", "status:error", "-n", "2", "--for", "0.05")
    assert done.exit_code == 0
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["✕"]
    documents = demo.run("tail", "-n", "3", "--for", "0.05", "--json").stdout.splitlines()
    assert len([json.loads(each) for each in documents]) == 3


def test_rm_asks_before_it_deletes(own_demo: Served) -> None:
    trace_id = newest(own_demo)["trace_id"]
    refused = own_demo.run("rm", trace_id, stdin="n\n")
    assert (refused.exit_code, newest(own_demo)["trace_id"]) == (1, trace_id)
    assert own_demo.run("rm", trace_id, stdin="y\n").stdout == "Deleted 1 trace.\n"
    assert newest(own_demo)["trace_id"] != trace_id
    twice = newest(own_demo)["trace_id"]
    unset = own_demo.run("rm", "", "--yes")
    assert (unset.exit_code, "nothing was deleted" in unset.stderr) == (2, True)
    mistyped = own_demo.run("rm", twice, "7" * 32, "--yes")
    assert (mistyped.exit_code, own_demo.run("show", twice).exit_code) == (1, 0)
    assert f"no trace {'7' * 32} " in mistyped.stderr
    assert own_demo.run("rm", twice, twice.upper(), "--yes").stdout == "Deleted 1 trace.\n"
    assert own_demo.run("rm", "name:tutor-turn", "--yes").stdout == "Deleted 3 traces.\n"
    assert own_demo.run("ls", "name:tutor-turn").exit_code == 1
    assert own_demo.run("rm", "name:tutor-turn", "--yes").exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "exit_code", "said"),
    [
        (["ls", "\udcff"], 2, "not UTF-8"),  # a byte that Python could not read
        (["ls", "--url", "http://[::1"], 3, "No Tracer API answers"),
        (["ls", "-tag:test"], 2, "begins with - after --"),
        (["ls", "--url", "localhost"], 3, "is not an address"),
        (["ls", "--key", "project-a.b\nX: y"], 3, "The key has a line break"),
        (["sessions", "--session", "\udcff"], 1, "no such session"),
        (["ls", "zzz"], 1, "No traces."),
        (["sessions", "zzz"], 1, "No sessions."),
        (["sessions", "--session", "zzz"], 1, "There is no such session"),
        (["sessions", "--session", "zzz", "--sort", "-cost"], 2, "not both"),
        (["sessions", "--sort", "cost"], 2, "'-cost'"),
        (["stats", "zzz"], 1, "No traces."),
        (["errors", "zzz"], 1, "No failures."),
        (["show", "7" * 32], 1, "There is no such trace"),
        (["show", "a b"], 2, "The id of a trace is 32 hexadecimal digits."),
        (["show", "é"], 2, "The id of a trace is 32 hexadecimal digits."),
        (["show", "\udcff"], 2, "The id of a trace is 32 hexadecimal digits."),
        (["show", "7" * 32, "a\nb"], 2, "The id of a span is 16 hexadecimal digits."),
        (["show", "http://localhost:3000/trace?id=7"], 2, "The id of a trace is 32 hexadecimal digits."),
        (["export", "http://localhost:3000/trace?id=7"], 2, "The id of a trace is 32 hexadecimal digits."),
        (["demo", "--url", "localhost"], 3, "is not an address"),
        (
            ["ls", "dur>x"],
            2,
            "invalid at character 5: expected a number with a unit.\n  dur>x\n      ^\nfor example dur>2s",
        ),
        (["rm", "name:x dur>", "--yes"], 2, "\n  name:x dur>\n             ^\n"),
        (["export", "--q", "dur>x"], 2, "\n  dur>x\n      ^\n"),
        (["show", "xyz"], 2, "'xyz' is not the id of a trace.\nThe id of a trace is 32 hexadecimal digits."),
        (["show", ""], 2, "'' is not the id of a trace."),
        (["show", "7" * 16], 1, "There is no such trace"),
        (["show", "7" * 32, "7" * 16], 1, "There is no such span"),
        (["show", "7" * 32 + "/7"], 2, "'7' is not the id of a span."),
        (["export", "xyz"], 2, "'xyz' is not the id of a trace."),
        (["export", "7" * 32], 1, "There is no such trace"),
        (["ls", "--from", "soon"], 2, "`from` is not a time"),
        (["stats", "--by", "colour"], 2, "Grouping by 'colour' is not supported."),
        (["compare", "one", "two"], 2, "`a` is neither a trace nor a span"),
        (["ls", "--url", "http://127.0.0.1:9"], 3, "Start one with `llm-tracer up`"),
    ],
)
def test_how_it_ends(demo: Served, arguments: list[str], exit_code: int, said: str) -> None:
    done = demo.run(*arguments)
    assert (done.exit_code, said in done.stderr) == (exit_code, True), done.output


PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9\r\n\r\n<p>hi</p>"
NO_SUCH_PAGE = PAGE.replace(b"200 OK", b"404 Not Found")
LIST = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]"
CUT_OFF = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"traces": ['
HTTP_2 = b"\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x05\x00\x00@\x00"  # what a port of gRPC begins with


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (PAGE, "is not a Tracer API: it sent no JSON.\nSet the address of the Tracer API with --url"),
        (NO_SUCH_PAGE, "is not a Tracer API: it sent a web page (404).\nSet the address"),
        (LIST, "is not a Tracer API: it sent something other than a JSON object."),
        (CUT_OFF, "broke off"),
        (HTTP_2, "No Tracer API answers"),
    ],
)
@pytest.mark.parametrize("command", [["ls"], ["tail"], ["rm", "7" * 32, "--yes"]])
def test_what_is_no_tracer_api_is_said_to_be_none(command: list[str], answer: bytes, said: str) -> None:
    with answering(answer) as url:
        done = Served(url).run(*command)
    assert (done.exit_code, said in done.stderr) == (3, True), done.output


def test_a_page_is_no_export(tmp_path: Path) -> None:
    with answering(PAGE) as url:
        done = Served(url).run("export", "-o", str(tmp_path / "all.jsonl"))
    assert (done.exit_code, "it sent no export" in done.stderr) == (3, True), done.output
    assert list(tmp_path.iterdir()) == []


def test_a_proxy_may_name_a_date_to_try_again_at() -> None:
    busy = b"HTTP/1.1 503 Busy\r\nRetry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\nContent-Length: 0\r\n\r\n"
    with answering(busy) as url, pytest.MonkeyPatch.context() as patch:
        pauses_s: list[float] = []
        patch.setattr("time.sleep", pauses_s.append)
        done = Served(url).run("ls")
    assert (done.exit_code, "The answer was 503" in done.stderr) == (3, True), done.output
    assert set(pauses_s) == {1}


def test_an_empty_store_says_what_to_do(empty: Served) -> None:
    for command in ("ls", "show"):
        done = empty.run(command)
        assert (done.exit_code, done.stderr) == (
            1,
            "No traces. `llm-tracer doctor` finds out why none arrive.\n",
        )


def test_a_search_that_was_stopped_does_not_say_that_there_is_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(url=f"sqlite:{tmp_path / 'traces.db'}") as served:
        for number in (1, 2, 3):
            said = {"input.value": "needle" if number == 1 else "straw", "session.id": f"chat-{number}"}
            broken = {"code": "error", "message": "no connection"}
            span = native_span(number, f"{number:032x}", attributes=said, status=broken)
            served.post("/api/spans", json.dumps({"spans": [span]}).encode())
        monkeypatch.setattr(patience, "SECONDS_MAX", -1.0)
        for command, told, nothing in (
            ("ls", "The search stopped after 1 trace, at 2026-", "No traces so far."),
            ("sessions", "The search stopped after 1 trace, at 2026-", "No sessions so far."),
            ("stats", "Counted since 2026-", "No traces so far."),
            ("errors", "Counted since 2026-", "No failures so far."),
        ):
            done = served.run(command, "needle")
            assert done.exit_code == 1
            assert (told in done.stderr, nothing in done.stderr) == (True, True), done.stderr
        asked = served.run("rm", "needle", stdin="y\n")
        assert "Delete 0 traces or more?" in asked.stderr
        assert asked.stdout == "Deleted 1 trace.\n"


def test_what_was_sent_cannot_steer_the_terminal(empty: Served) -> None:
    hostile = "\x1b[2J\x1b]0;title\x07\u202egnp.exe\r\n"
    score = {"annotations.0.annotation.name": hostile, "annotations.0.annotation.label": hostile}
    failed = {
        "status": {"code": "error", "message": hostile},
        "attributes": {"output.value": hostile, **score},
    }
    span = native_span(1, name=hostile, **failed)
    empty.post("/api/spans", json.dumps({"spans": [span]}).encode())
    for arguments in (
        ["ls"],
        ["show"],
        ["errors"],
        ["show", span["trace_id"], span_id(1)],
        ["stats", "--by", "name"],
    ):
        shown = empty.run(*arguments).stdout
        assert not set(shown) & {"\x1b", "\x07", "\r", "\u202e"}, arguments


def test_colour_is_for_terminals_and_can_be_turned_off(demo: Served) -> None:
    assert "\x1b[" not in demo.run("ls").stdout
    assert "\x1b[32m✓\x1b[0m" in demo.run("ls", FORCE_COLOR="1").stdout
    assert "\x1b[" not in demo.run("ls", FORCE_COLOR="1", NO_COLOR="1").stdout
