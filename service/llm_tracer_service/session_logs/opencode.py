"""opencode's sessions: `~/.local/share/opencode/opencode.db`, as lines of JSON (opencode_database.py), or what `opencode export`
writes of one of them.

A session is `{"info", "messages"}`, a message `{"info", "parts"}`, inside of its session or on a line after it. A message of
the assistant is one or several steps, each a request to the model: its parts lie between `step-start` and `step-finish`, which
has the tokens. The session of a sub-agent names that of its parent, and the call of the tool `task` names it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from llm_tracer_service.session_logs.spans import (
    INTERRUPTED,
    REJECTED,
    START_SOURCE,
    TOOL_ERROR,
    BadRecord,
    Failure,
    LoggedSpan,
    Report,
    Session,
    Turn,
    reported,
)
from llm_tracer_service.session_logs.values import count_of, members_of, moment_of, name_of, text_of, type_of

NAME = "opencode"

_PROGRAM = "opencode"

_decode = msgspec.json.Decoder(dict[str, Any]).decode


def recognises(members: Mapping[str, Any]) -> bool:
    """Whether a line with these members is one of such a log: a session or a message."""
    return "info" in members and ("messages" in members or "parts" in members)


def companions(path: Path) -> list[Path]:
    """None: sub-agents are in the same file."""
    return []


def turns(lines: Iterable[tuple[int, bytes]], report: Report) -> Iterator[list[LoggedSpan]]:
    """The turns of all sessions, the spans of one after another."""
    family: dict[str, _Session] = {}
    latest: _Session | None = None
    for number, line in lines:
        with reported(number, NAME, report):
            record = _decode(line)
            if "messages" in record:
                latest = _Session(number, record)
                if latest.parent not in family:  # those of sub-agents follow the one that started them
                    yield from _turns(family)
                    family = {}
                family[latest.id] = latest
            elif latest is None:
                raise BadRecord("the log has no session yet")
            else:
                latest.add(number, record)
    yield from _turns(family)


class _Message:
    """A message with its parts. Raises BadRecord if it has no id or time."""

    def __init__(self, line: int, record: Any) -> None:
        self.line = line
        self.info = members_of(members_of(record).get("info"))
        parts = members_of(record).get("parts")
        self.parts = [members_of(part) for part in parts] if isinstance(parts, list) else []
        time = members_of(self.info.get("time"))
        self.id = name_of(self.info.get("id")) or ""
        self.start = moment_of(time.get("created"))
        self.end = moment_of(time.get("completed")) or None
        self.role = self.info.get("role")
        if not self.id or not self.start:
            raise BadRecord("a message has no id or no time")

    @property
    def is_compaction(self) -> bool:
        """Whether it is the summary that takes the place of what was said."""
        return self.info.get("summary") is True or self.info.get("mode") == "compaction"

    @property
    def is_prompt(self) -> bool:
        """Whether a turn begins with it: the program itself asks for a compaction, and to go on after it."""
        own = all(type_of(part) == "compaction" or part.get("synthetic") is True for part in self.parts)
        return self.role == "user" and not (self.parts and own)

    @property
    def text(self) -> str:
        """All that is said in it; thoughts are not."""
        said = (
            part.get("text") for part in self.parts if type_of(part) == "text" and not part.get("synthetic")
        )
        return "\n".join(text for text in said if isinstance(text, str)).strip()


class _Session:
    """A session, its messages as they came. Raises BadRecord."""

    def __init__(self, line: int, record: Mapping[str, Any]) -> None:
        self.info = members_of(record.get("info"))
        self.id = name_of(self.info.get("id")) or ""
        self.parent = name_of(self.info.get("parentID"))
        self.messages: list[_Message] = []
        self.is_told = False
        if not self.id:
            raise BadRecord("a session has no id")
        messages = record.get("messages")
        for message in messages if isinstance(messages, list) else []:
            self.add(line, message)

    def add(self, line: int, record: Any) -> None:
        """Adds a message. Raises BadRecord."""
        self.messages.append(_Message(line, record))


def _turns(family: dict[str, _Session]) -> Iterator[list[LoggedSpan]]:
    """The turns of sessions that belong together, and then of those of sub-agents that nothing is known to have started."""
    for session in sorted(family.values(), key=lambda session: session.parent in family):
        if not session.is_told:
            yield from _turns_of(session, family)


def _turns_of(session: _Session, family: dict[str, _Session]) -> Iterator[list[LoggedSpan]]:
    session.is_told = True
    parts: list[list[_Message]] = []
    for message in session.messages:
        if message.is_prompt or not parts:
            parts.append([])
        parts[-1].append(message)
    about = Session(_PROGRAM, NAME, session.id, name_of(session.info.get("version")))
    new: list[Any] = []
    for part in parts:
        turn = Turn(about, part[0].id)
        root_id = turn.id_of("root")
        work = _Work(turn, root_id, family, new, may_go_on=part is parts[-1], line=None)
        work.follow(part)
        turn.agent(
            part[0].line, root_id, None, part[0].start, None if work.is_open else work.end, name=NAME,
            given=_given(part[0]), answered=work.answered, failure=work.failure,
            attributes={"process.working_directory": name_of(session.info.get("directory"))},
        )  # fmt: skip
        yield turn.spans


@dataclass(slots=True)
class _Work:
    """Messages as spans below `parent_id`. `new` are those that no call was given yet; `may_go_on`: the log ends with them;
    `line`: that of all spans, where they are of another session."""

    turn: Turn
    parent_id: str
    family: dict[str, _Session]
    new: list[Any]
    may_go_on: bool
    line: int | None
    end: int = 0
    answered: str | None = None
    failure: Failure | None = None
    is_open: bool = field(default=False, init=False)

    def follow(self, messages: Sequence[_Message]) -> None:
        """Makes the spans."""
        for message in messages:
            self.end = max(self.end, message.start, message.end or 0)
            if message.role == "assistant":
                self._assistant(message)
            else:
                self.new.append({"role": "user", "content": _said(message.parts)})
                self.is_open = self.may_go_on

    def _assistant(self, message: _Message) -> None:
        error = members_of(message.info.get("error"))
        self.failure = _failure_of(error) if error else None
        steps = list(_steps(message))
        for number, step in enumerate(steps):
            self._step(message, number, step, self.failure if number + 1 == len(steps) else None)
        self.is_open = self.may_go_on and message.end is None and not error
        if message.is_compaction:
            self.turn.step(
                self.line or message.line, self.turn.id_of("step", message.id), self.parent_id, self.end, self.end,
                kind="chain", name="compaction", answered=message.text,
            )  # fmt: skip
            self.new[:] = [{"role": "system", "content": message.text}]
        else:
            self.answered = message.text or self.answered

    def _step(self, message: _Message, number: int, step: _Step, failure: Failure | None) -> None:
        line = self.line or message.line
        tools = [part for part in step.parts if type_of(part) == "tool"]
        if step.is_known or failure:
            start = message.start if number == 0 else max(self.end, message.start)
            attributes = {
                "gen_ai.request.model": name_of(message.info.get("modelID")),
                "gen_ai.provider.name": _provider(message.info.get("providerID")),
                **({START_SOURCE: None} if number == 0 else {}),
                **({} if step.tokens is None or failure else _usage(step.tokens)),
            }
            self.turn.call(
                line, self.turn.id_of("call", message.id, str(number)), self.parent_id, start, step.end or message.end or start,
                model=name_of(message.info.get("modelID")), given=self.new[:],
                answered=[] if failure else [{"role": "assistant", "content": _said(step.parts)}],
                failure=failure, attributes=attributes,
            )  # fmt: skip
            self.new.clear()
        for part in tools:
            self._tool(line, message, part)

    def _tool(self, line: int, message: _Message, part: Mapping[str, Any]) -> None:
        state = members_of(part.get("state"))
        time, metadata = members_of(state.get("time")), members_of(state.get("metadata"))
        start, end = moment_of(time.get("start")) or message.start, moment_of(time.get("end")) or None
        if end is None and not self.may_go_on:
            end = start
        self.end = max(self.end, end or 0)
        call_id = str(part.get("callID"))
        span_id = self.turn.id_of("tool", message.id, call_id)
        failure = _tool_failure(state, metadata)
        result = state.get("output") if state.get("output") is not None else state.get("error")
        self.turn.tool(
            line, span_id, self.parent_id, start, end, name=name_of(part.get("tool")) or "tool", call_id=call_id,
            arguments=state.get("input"), result=result, failure=failure,
            attributes={"opencode.metadata": metadata or None},
        )  # fmt: skip
        if result is not None:
            self.new.append(
                {"role": "tool", "content": [{"type": "tool_result", "id": call_id, "content": result}]}
            )
        agent = self.family.get(name_of(metadata.get("sessionId")) or "")
        if agent is not None and agent.messages and not agent.is_told:
            self._agent(line, span_id, agent, members_of(state.get("input")))

    def _agent(self, line: int, parent_id: str, session: _Session, given: Mapping[str, Any]) -> None:
        """The spans of a sub-agent."""
        session.is_told = True
        span_id = self.turn.id_of("agent", session.id)
        at = len(self.turn.spans)
        work = _Work(self.turn, span_id, self.family, [], self.may_go_on, line)
        work.follow(session.messages)
        first = session.messages[0]
        self.turn.agent(
            line, span_id, parent_id, first.start, None if work.is_open else work.end,
            name=name_of(given.get("subagent_type")) or name_of(first.info.get("agent")) or "sub-agent",
            given=_given(first), answered=work.answered, failure=work.failure, attributes={"gen_ai.agent.id": session.id}, at=at,
        )  # fmt: skip
        self.end = max(self.end, work.end)


@dataclass(slots=True)
class _Step:
    """The parts of one request to the model. `tokens` is None as long as it goes on, and where it failed."""

    parts: list[dict[str, Any]]
    tokens: dict[str, Any] | None = None

    @property
    def is_known(self) -> bool:
        """Whether the model has answered, at least in part."""
        return self.tokens is not None or bool(self.parts)

    @property
    def end(self) -> int | None:
        """When the model had said all, as far as it is known: before its tools were done."""
        times = [
            members_of(part.get("time") or members_of(part.get("state")).get("time")) for part in self.parts
        ]
        ends = (
            moment_of(time.get("start" if type_of(part) == "tool" else "end"))
            for part, time in zip(self.parts, times, strict=True)
        )
        return max(ends, default=0) or None


def _steps(message: _Message) -> Iterator[_Step]:
    """The steps of a message. Where none ends, the message itself has the tokens."""
    steps = [_Step([])]
    for part in message.parts:
        match type_of(part):
            case "step-finish":
                steps[-1].tokens = members_of(part.get("tokens"))
                steps.append(_Step([]))
            case "text" | "reasoning" | "tool" | "file":
                steps[-1].parts.append(part)
    if len(steps) > 1 and not steps[-1].parts:
        steps.pop()
    if len(steps) == 1 and steps[0].tokens is None and message.end is not None:
        steps[0].tokens = members_of(message.info.get("tokens")) or None
    return iter(steps)


def _given(prompt: _Message) -> Any:
    """What was asked: a text, or parts where there is something else in it, a file."""
    return prompt.text if all(type_of(part) == "text" for part in prompt.parts) else _said(prompt.parts)


def _said(parts: Iterable[dict[str, Any]]) -> list[Any]:
    """Parts as content blocks; what the program notes for itself is none."""
    blocks: list[Any] = []
    for part in parts:
        match type_of(part):
            case "text":
                blocks.append({"type": "text", "text": part.get("text")})
            case "reasoning":
                blocks.append({"type": "thinking", "thinking": part.get("text")})
            case "tool":
                arguments = members_of(part.get("state")).get("input")
                blocks.append(
                    {
                        "type": "tool_call",
                        "id": part.get("callID"),
                        "name": part.get("tool"),
                        "arguments": arguments,
                    }
                )
            case "file":
                blocks.append(
                    {
                        "type": "file",
                        "url": part.get("url"),
                        "mime": part.get("mime"),
                        "name": part.get("filename"),
                    }
                )
    return blocks


def _usage(tokens: dict[str, Any]) -> dict[str, int]:
    """Their input is what was not cached, and their output is without what was reasoned."""
    cache = members_of(tokens.get("cache"))
    read, written = count_of(cache, "read"), count_of(cache, "write")
    reasoned = count_of(tokens, "reasoning")
    return {
        "gen_ai.usage.input_tokens": count_of(tokens, "input") + read + written,
        "gen_ai.usage.output_tokens": count_of(tokens, "output") + reasoned,
        "gen_ai.usage.cache_read.input_tokens": read,
        "gen_ai.usage.cache_creation.input_tokens": written,
        "gen_ai.usage.reasoning.output_tokens": reasoned,
    }


_PROVIDERS = {
    "google": "gcp.gemini",
    "google-vertex": "gcp.vertex_ai",
    "amazon-bedrock": "aws.bedrock",
    "azure": "azure.ai.openai",
}


def _provider(sent: Any) -> str | None:
    name = name_of(sent)
    return _PROVIDERS.get(name, name) if name else None


def _failure_of(error: Mapping[str, Any]) -> Failure:
    kind, told = name_of(error.get("name")) or "api_error", members_of(error.get("data"))
    if kind == "MessageAbortedError":
        return Failure(INTERRUPTED, "Interrupted by the user")
    status = told.get("statusCode")
    return Failure(str(status) if isinstance(status, int) else kind, text_of(told.get("message") or kind))


def _tool_failure(state: Mapping[str, Any], metadata: Mapping[str, Any]) -> Failure | None:
    if state.get("status") == "error":
        said = text_of(state.get("error") or "failed")
        if said == "Tool execution aborted":
            return Failure(INTERRUPTED, "Interrupted by the user")
        return Failure(REJECTED if "rejected permission" in said else TOOL_ERROR, said)
    code = metadata.get("exit")
    if isinstance(code, int) and code:
        return Failure(TOOL_ERROR, f"Exit code {code}\n{text_of(state.get('output') or '')}".strip())
    return None
