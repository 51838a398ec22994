"""Claude Code's session logs: `~/.claude/projects/DIR/SESSION.jsonl`, a record a line.

The records of a conversation come in the order of their times. A response of the model is several records, one a content
block, each with the usage of the whole. Sub-agents are conversations of their own (`isSidechain`, `agentId`), in the
session's file or in files beside it; the lines of both are given together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from llm_tracer_service.session_logs.claude_code_agents import SubAgents
from llm_tracer_service.session_logs.claude_code_conversation import Conversation
from llm_tracer_service.session_logs.claude_code_records import (
    INTERRUPTED_WORDS,
    OWN_WORDS,
    Record,
    records,
)
from llm_tracer_service.session_logs.spans import LoggedSpan, Report, Session, Turn
from llm_tracer_service.session_logs.values import members_of, type_of

NAME = "Claude Code"

_PROGRAM = "claude-code"


def recognises(members: Mapping[str, Any]) -> bool:
    """Whether a line with these members is one of such a log. Logs of other programs have most of them too."""
    return {"sessionId", "uuid", "isSidechain"} <= members.keys()


def companions(path: Path) -> list[Path]:
    """The files of the sub-agents of a session: in the folder of its name, or in earlier versions beside it."""
    if path.name.startswith("agent-"):
        return []
    session = re.compile(rb'"sessionId":\s*"%s"' % re.escape(path.stem.encode("utf-8", "surrogateescape")))
    beside = (other for other in path.parent.glob("agent-*.jsonl") if session.search(_first_line(other)))
    return [*sorted(path.with_suffix("").rglob("agent-*.jsonl")), *sorted(beside)]


def _first_line(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.readline()


def turns(lines: Iterable[tuple[int, bytes]], report: Report) -> Iterator[list[LoggedSpan]]:
    """The turns of a session, the spans of one after another."""
    log = _Log(records(lines, report))
    yield from log.turns()


class _Log:
    """The records of a session, each conversation by itself, in the order of their times."""

    def __init__(self, records: Iterable[Record]) -> None:
        in_order = sorted(records, key=lambda record: record.time)
        self._main = [record for record in in_order if not record.is_sidechain]
        self._agents = SubAgents(self._main, (record for record in in_order if record.is_sidechain))
        self._copied = {
            uuid for record in self._main for uuid in _list(members_of(members_of(record.compact_metadata).get("preservedMessages")).get("allUuids"))
        }  # fmt: skip

    def turns(self) -> Iterator[list[LoggedSpan]]:
        """The spans of each turn."""
        new: list[Any] = []
        parts = self._parts()
        for number, part in enumerate(parts):
            is_last = number + 1 == len(parts)
            until = None if is_last else parts[number + 1][0].time
            turn = Turn(_session(part), str(part[0].uuid))
            root_id = turn.id_of("root")
            work = Conversation(turn, root_id, self._agents, new, is_last)
            work.follow(part)
            for agent in self._agents.begun_between(part[0].time if number else 0, until):
                work.sub_agent(agent, root_id, part[0].line)
            if not turn.spans and (not is_last or _is_command(part[0])):
                continue  # a command for the program itself; what it said is given to the model with the next prompt
            end = None if work.is_open else work.end
            _add_root(turn, part, root_id, end, work)
            yield turn.spans
        if not parts:
            yield from self._alone()

    def _parts(self) -> list[list[Record]]:
        parts: list[list[Record]] = []
        for record in self._main:
            if _is_prompt(record) or (not parts and record.uuid not in self._copied):
                parts.append([])
            if parts:
                parts[-1].append(record)
        return parts

    def _alone(self) -> Iterator[list[LoggedSpan]]:
        """Sub-agents whose session is not there."""
        for agent in sorted(self._agents.unlinked):
            turn = Turn(_session(self._agents.records_of(agent)), agent)
            Conversation(turn, "", self._agents, [], True).sub_agent(agent, None)
            yield turn.spans


def _add_root(turn: Turn, part: Sequence[Record], root_id: str, end: int | None, work: Conversation) -> None:
    turn.agent(
        part[0].line, root_id, None, part[0].time, end, name=NAME,
        given=_given(part[0]), answered=work.answered, failure=work.failure,
        attributes={
            "process.working_directory": next((record.cwd for record in part if record.cwd), None),
            "vcs.ref.head.name": next((record.git_branch for record in part if record.git_branch), None),
        },
    )  # fmt: skip


def _given(prompt: Record) -> Any:
    """What was asked: a text, or blocks where there is something else in it, a picture."""
    is_text = all(type_of(block) == "text" for block in prompt.blocks)
    return (_typed(prompt.text) if is_text else prompt.blocks) or None


def _session(records: Sequence[Record]) -> Session:
    """The session of some records, in which the last word counts: the copies in a fork name the fork."""
    id_ = next((record.session_id for record in reversed(records) if record.session_id), "")
    return Session(_PROGRAM, NAME, id_, next((record.version for record in records if record.version), None))


def _is_prompt(record: Record) -> bool:
    """Whether a turn begins: somebody asked, or gave a command."""
    if record.type != "user" or record.is_meta or record.is_compact_summary or record.results:
        return False
    return not record.text.startswith((INTERRUPTED_WORDS, *OWN_WORDS))


_SHELL = re.compile(r"<bash-input>(.*?)</bash-input>", re.DOTALL)
_COMMAND = re.compile(
    r"<command-name>(.*?)</command-name>(?:.*?<command-args>(.*?)</command-args>)?", re.DOTALL
)


def _typed(text: str) -> str:
    """A prompt as it was typed: a command of the program, one of the shell, or itself."""
    command = _COMMAND.search(text) if text.startswith("<command-") else None
    if command:
        return " ".join(filter(None, (command[1].strip(), (command[2] or "").strip())))
    shell = _SHELL.match(text)
    return f"!{shell[1]}" if shell else text


def _is_command(record: Record) -> bool:
    return record.type != "user" or record.text.startswith(("<command-", "<local-command-", "<bash-"))


def _list(value: Any) -> list[Any]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
