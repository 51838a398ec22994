"""A conversation of Claude Code as spans: its model calls, its tools with the sub-agents they started, and what else happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from llm_tracer_service.session_logs.claude_code_agents import SubAgents
from llm_tracer_service.session_logs.claude_code_records import INTERRUPTED_WORDS, OWN_WORDS, Record
from llm_tracer_service.session_logs.spans import (
    HOOK_REFUSED,
    INTERRUPTED,
    REJECTED,
    TOOL_ERROR,
    Failure,
    More,
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

_REJECTED = "The user doesn't want to"


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


class Conversation:
    """A conversation as spans below `parent_id`: that of the session from one prompt to the next, or a sub-agent's.

    `new` are the messages that no response was given yet. `may_go_on`: the log ends with it, so what has no answer may
    get one. Once it was followed, `end`, `answered` and `failure` say when and how it ended.
    """

    def __init__(
        self, turn: Turn, parent_id: str, agents: SubAgents, new: list[Any], may_go_on: bool
    ) -> None:
        self._turn = turn
        self._parent_id = parent_id
        self._agents = agents
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
        records = self._agents.take(agent)
        if not records:
            return
        span_id = self._turn.id_of("agent", agent)
        at = len(self._turn.spans)
        work = Conversation(self._turn, span_id, self._agents, [], self._may_go_on)
        work.follow(records, line)
        names = [record.attribution_agent for record in records if record.attribution_agent]
        end = None if work.is_open else work.end
        self._turn.agent(
            line or records[0].line, span_id, parent_id, records[0].time, end,
            name=names[0] if names else name, given=records[0].text or None, answered=work.answered,
            failure=work.failure, attributes={"gen_ai.agent.id": agent}, at=at,
        )  # fmt: skip

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
        if record.text.startswith(INTERRUPTED_WORDS):
            self.failure, self._is_waiting = Failure(INTERRUPTED, "Interrupted by the user"), False
            self._step(record, "event", "interrupted by user", self.failure)
            return
        # What the program itself says is no word of the user's, though the model is given it as one.
        is_own = bool(record.is_meta or record.is_compact_summary or record.text.startswith(OWN_WORDS))
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
        agent = self._agents.started_by(call_id)
        if agent is not None:
            kind = name_of(members_of(call.block.get("input")).get("subagent_type"))
            self.sub_agent(agent, span_id, line, kind or "sub-agent")


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
