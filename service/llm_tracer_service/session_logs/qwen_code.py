"""Qwen Code's session logs: `~/.qwen/projects/PROJECT/chats/SESSION.jsonl`.

A fork of Gemini CLI, whose parts of messages and statuses of tools it has. Each line is a record of its own. What was said
is in records `user`, `assistant` and `tool_result`; every request to a model, those of sub-agents and of the program itself
too, is told by an event in a `system` record, with its tokens and how long it took. The event of a call comes before what the
model said in it; calls that are told by no other record have only the event.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec

from llm_tracer_service.session_logs.gemini_parts import failure_of, given_of, response_of
from llm_tracer_service.session_logs.spans import (
    INTERRUPTED,
    START_SOURCE,
    Failure,
    LoggedSpan,
    Report,
    Session,
    Turn,
    reported,
    unix_nano,
)
from llm_tracer_service.session_logs.values import (
    count_of,
    members_of,
    name_of,
    nanoseconds,
    own_name,
    text_of,
)

NAME = "Qwen Code"

_PROGRAM = "qwen-code"
_AGENT_TOOL = "agent"
_PROVIDERS = {"gemini": "gcp.gemini", "vertex-ai": "gcp.vertex_ai", "anthropic": "anthropic"}
"""By `auth_type`; an API like OpenAI's may be anybody's."""


class _Record(msgspec.Struct, rename="camel"):
    """A line. What is not read here may be there, of any type."""

    uuid: str
    session_id: str
    timestamp: str
    type: str = ""
    subtype: str | None = None
    cwd: str | None = None
    git_branch: str | None = None
    version: str | None = None
    model: str | None = None
    message: Any = None
    usage_metadata: Any = None
    system_payload: Any = None
    tool_call_result: Any = None
    line: int = msgspec.field(default=0, name=own_name("line"))
    time: int = msgspec.field(default=0, name=own_name("time"))

    @property
    def parts(self) -> list[dict[str, Any]]:
        """The content of its message."""
        parts = members_of(self.message).get("parts")
        return [members_of(part) for part in parts] if isinstance(parts, list) else []

    @property
    def text(self) -> str:
        """All that is said in it; thoughts are not."""
        said = (
            part["text"]
            for part in self.parts
            if isinstance(part.get("text"), str) and not part.get("thought")
        )
        return "".join(said)

    @property
    def event(self) -> dict[str, Any]:
        """What happened, where this is the record of an event."""
        return members_of(members_of(self.system_payload).get("uiEvent"))

    @property
    def is_prompt(self) -> bool:
        """Whether a turn begins with it: what a person said, or a schedule. A notification belongs to the turn it is in."""
        return self.type == "user" and self.subtype in (None, "cron")


_decode = msgspec.json.Decoder(_Record).decode


def recognises(members: Mapping[str, Any]) -> bool:
    """Whether a line with these members is one of such a log. Those of Claude Code have `isSidechain`."""
    return {
        "uuid",
        "parentUuid",
        "sessionId",
        "cwd",
        "version",
    } <= members.keys() and "isSidechain" not in members


def companions(path: Path) -> list[Path]:
    """None: sub-agents are in the log of their session."""
    return []


def turns(lines: Iterable[tuple[int, bytes]], report: Report) -> Iterator[list[LoggedSpan]]:
    """The turns of a session, the spans of one after another."""
    # Several logs may follow each other on standard input.
    for id_, of_session in groupby(_records(lines, report), key=lambda record: record.session_id):
        records = list(of_session)
        version = next((record.version for record in records if record.version), None)
        session = Session(_PROGRAM, NAME, id_, version)
        parts = _parts(records)
        new: list[Any] = []
        for part in parts:
            yield _Work(session, part, new, may_go_on=part is parts[-1]).spans()


def _records(lines: Iterable[tuple[int, bytes]], report: Report) -> Iterator[_Record]:
    known: set[str] = set()
    for number, line in lines:
        with reported(number, NAME, report):
            record = _decode(line)
            record.line, record.time = number, unix_nano(record.timestamp)
            if record.uuid not in known:
                known.add(record.uuid)
                yield record


def _parts(records: list[_Record]) -> list[list[_Record]]:
    """The records of each turn; what comes before the first prompt belongs to it."""
    parts: list[list[_Record]] = [[]]
    has_prompt = False
    for record in records:
        if record.is_prompt and has_prompt:
            parts.append([])
        has_prompt = has_prompt or record.is_prompt
        parts[-1].append(record)
    return parts


@dataclass(slots=True)
class _OpenCall:
    """A tool that was called, until its result comes. `agent` is the key of the sub-agent that it started."""

    record: _Record
    call: dict[str, Any]
    agent: str | None = None


@dataclass(slots=True)
class _Agent:
    """A sub-agent: its events, and the call that started it."""

    name: str
    started_by: _OpenCall | None
    events: list[_Record] = field(default_factory=list)


class _Work:
    """One turn. `new` are the messages that no call was given yet; `may_go_on`: the log ends with this turn."""

    def __init__(self, session: Session, part: list[_Record], new: list[Any], may_go_on: bool) -> None:
        self._prompt = next((record for record in part if record.is_prompt), None)
        self._first = self._prompt or part[0]
        self._part = part
        self._turn = Turn(session, self._first.uuid)
        self._root_id = self._turn.id_of("root")
        self._new = new
        self._may_go_on = may_go_on
        self._calls: list[_Record] = []
        """Events of calls of which it is not known yet what the model said."""
        self._open: dict[str, _OpenCall] = {}
        self._agents: dict[str, _Agent] = {}
        self._is_waiting = False
        self._latest = self._first.time
        self._answered: str | None = None
        self._failure: Failure | None = None

    def spans(self) -> list[LoggedSpan]:
        """The spans of the turn, its root first."""
        for record in self._part:
            self._take(record)
            self._latest = max(self._latest, record.time)
        for event in self._calls:
            self._call(event, None)
        for call in self._open.values():
            self._tool(call, None)
        for key, agent in self._agents.items():
            self._tell_agent(key, agent)
        start = min(self._first.time, self._part[0].time)
        self._turn.agent(
            self._first.line, self._root_id, None, start, None if self._is_waiting and self._may_go_on else self._latest,
            name=NAME, given=None if self._prompt is None else given_of(self._prompt.parts, self._prompt.text),
            answered=self._answered, failure=self._failure,
            attributes={
                "process.working_directory": self._first.cwd,
                "vcs.ref.head.name": next((record.git_branch for record in self._part if record.git_branch), None),
            },
        )  # fmt: skip
        return self._turn.spans

    def _take(self, record: _Record) -> None:
        match record.type, record.subtype:
            case "user", _:
                self._new.append({"role": "user", "content": record.parts})
                self._is_waiting = True
            case "assistant", _:
                self._assistant(record)
            case "tool_result", _:
                self._result(record)
            case "system", "ui_telemetry":
                self._event(record)
            case "system", "chat_compression":
                self._compaction(record)

    # --- what events tell -------------------------------------------------------------------------------------------

    def _event(self, record: _Record) -> None:
        event = record.event
        what = str(event.get("event.name")).rpartition(".")[2]
        key = str(event.get("prompt_id")).rpartition("#")[0]
        name = name_of(event.get("subagent_name"))
        if name is not None or key in self._agents:
            if key not in self._agents:
                self._agents[key] = _Agent(name or "sub-agent", self._starter(key, name))
            self._agents[key].events.append(record)
        elif what == "api_response":
            self._calls.append(record)
        elif what == "api_error":
            self._failure, self._is_waiting = _failure_of_call(event), False
            self._call(record, None, failure=self._failure)

    def _starter(self, key: str, name: str | None) -> _OpenCall | None:
        """The call that started a sub-agent: one that waits for its result, if there is one for an agent of its name."""
        waiting = [
            call
            for call in self._open.values()
            if call.call.get("name") == _AGENT_TOOL and call.agent is None
        ]
        named = (call for call in waiting if members_of(call.call.get("args")).get("subagent_type") == name)
        found = next(named, None)
        if found is not None:
            found.agent = key
        return found

    def _tell_agent(self, key: str, agent: _Agent) -> None:
        """The spans of a sub-agent, of which only events are known."""
        turn, starter = self._turn, agent.started_by
        span_id = turn.id_of("agent", key)
        answered = None
        start, end = agent.events[0].time, agent.events[0].time
        at = len(turn.spans)
        failure = None
        for record in agent.events:
            event = record.event
            began = record.time - nanoseconds(event.get("duration_ms"))
            start, end = min(start, began), max(end, record.time)
            match str(event.get("event.name")).rpartition(".")[2]:
                case "api_response":
                    answered, failure = name_of(event.get("response_text")) or answered, None
                    _call_of(turn, record, span_id, began, [], _said(event))
                case "api_error":
                    failure = _failure_of_call(event)
                    _call_of(turn, record, span_id, began, [], [], failure)
                case "tool_call":
                    turn.tool(
                        record.line, turn.id_of("tool", record.uuid), span_id, began, record.time,
                        name=name_of(event.get("function_name")) or "tool", call_id=record.uuid,
                        arguments=event.get("function_args"), failure=failure_of(event, {"error": event.get("error")}),
                    )  # fmt: skip
        given = None if starter is None else members_of(starter.call.get("args")).get("prompt")
        turn.agent(
            agent.events[0].line, span_id, self._root_id if starter is None else self._tool_id(starter), start, end,
            name=agent.name, given=given, answered=answered, failure=failure, attributes={"gen_ai.agent.id": key}, at=at,
        )  # fmt: skip

    # --- what records tell ------------------------------------------------------------------------------------------

    def _assistant(self, record: _Record) -> None:
        event = self._event_of(record)
        self._call(event or record, record)
        self._answered = record.text or self._answered
        self._failure = None
        for part in record.parts:
            call = members_of(part.get("functionCall"))
            if call:
                self._open[str(call.get("id"))] = _OpenCall(record, call)
        self._is_waiting = bool(self._open)

    def _event_of(self, record: _Record) -> _Record | None:
        """The event of the call in which this was said: the last one with its tokens."""
        usage = members_of(record.usage_metadata)
        for event in reversed(self._calls):
            told = event.event
            if not usage or (
                count_of(told, "input_token_count") == count_of(usage, "promptTokenCount")
                and count_of(told, "total_token_count") == count_of(usage, "totalTokenCount")
            ):
                self._calls.remove(event)
                return event
        return None

    def _call(self, told: _Record, said: _Record | None, failure: Failure | None = None) -> None:
        """A call of the turn itself. `told` says when it was and what it took, `said` what the model said."""
        is_of_talk = said is not None or failure is not None
        start = told.time - nanoseconds(told.event.get("duration_ms")) if told.event else self._latest
        answered = [{"role": "assistant", "content": _blocks(said)}] if said else _said(told.event)
        _call_of(
            self._turn, told, self._root_id, start, self._new[:] if is_of_talk else [], answered, failure
        )
        if is_of_talk:
            self._new.clear()

    def _result(self, record: _Record) -> None:
        self._new.append({"role": "tool", "content": record.parts})
        self._is_waiting = True
        results = {str(members_of(part.get("functionResponse")).get("id")): part for part in record.parts}
        for id_ in results:
            call = self._open.pop(id_, None)
            if call is not None:
                self._tool(call, record, results[id_])

    def _tool(self, call: _OpenCall, result: _Record | None, part: Mapping[str, Any] | None = None) -> None:
        """A tool, from its call to its result."""
        told = members_of(None if result is None else result.tool_call_result)
        response = response_of([part]) if part else None
        end = result.time if result is not None else None if self._may_go_on else call.record.time
        display = told.get("resultDisplay")
        self._turn.tool(
            call.record.line, self._tool_id(call), self._root_id, call.record.time, end,
            name=name_of(call.call.get("name")) or "tool", call_id=str(call.call.get("id")), arguments=call.call.get("args"),
            result=response, failure=failure_of(told, response),
            attributes={"qwen_code.result_display": display if isinstance(display, dict) else None},
        )  # fmt: skip

    def _tool_id(self, call: _OpenCall) -> str:
        return self._turn.id_of("tool", call.record.uuid, str(call.call.get("id")))

    def _compaction(self, record: _Record) -> None:
        told = members_of(record.system_payload)
        info = members_of(told.get("info"))
        history = told.get("compressedHistory")
        summary = members_of(history[0]).get("parts") if isinstance(history, list) and history else None
        if summary is not None:  # the prompt has come already
            self._new.insert(0, {"role": "system", "content": summary})
        self._turn.step(
            record.line, self._turn.id_of("step", record.uuid), self._root_id, record.time, record.time,
            kind="chain", name="compaction", answered=None if summary is None else text_of(summary),
            attributes={
                "llm_tracer.compaction.tokens_before": info.get("originalTokenCount"),
                "llm_tracer.compaction.tokens_after": info.get("newTokenCount"),
            },
        )  # fmt: skip


def _call_of(
    turn: Turn, told: _Record, parent_id: str, start: int, given: list[Any], answered: list[Any],
    failure: Failure | None = None,
) -> None:  # fmt: skip
    """A model call, by its event or, if there was none, by what the model said."""
    event = told.event
    model = name_of(event.get("model")) or told.model
    turn.call(
        told.line, turn.id_of("call", told.uuid), parent_id, start, told.time,
        model=model, given=given, answered=answered, failure=failure,
        attributes={
            "gen_ai.request.model": model,
            "gen_ai.provider.name": _PROVIDERS.get(str(event.get("auth_type"))),
            "gen_ai.response.id": name_of(event.get("response_id")),
            **({START_SOURCE: None} if event else {}),
            **({} if failure else _usage(told)),
        },
    )  # fmt: skip


def _usage(told: _Record) -> dict[str, int]:
    """The tokens of a call. Whether thoughts are in the output depends on the provider; the total has everything."""
    figures = told.event or members_of(told.usage_metadata)
    if not figures:
        return {}
    names = _OF_EVENT if told.event else _OF_RECORD
    given, answered, total, cached, thoughts = (count_of(figures, name) for name in names)
    return {
        "gen_ai.usage.input_tokens": given,
        "gen_ai.usage.output_tokens": total - given if total > given else answered,
        "gen_ai.usage.cache_read.input_tokens": cached,
        "gen_ai.usage.reasoning.output_tokens": thoughts,
    }


_OF_EVENT = (
    "input_token_count", "output_token_count", "total_token_count", "cached_content_token_count", "thoughts_token_count",
)  # fmt: skip
_OF_RECORD = (
    "promptTokenCount", "candidatesTokenCount", "totalTokenCount", "cachedContentTokenCount", "thoughtsTokenCount",
)  # fmt: skip


def _blocks(record: _Record) -> list[Any]:
    """What the model said, as content blocks."""
    return [
        {"type": "thinking", "thinking": part["text"]} if part.get("thought") and "text" in part else part
        for part in record.parts
    ]


def _said(event: Mapping[str, Any]) -> list[Any]:
    """What the model said, as far as the event has it."""
    text = name_of(event.get("response_text"))
    return [{"role": "assistant", "content": text}] if text else []


def _failure_of_call(event: Mapping[str, Any]) -> Failure:
    kind = name_of(event.get("error_type")) or ""
    if "Abort" in kind:
        return Failure(INTERRUPTED, "Interrupted by the user")
    status = event.get("status_code")
    return Failure(
        str(status) if isinstance(status, int) else kind or "api_error",
        text_of(event.get("error_message") or "failed"),
    )
