"""Gemini CLI's session logs: `~/.gemini/tmp/PROJECT/chats/session-*.jsonl`; in earlier versions one JSON document a file.

A message is written again, whole, whenever something is added to it: the results of its tools, its tokens. `$set` changes the
session; with messages it says what the model's context is from now on. Sub-agents have logs of their own, in the folder of
the session's id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from llm_tracer_service.session_logs.gemini_parts import failure_of, given_of, response_of
from llm_tracer_service.session_logs.spans import (
    INTERRUPTED,
    BadRecord,
    Failure,
    LoggedSpan,
    Report,
    Session,
    Turn,
    reported,
    unix_nano,
)
from llm_tracer_service.session_logs.values import count_of, members_of, name_of, own_name

NAME = "Gemini CLI"

_PROGRAM = "gemini-cli"


class _Message(msgspec.Struct, rename="camel"):
    """A message. What is not read here may be there, of any type."""

    id: str
    timestamp: str
    type: str = ""
    content: Any = None
    thoughts: Any = None
    tokens: Any = None
    model: str | None = None
    tool_calls: Any = None
    line: int = msgspec.field(default=0, name=own_name("line"))
    time: int = msgspec.field(default=0, name=own_name("time"))

    @property
    def text(self) -> str:
        """All that is text in it."""
        return "".join(part["text"] for part in self.parts if isinstance(part.get("text"), str))

    @property
    def parts(self) -> list[dict[str, Any]]:
        """Its content as parts."""
        if isinstance(self.content, str):
            return [{"text": self.content}] if self.content else []
        content = self.content if isinstance(self.content, list) else [self.content]
        return [{"text": part} if isinstance(part, str) else members_of(part) for part in content if part]

    @property
    def calls(self) -> list[dict[str, Any]]:
        """The tools that it calls."""
        return [members_of(call) for call in self.tool_calls] if isinstance(self.tool_calls, list) else []

    @property
    def is_result(self) -> bool:
        """Whether it brings what tools answered."""
        return any("functionResponse" in part for part in self.parts)


_SHORT_ID_CHARS = 8
_SETUP = "<session_context>"
"""What the program puts before the model when a session begins, or goes on another day."""

_decode = msgspec.json.Decoder(dict[str, Any]).decode


def recognises(members: Mapping[str, Any]) -> bool:
    """Whether a line with these members is one of such a log: its head."""
    return {"sessionId", "projectHash", "startTime"} <= members.keys()


def companions(path: Path) -> list[Path]:
    """The files of the sub-agents of a session, in the folder that has its id as its name."""
    folders = [
        folder for folder in path.parent.iterdir() if folder.is_dir() and _is_of(folder.name, path.stem)
    ]
    return sorted(file for folder in folders for file in folder.glob("*.jsonl"))


def _is_of(session_id: str, stem: str) -> bool:
    """Whether a file is the log of a session: its name ends with the beginning of the id."""
    short = stem.rpartition("-")[2]
    return len(short) >= _SHORT_ID_CHARS and session_id.startswith(short)


def turns(lines: Iterable[tuple[int, bytes]], report: Report) -> Iterator[list[LoggedSpan]]:
    """The turns of a session, the spans of one after another."""
    logs: list[_Log] = []
    for number, line in lines:
        with reported(number, NAME, report):
            record = _decode(line)
            if recognises(record) and (not logs or record["sessionId"] != logs[-1].id):
                logs.append(_Log(record))
            if not logs:
                raise BadRecord("the log has no head yet")
            logs[-1].take(number, record)
    agents = {log.id: log for log in logs if log.is_agent}
    for log in logs:
        if not log.is_agent:
            yield from _turns(log, agents)
    for log in agents.values():
        if log.messages and not log.is_told:
            turn = Turn(Session(_PROGRAM, NAME, logs[0].id), log.id)
            _tell_agent(turn, log, None, agents, {})
            yield turn.spans


class _Log:
    """The messages of a session or of a sub-agent, each as it was written last, in the order in which they came."""

    def __init__(self, head: Mapping[str, Any]) -> None:
        self.id = str(head["sessionId"])
        self.is_agent = head.get("kind") == "subagent"
        folders = head.get("directories")
        self.folder = name_of(folders[0]) if isinstance(folders, list) and folders else None
        self.messages: dict[str, _Message] = {}
        self.context: set[str] = set()
        """Messages that came as the context of the model: nobody said them now."""
        self.is_told = False

    def take(self, number: int, record: Mapping[str, Any]) -> None:
        """Takes in a line. Raises BadRecord."""
        changed = members_of(record.get("$set"))
        for message in _list(changed.get("messages")):
            self._keep(number, message, is_context=True)
        for message in _list(record.get("messages")):
            self._keep(number, message)
        if "id" in record:
            self._keep(number, record)

    def _keep(self, number: int, sent: Any, is_context: bool = False) -> None:
        try:
            message = msgspec.convert(sent, _Message)
        except msgspec.ValidationError as fault:
            raise BadRecord(str(fault)) from None
        message.line, message.time = number, unix_nano(message.timestamp)
        known = self.messages.get(message.id)
        if known is None:
            self.messages[message.id] = message
            if is_context:
                self.context.add(message.id)
        elif not is_context:
            message.line, message.time = known.line, known.time
            self.messages[message.id] = message


def _turns(log: _Log, agents: dict[str, _Log]) -> Iterator[list[LoggedSpan]]:
    parts: list[list[_Message]] = []
    head: list[_Message] = []
    for message in log.messages.values():
        if message.type == "user" and not message.is_result and message.id not in log.context:
            parts.append(head)
            head = []
        (parts[-1] if parts else head).append(message)
    new: list[Any] = []
    for number, part in enumerate(parts):
        prompt = next(m for m in part if m.type == "user" and not m.is_result and m.id not in log.context)
        turn = Turn(Session(_PROGRAM, NAME, log.id), prompt.id)
        root_id = turn.id_of("root")
        work = _Conversation(turn, root_id, log, agents, new, may_go_on=number + 1 == len(parts))
        work.follow(part, prompt.time, None)
        turn.agent(
            prompt.line, root_id, None, prompt.time, None if work.is_open else work.end, name=NAME,
            given=given_of(prompt.parts, prompt.text), answered=work.answered, failure=work.failure,
            attributes={"process.working_directory": log.folder},
        )  # fmt: skip
        yield turn.spans


def _tell_agent(
    turn: Turn, log: _Log, parent_id: str | None, agents: dict[str, _Log], call: Mapping[str, Any], line: int | None = None
) -> None:  # fmt: skip
    """The spans of a sub-agent."""
    log.is_told = True
    messages = list(log.messages.values())
    span_id = turn.id_of("agent", log.id)
    at = len(turn.spans)
    work = _Conversation(turn, span_id, log, agents, [], may_go_on=False)
    work.follow(messages, messages[0].time, line)
    name = name_of(members_of(call.get("args")).get("agent_name")) or name_of(call.get("name")) or "sub-agent"
    turn.agent(
        line or messages[0].line, span_id, parent_id, messages[0].time, work.end, name=name,
        given=given_of(messages[0].parts, messages[0].text), answered=work.answered, failure=work.failure,
        attributes={"gen_ai.agent.id": log.id}, at=at,
    )  # fmt: skip


class _Conversation:
    """Messages as spans below `parent_id`. `new` are those that no response was given yet. `may_go_on`: the log ends with
    them, so what has no answer may get one."""

    def __init__(
        self, turn: Turn, parent_id: str, log: _Log, agents: dict[str, _Log], new: list[Any], may_go_on: bool
    ) -> None:
        self._turn = turn
        self._parent_id = parent_id
        self._log = log
        self._agents = agents
        self._new = new
        self._may_go_on = may_go_on
        self._results: list[Any] = []
        self._line: int | None = None
        self._latest = 0
        self._is_waiting = False
        self.end = 0
        self.answered: str | None = None
        self.failure: Failure | None = None

    @property
    def is_open(self) -> bool:
        """Whether the model has not answered yet."""
        return self._is_waiting and self._may_go_on

    def follow(self, messages: Sequence[_Message], start: int, line: int | None) -> None:
        """Makes the spans. `line` is that of all spans where the messages are those of another file."""
        self._line = line
        self._latest = self.end = start
        for message in messages:
            if message.id in self._log.context:
                self._context(message)
                continue
            match message.type:
                case "user":
                    self._user(message)
                case "error":
                    self._error(message)
                case "info" if message.text.startswith("Request cancelled"):
                    self.failure = Failure(INTERRUPTED, "Interrupted by the user")
                    self._is_waiting = False
                    self._step(message, "event", "interrupted by user", self.failure)
                case "info" | "warning":
                    continue
                case _:
                    self._response(message)
            self.end = max(self.end, self._latest)

    def _context(self, message: _Message) -> None:
        """What the program put before the model: a summary of what was said, where there was an answer before. The rest
        repeats what was said."""
        if message.type != "user" or message.is_result:
            return
        if self.answered is not None and not message.text.startswith(_SETUP):
            self._step(message, "chain", "compaction", answered=message.text)
            self._new.clear()
        self._new.append({"role": "system", "content": message.parts})

    def _user(self, message: _Message) -> None:
        self._new.append({"role": "tool" if message.is_result else "user", "content": message.parts})
        self._results = []
        self._latest = max(self._latest, message.time)
        self._is_waiting = True

    def _error(self, message: _Message) -> None:
        self.failure, self._is_waiting = Failure("api_error", message.text), False
        self._turn.call(
            self._line or message.line, self._turn.id_of("error", message.id), self._parent_id, self._latest, message.time,
            model=None, given=self._new[:], answered=[], failure=self.failure,
        )  # fmt: skip
        self._latest = message.time

    def _step(
        self, message: _Message, kind: str, name: str, failure: Failure | None = None, answered: Any = None
    ) -> None:
        self._turn.step(
            self._line or message.line, self._turn.id_of("step", message.id), self._parent_id, message.time, message.time,
            kind=kind, name=name, failure=failure, answered=answered,
        )  # fmt: skip
        self._latest = max(self._latest, message.time)

    def _response(self, message: _Message) -> None:
        if self._results:  # earlier versions do not write what the model was given of them
            self._new.append({"role": "tool", "content": self._results})
        self.failure, self._is_waiting = None, bool(message.calls)
        usage = members_of(message.tokens)
        self._turn.call(
            self._line or message.line, self._turn.id_of("call", message.id), self._parent_id, self._latest, message.time,
            model=message.model, given=self._new[:], answered=[{"role": "assistant", "content": _blocks(message)}],
            attributes={
                "gen_ai.request.model": message.model,
                "gen_ai.provider.name": "gcp.gemini" if (message.model or "").startswith("gemini") else None,
                **(_usage(usage) if usage else {}),
            },
        )  # fmt: skip
        self._new.clear()
        self.answered = message.text or self.answered
        self._latest = message.time
        self._results = []
        for call in message.calls:
            self._tool(message, call)

    def _tool(self, message: _Message, call: Mapping[str, Any]) -> None:
        call_id = str(call.get("id"))
        span_id = self._turn.id_of("tool", message.id, call_id)
        line = self._line or message.line
        end = _time_of(call)
        if end is None and not self._may_go_on:
            end = message.time
        self._latest = max(self._latest, end or 0)
        result = call.get("result")
        self._results += result if isinstance(result, list) else []
        response = response_of(result)
        display = call.get("resultDisplay")
        self._turn.tool(
            line, span_id, self._parent_id, message.time, end, name=name_of(call.get("name")) or "tool", call_id=call_id,
            arguments=call.get("args"), result=response if response is not None else result, failure=failure_of(call, response),
            attributes={"gemini_cli.result_display": display if isinstance(display, dict) else None},
        )  # fmt: skip
        agent = self._agents.get(str(call.get("agentId")))
        if agent is not None and agent.messages and not agent.is_told:
            _tell_agent(self._turn, agent, span_id, self._agents, call, line)


def _blocks(message: _Message) -> list[Any]:
    """What the model answered, as content blocks."""
    thoughts = [members_of(thought) for thought in _list(message.thoughts)]
    return [
        *({"type": "thinking", "thinking": _thought(thought)} for thought in thoughts),
        *message.parts,
        *(
            {"functionCall": {name: call.get(name) for name in ("id", "name", "args")}}
            for call in message.calls
        ),
    ]


def _thought(thought: Mapping[str, Any]) -> str:
    return ": ".join(filter(None, (name_of(thought.get("subject")), name_of(thought.get("description")))))


def _usage(tokens: dict[str, Any]) -> dict[str, int | None]:
    """Google's figures by the names of OpenTelemetry, whose output has the thoughts in it."""
    return {
        "gen_ai.usage.input_tokens": count_of(tokens, "input") + count_of(tokens, "tool"),
        "gen_ai.usage.output_tokens": count_of(tokens, "output") + count_of(tokens, "thoughts"),
        "gen_ai.usage.cache_read.input_tokens": count_of(tokens, "cached"),
        "gen_ai.usage.reasoning.output_tokens": count_of(tokens, "thoughts"),
    }


def _time_of(call: Mapping[str, Any]) -> int | None:
    """When a tool was ready; None while it runs."""
    if call.get("result") is None and call.get("status") not in ("success", "error", "cancelled"):
        return None
    try:
        return unix_nano(str(call.get("timestamp")))
    except BadRecord:
        return None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
