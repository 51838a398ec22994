"""Claude Code's session logs: `~/.claude/projects/DIR/SESSION.jsonl`, a record a line.

The records of a conversation come in the order of their times. A response of the model is several records, one a content
block, each with the usage of the whole. Sub-agents are conversations of their own (`isSidechain`, `agentId`), in the
session's file or in files beside it; the lines of both are given together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from llm_tracer_service.session_logs.claude_code_records import Record, records
from llm_tracer_service.session_logs.spans import (
    HOOK_REFUSED,
    INTERRUPTED,
    REJECTED,
    TOOL_ERROR,
    Failure,
    LoggedSpan,
    More,
    Session,
    Turn,
)
from llm_tracer_service.session_logs.values import (
    count_of,
    members_of,
    name_of,
    nanoseconds,
    text_of,
    type_of,
)

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


def turns(
    lines: Iterable[tuple[int, bytes]], report: Callable[[int, str], None]
) -> Iterator[list[LoggedSpan]]:
    """The turns of a session, the spans of one after another. `report` takes the lines that cannot be read, and why."""
    log = _Log(records(lines, report))
    yield from log.turns()


class _Log:
    """The records of a session, each conversation by itself, in the order of their times."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._main: list[Record] = []
        self._agents: dict[str, list[Record]] = {}
        self._first_of: dict[str, str] = {}
        for record in sorted(records, key=lambda record: record.time):
            if record.is_sidechain:
                self._agents.setdefault(self._agent_of(record), []).append(record)
            else:
                self._main.append(record)
        self._copied = {
            uuid for record in self._main for uuid in _list(members_of(members_of(record.compact_metadata).get("preservedMessages")).get("allUuids"))
        }  # fmt: skip
        self._started = self._links()
        self._unlinked = self._agents.keys() - set(self._started.values())

    def turns(self) -> Iterator[list[LoggedSpan]]:
        """The spans of each turn."""
        new: list[Any] = []
        parts = self._parts()
        for number, part in enumerate(parts):
            is_last = number + 1 == len(parts)
            until = None if is_last else parts[number + 1][0].time
            turn = Turn(_session(part), str(part[0].uuid))
            root_id = turn.id_of("root")
            work = _Conversation(turn, root_id, self, new, is_last)
            work.follow(part)
            for agent in self._between(part[0].time if number else 0, until):
                work.sub_agent(agent, root_id, part[0].line)
            if not turn.spans and (not is_last or _is_command(part[0])):
                continue  # a command for the program itself; what it said is given to the model with the next prompt
            end = None if work.is_open else work.end
            turn.spans.insert(0, _root(turn.session, part, root_id, end, work))
            yield turn.spans
        if not parts:
            yield from self._alone()

    def agent_of(self, call_id: str) -> str | None:
        """The sub-agent that a tool call started."""
        return self._started.get(call_id)

    def records_of(self, agent: str) -> list[Record]:
        """What a sub-agent did. It is told once."""
        return self._agents.pop(agent, [])

    def _parts(self) -> list[list[Record]]:
        parts: list[list[Record]] = []
        for record in self._main:
            if _is_prompt(record) or (not parts and record.uuid not in self._copied):
                parts.append([])
            if parts:
                parts[-1].append(record)
        return parts

    def _agent_of(self, record: Record) -> str:
        """The sub-agent of a record: its id, or in earlier versions the first record of its conversation."""
        if record.agent_id is not None:
            return record.agent_id
        first = self._first_of.get(record.parent_uuid or "", str(record.uuid))
        self._first_of[str(record.uuid)] = first
        return first

    def _links(self) -> dict[str, str]:
        """Which tool call started which sub-agent: its result says so, else the prompt that is the same."""
        records = [*self._main, *(record for agent in self._agents.values() for record in agent)]
        started: dict[str, str] = {}
        for record in records:
            agent = members_of(record.tool_use_result).get("agentId")
            for result in record.results:
                if isinstance(agent, str) and agent in self._agents:
                    started[str(members_of(result).get("tool_use_id"))] = agent
        linked = set(started.values())
        left: dict[str, list[str]] = {}
        for agent, told in self._agents.items():
            if agent not in linked:
                left.setdefault(told[0].text, []).append(agent)
        for record in records:
            for block in record.blocks if left else ():
                prompt = members_of(members_of(block).get("input")).get("prompt")
                if (
                    type_of(block) == "tool_use"
                    and left.get(str(prompt))
                    and str(members_of(block).get("id")) not in started
                ):
                    started[str(members_of(block).get("id"))] = left[str(prompt)].pop(0)
        return started

    def _between(self, start: int, until: int | None) -> list[str]:
        """The sub-agents that no call is known to have started, and that began then."""
        begun = ((agent, self._agents[agent][0].time) for agent in self._unlinked if agent in self._agents)
        return [agent for agent, time in begun if start <= time and (until is None or time < until)]

    def _alone(self) -> Iterator[list[LoggedSpan]]:
        """Sub-agents whose session is not there."""
        for agent in sorted(self._unlinked):
            turn = Turn(_session(self._agents[agent]), agent)
            _Conversation(turn, "", self, [], True).sub_agent(agent, None)
            yield turn.spans


@dataclass(slots=True)
class _Response:
    """A response of the model: what it was given, and its records."""

    start: int
    given: list[Any]
    records: list[Record]

    @property
    def blocks(self) -> list[Any]:
        """Its content; a block that was written twice counts once."""
        found: list[Any] = []
        for record in self.records:
            found += [block for block in record.blocks if block not in found]
        return found


@dataclass(slots=True)
class _Call:
    """A call of a tool, and its result."""

    block: Mapping[str, Any]
    made: Record
    answer: Record | None = None
    result: Mapping[str, Any] = field(default_factory=dict)


class _Conversation:
    """A conversation as spans below `parent_id`: that of the session from one prompt to the next, or a sub-agent's.

    `new` are the messages that no response was given yet. `may_go_on`: the log ends with it, so what has no answer may
    get one.
    """

    def __init__(self, turn: Turn, parent_id: str, log: _Log, new: list[Any], may_go_on: bool) -> None:
        self._turn = turn
        self._parent_id = parent_id
        self._log = log
        self._new = new
        self._may_go_on = may_go_on
        self._responses: dict[tuple[str, str | None], _Response] = {}
        self._calls: dict[str, _Call] = {}
        self._compactions: list[tuple[Record, str | None]] = []
        self._line: int | None = None
        self._latest = 0
        self.end = 0
        self.answered: Any = None
        self.failure: Failure | None = None
        self._is_waiting = False

    @property
    def is_open(self) -> bool:
        """Whether the model, or a tool, has not answered yet."""
        return self._is_waiting and self._may_go_on

    def follow(self, records: Sequence[Record], line: int | None = None) -> None:
        """Makes the spans. `line` is that of all spans where the records are those of another file."""
        self._line = line
        self.end = records[0].time
        for record in records:
            if self._take(record):
                self._latest = record.time
                if record.type != "attachment" and not record.is_meta:
                    self.end = record.time
        for key, response in self._responses.items():
            self._tell_response(key, response)
        for call_id, call in self._calls.items():
            self._tell_call(call_id, call)
        for record, summary in self._compactions:
            self._tell_compaction(record, summary)

    def _take(self, record: Record) -> bool:
        """Takes in a record; whether it says that something happened."""
        match record.type:
            case "assistant":
                return self._assistant(record)
            case "user":
                self._user(record)
            case "attachment":
                self._attachment(record)
            case _:
                return self._system(record)
        return True

    def sub_agent(
        self, agent: str, parent_id: str | None, line: int | None = None, name: str = "sub-agent"
    ) -> None:
        """The spans of a sub-agent, below the tool call that started it. `name`: its own, where it does not say one."""
        records = self._log.records_of(agent)
        if not records:
            return
        span_id = self._turn.id_of("agent", agent)
        own = Turn(self._turn.session, self._turn.key)
        work = _Conversation(own, span_id, self._log, [], self._may_go_on)
        work.follow(records, line)
        names = [record.attribution_agent for record in records if record.attribution_agent]
        end = None if work.is_open else work.end
        self._turn.agent(
            line or records[0].line, span_id, parent_id, records[0].time, end,
            name=names[0] if names else name, given=records[0].text or None, answered=work.answered,
            failure=work.failure, attributes={"gen_ai.agent.id": agent},
        )  # fmt: skip
        self._turn.spans += own.spans

    def _assistant(self, record: Record) -> bool:
        message = members_of(record.message)
        if message.get("model") == "<synthetic>":
            if record.is_api_error_message:
                self._api_error(record, record.text)
            return bool(record.is_api_error_message)
        self.failure, self._is_waiting = None, False
        key = (name_of(message.get("id")) or str(record.uuid), record.request_id)
        response = self._responses.get(key)
        if response is None:
            response = self._responses[key] = _Response(self._latest or record.time, self._new[:], [])
            self._new.clear()
        response.records.append(record)
        if record.text:
            self.answered = record.text
        for block in record.blocks:
            if type_of(block) in ("tool_use", "mcp_tool_use"):
                self._calls.setdefault(str(block.get("id")), _Call(block, record))
                self._is_waiting = True
        return True

    def _user(self, record: Record) -> None:
        if record.text.startswith(_INTERRUPTED):
            self.failure, self._is_waiting = Failure(INTERRUPTED, "Interrupted by the user"), False
            self._step(record, "event", "interrupted by user", self.failure)
            return
        # What the program itself says is no word of the user's, though the model is given it as one.
        is_own = bool(record.is_meta or record.is_compact_summary or record.text.startswith(_OWN_WORDS))
        self._give("system" if is_own else "user", record.blocks)
        self._is_waiting = self._is_waiting or not is_own
        if record.is_compact_summary and self._compactions:
            self._compactions[-1] = (self._compactions[-1][0], record.text)
            self.answered = record.text
        for block in record.results:
            call = self._calls.get(str(block.get("tool_use_id")))
            if call is not None:
                call.answer, call.result = record, block

    def _attachment(self, record: Record) -> None:
        """What the program put before the model besides, and what hooks said."""
        told = members_of(record.attachment)
        match told.get("type"):
            case "queued_command":
                self._give("user", told.get("prompt"))
            case "hook_blocking_error":
                reason = members_of(told.get("blockingError")).get("blockingError") or told.get(
                    "blockingError"
                )
                self._hook(record, told.get("hookName"), reason)
            case "hook_stopped_continuation":
                self._hook(record, told.get("hookName"), told.get("message"))
            case kind:
                content = told.get("content")
                said = content if isinstance(content, str) else {k: v for k, v in told.items() if k != "type"}
                if said:
                    self._give("system", f"[{kind}]\n{text_of(said)}")

    def _system(self, record: Record) -> bool:
        match record.subtype:
            case "api_error":
                self._api_error(record, _message_of(record.error))
                record.time += nanoseconds(record.retry_in_ms)
            case "compact_boundary":
                self._compactions.append((record, None))
                self._new.clear()  # the summary takes the place of what was said
                self._is_waiting = members_of(record.compact_metadata).get("trigger") != "manual"
            case "stop_hook_summary" if record.prevented_continuation or record.hook_errors:
                self._hook(record, "Stop", record.stop_reason or record.hook_errors)
            case _:
                return False
        return True

    def _give(self, role: str, content: Any) -> None:
        if content:
            self._new.append({"role": role, "content": content})

    def _tell_compaction(self, record: Record, summary: str | None) -> None:
        told = members_of(record.compact_metadata)
        self._step(
            record, "chain", "compaction", start=record.time - nanoseconds(told.get("durationMs")), answered=summary,
            attributes={
                "llm_tracer.compaction.trigger": told.get("trigger"),
                "llm_tracer.compaction.tokens_before": told.get("preTokens"),
                "llm_tracer.compaction.tokens_after": told.get("postTokens"),
            },
        )  # fmt: skip

    def _hook(self, record: Record, name: Any, reason: Any) -> None:
        failure = Failure(HOOK_REFUSED, text_of(reason))
        self._step(record, "guardrail", f"hook {name}", failure)

    def _api_error(self, record: Record, reason: str) -> None:
        """A request that failed. It is no response, so what it was given is given again."""
        status = record.api_error_status or members_of(record.error).get("status")
        failure = Failure(
            str(status or (record.error if isinstance(record.error, str) else "api_error")), reason
        )
        if record.type == "assistant":
            self.failure, self._is_waiting = failure, False
        self._turn.call(
            self._line or record.line, self._turn.id_of("error", str(record.uuid)), self._parent_id,
            self._latest or record.time, record.time, model=None, given=self._new[:], answered=[], failure=failure,
        )  # fmt: skip

    def _step(
        self, record: Record, kind: str, name: str, failure: Failure | None = None,
        start: int | None = None, attributes: More = None, answered: Any = None,
    ) -> None:  # fmt: skip
        self._turn.step(
            self._line or record.line, self._turn.id_of("step", str(record.uuid)), self._parent_id,
            start or record.time, record.time, kind=kind, name=name, failure=failure, answered=answered, attributes=attributes,
        )  # fmt: skip

    def _tell_response(self, key: tuple[str, str | None], response: _Response) -> None:
        first, last = response.records[0], response.records[-1]
        messages = [members_of(record.message) for record in response.records]
        model = name_of(messages[0].get("model"))
        stop = name_of(next((m["stop_reason"] for m in reversed(messages) if m.get("stop_reason")), None))
        usage = max(
            (members_of(m.get("usage")) for m in messages), key=lambda usage: count_of(usage, "output_tokens")
        )
        self._turn.call(
            self._line or first.line, self._turn.id_of("call", str(first.uuid)), self._parent_id,
            response.start, last.time, model=model, given=response.given,
            answered=[{"role": "assistant", "content": response.blocks, "finish_reason": stop}],
            attributes={
                "gen_ai.response.model": model,
                "gen_ai.provider.name": _provider(key[0], model),
                "gen_ai.response.id": key[0],
                "gen_ai.response.finish_reasons": [stop] if stop else None,
                "anthropic.response.service_tier": name_of(usage.get("service_tier")),
                "claude_code.request_id": first.request_id,
                **_usage(usage),
            },
        )  # fmt: skip

    def _tell_call(self, call_id: str, call: _Call) -> None:
        span_id = self._turn.id_of("tool", call_id)
        line = self._line or call.made.line
        end = call.answer.time if call.answer else None if self.is_open else self.end
        name = name_of(call.block.get("name")) or "tool"
        detail = call.answer.tool_use_result if call.answer else None
        failure = _tool_failure(call)
        if failure is None and end is not None and call.answer is None:
            failure = Failure("no_result", "The log has no result of this call.")
        self._turn.tool(
            line, span_id, self._parent_id, call.made.time, end, name=name, call_id=call_id,
            arguments=call.block.get("input"), result=call.result.get("content"), failure=failure,
            attributes={"claude_code.tool_use_result": detail if isinstance(detail, dict | list) else None},
        )  # fmt: skip
        agent = self._log.agent_of(call_id)
        if agent is not None:
            kind = name_of(members_of(call.block.get("input")).get("subagent_type"))
            self.sub_agent(agent, span_id, line, kind or "sub-agent")


def _root(
    session: Session, part: Sequence[Record], root_id: str, end: int | None, work: _Conversation
) -> LoggedSpan:
    turn = Turn(session, str(part[0].uuid))
    turn.agent(
        part[0].line, root_id, None, part[0].time, end, name=session.agent,
        given=_given(part[0]), answered=work.answered, failure=work.failure,
        attributes={
            "process.working_directory": next((record.cwd for record in part if record.cwd), None),
            "vcs.ref.head.name": next((record.git_branch for record in part if record.git_branch), None),
        },
    )  # fmt: skip
    return turn.spans[0]


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
    return not record.text.startswith((_INTERRUPTED, *_OWN_WORDS))


_INTERRUPTED = "[Request interrupted by user"
_REJECTED = "The user doesn't want to"
_OWN_WORDS = ("<local-command-", "<bash-stdout", "<bash-stderr")
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


def _tool_failure(call: _Call) -> Failure | None:
    if call.result.get("is_error") is not True:
        return None
    said = text_of(call.result.get("content"))
    if "hook error:" in said[:200]:
        return Failure(HOOK_REFUSED, said)
    detail = call.answer.tool_use_result if call.answer else None
    if said.startswith(_REJECTED) or detail == "User rejected tool use":
        _, _, reason = said.partition("the user said:")
        return Failure(
            REJECTED, f"Rejected by the user: {reason.strip()}" if reason else "Rejected by the user"
        )
    return Failure(TOOL_ERROR, said)


def _usage(usage: dict[str, Any]) -> dict[str, int | None]:
    """Anthropic's figures by the names of OpenTelemetry, whose input has the cache in it."""
    if not usage:
        return {}
    read, written = count_of(usage, "cache_read_input_tokens"), count_of(usage, "cache_creation_input_tokens")
    kept = members_of(usage.get("cache_creation"))
    tools = members_of(usage.get("server_tool_use"))
    return {
        "gen_ai.usage.input_tokens": count_of(usage, "input_tokens") + read + written,
        "gen_ai.usage.output_tokens": count_of(usage, "output_tokens"),
        "gen_ai.usage.cache_read.input_tokens": read,
        "gen_ai.usage.cache_creation.input_tokens": written,
        "gen_ai.usage.cache_creation.input_tokens.ephemeral_5m": count_of(kept, "ephemeral_5m_input_tokens") if kept else None,
        "gen_ai.usage.cache_creation.input_tokens.ephemeral_1h": count_of(kept, "ephemeral_1h_input_tokens") if kept else None,
        "gen_ai.usage.server_tool_use.web_search_requests": count_of(tools, "web_search_requests") or None,
    }  # fmt: skip


def _provider(message_id: str, model: str | None) -> str | None:
    """Who answered: Bedrock and Vertex say so in the ids that they give."""
    if message_id.startswith("msg_bdrk_"):
        return "aws.bedrock"
    if message_id.startswith("msg_vrtx_"):
        return "gcp.vertex_ai"
    return "anthropic" if model is not None and model.startswith("claude") else None


def _message_of(error: Any) -> str:
    """What an error says, which lies in another one of the same form."""
    error = members_of(error)
    inner = members_of(members_of(error.get("error")).get("error")) or members_of(error.get("error"))
    said = inner.get("message") or error.get("message") or members_of(error.get("cause")).get("code")
    return text_of(said or error)


def _list(value: Any) -> list[Any]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
