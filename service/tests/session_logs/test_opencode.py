"""opencode's sessions: recorded ones are read in test_recorded.py; here are shapes that no recording has."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from llm_tracer_service.session_logs import opencode
from llm_tracer_service.session_logs.files import logs_below, recognised
from llm_tracer_service.session_logs.opencode_database import lines_of
from tests.session_logs.reading import FIXTURES, only, read, turns_of

START_MS = 1_795_000_000_000


def message(second: int, role: str, *parts: dict[str, Any], **info: Any) -> dict[str, Any]:
    time = {
        "created": START_MS + 1000 * second,
        **({"completed": START_MS + 1000 * second + 900} if role == "assistant" else {}),
    }
    return {
        "info": {"id": f"m{second}", "role": role, "time": time, "modelID": "m", **info},
        "parts": list(parts),
    }


def session(*messages: dict[str, Any], id_: str = "s", **info: Any) -> dict[str, Any]:
    return {"info": {"id": id_, **info}, "messages": list(messages)}


def text(said: str, **members: Any) -> dict[str, Any]:
    return {"type": "text", "text": said, **members}


def finish(given: int, answered: int, reasoned: int = 0) -> dict[str, Any]:
    return {
        "type": "step-finish",
        "tokens": {"input": given, "output": answered, "reasoning": reasoned, "cache": {"read": 5}},
    }


def tool(status: str, **state: Any) -> dict[str, Any]:
    time = {"start": START_MS + 2100, "end": START_MS + 2500}
    return {"type": "tool", "tool": "bash", "callID": "c", "state": {"status": status, "time": time, **state}}


def test_each_step_of_a_message_is_a_call() -> None:
    (spans,) = turns_of(
        opencode,
        session(
            message(1, "user", text("go")),
            message(
                2,
                "assistant",
                text("I look."),
                tool("completed", output="x"),
                finish(10, 3, 2),
                text("Gone."),
                finish(20, 4),
            ),
        ),
    )
    calls = [span for span in spans if span.name == "chat m"]
    used = [
        (call.attributes["gen_ai.usage.input_tokens"], call.attributes["gen_ai.usage.output_tokens"])
        for call in calls
    ]
    assert used == [(15, 5), (25, 4)]
    assert calls[1].attributes["llm_tracer.input.new_messages"][0]["role"] == "tool"
    assert spans[0].attributes["llm_tracer.output"] == "I look.\nGone."


def test_a_message_without_steps_has_the_tokens_itself() -> None:
    tokens = {"input": 7, "output": 2, "reasoning": 0, "cache": {"read": 0, "write": 3}}
    (spans,) = turns_of(
        opencode,
        session(message(1, "user", text("go")), message(2, "assistant", text("Gone."), tokens=tokens)),
    )
    call = only(spans, "chat")
    assert call.attributes["gen_ai.usage.input_tokens"] == 10
    assert call.attributes["gen_ai.usage.cache_creation.input_tokens"] == 3


def test_a_compaction_is_no_prompt_and_the_next_call_is_given_its_summary() -> None:
    (spans,) = turns_of(
        opencode,
        session(
            message(1, "user", text("go")),
            message(2, "assistant", text("Gone."), finish(9, 1)),
            message(3, "user", {"type": "compaction", "auto": True}),
            message(4, "assistant", text("They went."), finish(8, 1), summary=True),
            message(5, "user", text("Continue", synthetic=True)),
            message(6, "assistant", text("Done."), finish(3, 1)),
        ),
    )
    assert only(spans, "compaction").attributes["llm_tracer.output"] == "They went."
    last = [span for span in spans if span.name == "chat m"][-1]
    assert [given["role"] for given in last.attributes["llm_tracer.input.new_messages"]] == ["system", "user"]
    assert spans[0].attributes["llm_tracer.output"] == "Done."


@pytest.mark.parametrize(
    ("state", "type_"),
    [
        (tool("error", error="The user rejected permission to use this tool"), "rejected"),
        (tool("error", error="Tool execution aborted"), "interrupted"),
        (tool("error", error="no such file"), "tool_error"),
        (tool("completed", output="x", metadata={"exit": 2}), "tool_error"),
    ],
)
def test_why_a_tool_failed(state: dict[str, Any], type_: str) -> None:
    (spans,) = turns_of(
        opencode, session(message(1, "user", text("go")), message(2, "assistant", state, finish(1, 1)))
    )
    assert only(spans, "execute_tool").attributes["error.type"] == type_


def test_an_interrupted_answer_and_a_sub_agent_that_nothing_started() -> None:
    aborted = message(2, "assistant", error={"name": "MessageAbortedError", "data": {"message": "Aborted"}})
    turns = turns_of(
        opencode,
        session(message(1, "user", text("go")), aborted),
        session(
            message(3, "user", text("look")),
            message(4, "assistant", text("Seen."), finish(2, 1)),
            id_="a",
            parentID="s",
        ),
    )
    assert [turn[0].attributes.get("error.type") for turn in turns] == ["interrupted", None]
    assert [turn[0].attributes["gen_ai.conversation.id"] for turn in turns] == ["s", "a"]


def test_what_its_export_writes_is_one_document() -> None:
    program, _, _ = recognised([b"{\n", b'"info": {"id": "s"},\n', b'"messages": []\n', b"}\n"])
    assert program is opencode
    assert read(opencode, {"info": {"id": "m"}, "parts": []}, session({"info": {}}))[1] == [1, 2]


def test_the_database_is_found_in_its_folder_and_another_one_is_named(tmp_path: Path) -> None:
    found = logs_below(FIXTURES / "opencode", lambda path: _Lines(path))
    assert [path.name for path in found.logs] == ["opencode.db"]
    sqlite3.connect(tmp_path / "opencode.db").close()
    with pytest.raises(
        OSError, match="is not a database of opencode that can be read: no such table: session"
    ):
        list(lines_of(tmp_path / "opencode.db"))


class _Lines:
    """The lines of a file, as import opens it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Any:
        return (
            lines_of(self._path)
            if self._path.suffix == ".db"
            else self._path.read_bytes().splitlines(keepends=True)
        )

    def __exit__(self, *_: object) -> None: ...
