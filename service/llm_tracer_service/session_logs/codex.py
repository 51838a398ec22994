"""Codex's session logs: `~/.codex/sessions/YYYY/MM/DD/rollout-*.jsonl`, a record a line, in the order of their times.

`response_item` records are what the model was given and answered, `event_msg` what the program says of it. A response is
several items, and its usage comes after them. A sub-agent has a log of its own, which names the turn that it works for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from llm_tracer_service.session_logs.spans import (
    INTERRUPTED,
    TOOL_ERROR,
    Failure,
    LoggedSpan,
    More,
    Report,
    Session,
    Turn,
    reported,
    unix_nano,
)
from llm_tracer_service.session_logs.values import (
    count_of,
    members_in,
    members_of,
    name_of,
    own_name,
    text_of,
    type_of,
)

NAME = "Codex"

_PROGRAM = "codex"


class _Record(msgspec.Struct):
    """A line. What is not read here may be there, of any type."""

    type: str
    timestamp: str
    payload: Any = None
    line: int = msgspec.field(default=0, name=own_name("line"))
    time: int = msgspec.field(default=0, name=own_name("time"))

    @property
    def said(self) -> dict[str, Any]:
        """What it says."""
        return members_of(self.payload)

    @property
    def kind(self) -> str:
        """Its type, and that of what it says: "event_msg.task_started"."""
        return f"{self.type}.{type_of(self.payload)}"


_decode = msgspec.json.Decoder(_Record).decode


def recognises(members: Mapping[str, Any]) -> bool:
    """Whether a line with these members is one of such a log."""
    return {"type", "timestamp", "payload"} <= members.keys()


def companions(path: Path) -> list[Path]:
    """None: the log of a sub-agent says where its spans belong."""
    return []


def turns(lines: Iterable[tuple[int, bytes]], report: Report) -> Iterator[list[LoggedSpan]]:
    """The turns of a session, the spans of one after another."""
    records = list(_records(lines, report))
    log = _Log(records)
    for number, part in enumerate(log.parts):
        yield _Turn(log, part, is_last=number + 1 == len(log.parts)).spans()


def _records(lines: Iterable[tuple[int, bytes]], report: Report) -> Iterator[_Record]:
    for number, line in lines:
        with reported(number, NAME, report):
            record = _decode(line)
            record.line, record.time = number, unix_nano(record.timestamp)
            yield record


class _Log:
    """A session: what holds for all of it, and its records turn by turn."""

    def __init__(self, records: Sequence[_Record]) -> None:
        # A fork repeats the head of what it was made of after its own.
        head = next((record.said for record in records if record.type == "session_meta"), {})
        thread = name_of(head.get("id")) or ""
        self.thread = thread
        self.session = Session(
            _PROGRAM, NAME, name_of(head.get("session_id")) or thread, name_of(head.get("cli_version"))
        )
        self.provider = name_of(head.get("model_provider"))
        self.is_sub_agent = name_of(head.get("parent_thread_id")) is not None or "subagent" in members_of(
            head.get("source")
        )
        self.agent = name_of(head.get("agent_nickname")) or "sub-agent"
        self.about: More = {
            "process.working_directory": name_of(head.get("cwd")),
            "vcs.ref.head.name": name_of(members_of(head.get("git")).get("branch")),
            "vcs.ref.head.revision": name_of(members_of(head.get("git")).get("commit_hash")),
        }
        instructions = name_of(members_of(head.get("base_instructions")).get("text"))
        self.new: list[Any] = [{"role": "system", "content": instructions}] if instructions else []
        """What no response was given yet."""
        self.model: str | None = None
        self.effort: str | None = None
        self.details = {call_id: said for record in records for call_id, said in _details(record)}
        """What the program says of the calls of tools."""
        self.parts = _parts(records)


def _parts(records: Sequence[_Record]) -> list[list[_Record]]:
    """The records of each turn. Earlier versions do not say where one begins: there it is the prompt."""
    parts: list[list[_Record]] = []
    head: list[_Record] = []
    is_told = False
    for record in records:
        if _is_start(record) or (_is_prompt(record) and not is_told):
            parts.append(head)
            head = []
            is_told = _is_start(record)
        elif _is_end(record):
            is_told = False
        (parts[-1] if parts else head).append(record)
    return parts


def _is_start(record: _Record) -> bool:
    return record.kind in ("event_msg.task_started", "event_msg.turn_started")


def _is_end(record: _Record) -> bool:
    return record.kind in ("event_msg.task_complete", "event_msg.turn_complete", "event_msg.turn_aborted")


_OWN_WORDS = re.compile(r"\s*(?:<[a-z_]+[ >]|# AGENTS\.md)")


def _is_prompt(record: _Record) -> bool:
    """Whether it is what the user said; what the program itself puts before the model stands in a tag."""
    said = record.said
    return (
        record.kind == "response_item.message"
        and said.get("role") == "user"
        and not _OWN_WORDS.match(_words(said))
    )


def _words(said: Mapping[str, Any]) -> str:
    content = said.get("content")
    return text_of(content) if content else ""


def _details(record: _Record) -> Iterator[tuple[str, dict[str, Any]]]:
    """What a record says of a call, by its id."""
    said = record.said
    if record.type != "event_msg":
        return
    item = members_of(said.get("item"))
    if said.get("type") == "item_completed" and type_of(item) in (
        "CommandExecution",
        "FileChange",
        "McpToolCall",
        "CollabAgentToolCall",
    ):
        yield str(item.get("id")), item
    elif said.get("type") in (
        "exec_command_end",
        "patch_apply_end",
        "mcp_tool_call_end",
        "collab_agent_spawn_end",
    ):
        yield str(said.get("call_id")), said


@dataclass(slots=True)
class _Response:
    """A response of the model, as far as its items came."""

    line: int
    start: int
    end: int
    given: list[Any]
    model: str | None
    effort: str | None
    items: list[dict[str, Any]] = field(default_factory=list)
    usage: dict[str, Any] | None = None
    id: str | None = None
    is_whole: bool = False


@dataclass(slots=True)
class _Call:
    """A call of a tool, and its result."""

    line: int
    item: Mapping[str, Any]
    start: int
    end: int | None = None
    output: Any = None


class _Turn:
    """A turn as spans. `is_last`: the log ends with it, so what has no answer may get one."""

    def __init__(self, log: _Log, records: Sequence[_Record], is_last: bool) -> None:
        self._log = log
        self._records = records
        self._is_last = is_last
        self._first = next(record for record in records if _is_start(record) or _is_prompt(record))
        begins = self._first.said if _is_start(self._first) else {}
        own = _turn_id(self._first) or f"{log.thread} {self._first.timestamp}"
        parent = members_of(begins.get("turn_attribution")).get("parent_turn_id")
        self._is_below = log.is_sub_agent and name_of(parent) is not None
        key = (name_of(begins.get("root_turn_id")) or own) if self._is_below else own
        self._turn = Turn(log.session, key)
        self._root_id = self._turn.id_of("agent", own) if self._is_below else self._turn.id_of("root")
        self._responses: list[_Response] = []
        self._calls: dict[str, _Call] = {}
        self._given_at = self._latest = self._first.time
        self._asked: str | None = None
        self._answered: str | None = None
        self._failure: Failure | None = None
        self._is_over = False

    def spans(self) -> list[LoggedSpan]:
        """The spans, the agent first."""
        for record in self._records:
            self._take(record)
        for number, response in enumerate(self._responses):
            self._tell_response(number, response)
        for call_id, call in self._calls.items():
            self._tell_call(call_id, call)
        self._turn.agent(
            self._first.line, self._root_id, self._parent_id(), self._first.time, self._end(),
            name=self._log.agent if self._is_below else NAME, given=self._asked, answered=self._answered, failure=self._failure, attributes=self._log.about,
        )  # fmt: skip
        return self._turn.spans

    def _parent_id(self) -> str | None:
        """The call that started this sub-agent: its span has an id of what both logs know, the thread."""
        return self._turn.id_of("thread", self._log.thread) if self._is_below else None

    def _end(self) -> int | None:
        waits = bool(self._log.new) or any(call.end is None for call in self._calls.values())
        goes_on = self._is_last and not self._is_over and (_is_start(self._first) or waits)
        return None if goes_on else self._latest

    def _take(self, record: _Record) -> None:
        said = record.said
        match record.type:
            case "response_item":
                self._item(record)
            case "turn_context":
                self._log.model = name_of(said.get("model")) or self._log.model
                self._log.effort = name_of(said.get("effort")) or self._log.effort
            case "token_usage_record":
                self._used(said.get("usage"), name_of(said.get("response_id")))
            case "compacted":
                self._compacted(record)
            case "event_msg":
                self._event(record)

    def _event(self, record: _Record) -> None:
        said = record.said
        match said.get("type"):
            case "token_count":
                # Earlier versions say the usage only here; one that is said again finds no response without.
                self._used(members_of(said.get("info")).get("last_token_usage"), None)
            case "task_complete" | "turn_complete":
                self._latest, self._is_over = record.time, True
                if said.get("error"):
                    self._failure = self._failed(record, said["error"])
            case "error":
                self._failure = self._failed(record, said)
            case "stream_error":
                self._failed(record, said)  # and tried again
            case "turn_aborted":
                self._latest, self._is_over = record.time, True
                reason = name_of(said.get("reason")) or INTERRUPTED
                by_user = reason == INTERRUPTED
                self._failure = Failure(
                    reason, "Interrupted by the user" if by_user else f"The turn ended: {reason}"
                )
                self._step(
                    record,
                    "event",
                    "interrupted by user" if by_user else f"turn ended: {reason}",
                    self._failure,
                )

    def _item(self, record: _Record) -> None:
        said = record.said
        kind = str(said.get("type"))
        self._latest = record.time if not self._is_over else self._latest
        if kind == "message" and said.get("role") != "assistant":
            words = _words(said)
            is_prompt = _is_prompt(record)
            if is_prompt:
                self._asked = self._asked or words
            role = "user" if is_prompt else "system"
            self._give(record, {"role": role, "content": said.get("content")})
        elif kind.endswith("_output"):
            self._give(record, {"role": "tool", "content": [_plain(said)]})
            call = self._calls.get(str(said.get("call_id")))
            if call is not None:
                call.end, call.output = record.time, said.get("output")
        elif kind in ("message", "reasoning") or kind.endswith("_call"):
            self._answer(record)

    def _give(self, record: _Record, message: Any) -> None:
        if self._responses:
            self._responses[-1].is_whole = True
        self._given_at = record.time
        self._log.new.append(message)

    def _answer(self, record: _Record) -> None:
        said = record.said
        if not self._responses or self._responses[-1].is_whole:
            start = max(self._given_at, self._responses[-1].end if self._responses else 0)
            self._responses.append(
                _Response(
                    record.line, start, record.time, self._log.new[:], self._log.model, self._log.effort
                )
            )
            self._log.new.clear()
        response = self._responses[-1]
        response.items.append(_plain(said))
        response.end = record.time
        if said.get("type") == "message":
            self._answered = _words(said) or self._answered
        elif name_of(said.get("call_id")) and str(said.get("type")) != "web_search_call":
            self._calls.setdefault(str(said["call_id"]), _Call(record.line, said, record.time))

    def _used(self, usage: Any, response_id: str | None) -> None:
        response = self._responses[-1] if self._responses else None
        if isinstance(usage, dict) and response is not None and response.usage is None:
            response.usage, response.id, response.is_whole = usage, response_id, True

    def _compacted(self, record: _Record) -> None:
        said = record.said
        self._given_at = record.time
        self._step(record, "chain", "compaction", answered=name_of(said.get("message")))
        history = said.get("replacement_history")
        kept = [members_of(item) for item in history] if isinstance(history, list) else []
        messages = [
            {"role": item.get("role"), "content": item.get("content")}
            for item in kept
            if type_of(item) == "message"
        ]
        self._log.new[:] = messages or [{"role": "user", "content": said.get("message")}]

    def _failed(self, record: _Record, error: Any) -> Failure:
        """A request that failed; what it was given is given again."""
        failure = _failure_of(members_of(error))
        self._turn.call(
            record.line, self._next_id("error"), self._root_id, self._given_at, record.time,
            model=self._log.model, given=self._log.new[:], answered=[], failure=failure,
            attributes={"gen_ai.request.model": self._log.model, "gen_ai.provider.name": self._log.provider},
        )  # fmt: skip
        self._given_at = record.time
        return failure

    def _step(
        self, record: _Record, kind: str, name: str, failure: Failure | None = None, answered: Any = None
    ) -> None:
        self._turn.step(
            record.line, self._next_id("step"), self._root_id, record.time, record.time, kind=kind, name=name, answered=answered, failure=failure
        )  # fmt: skip

    def _next_id(self, kind: str) -> str:
        """The id of something that has none in the log: by its place, which is the same in a fork."""
        return self._turn.id_of(kind, self._root_id, str(len(self._turn.spans)))

    def _tell_response(self, number: int, response: _Response) -> None:
        usage = response.usage or {}
        self._turn.call(
            response.line, self._turn.id_of("call", self._root_id, str(number)), self._root_id, response.start, response.end,
            model=response.model, given=response.given, answered=[{"role": "assistant", "content": _blocks(response.items)}],
            attributes={
                "gen_ai.request.model": response.model,
                "gen_ai.request.reasoning_effort": response.effort,
                "gen_ai.provider.name": self._log.provider,
                "gen_ai.response.id": response.id,
                **(_usage(usage) if usage else {}),
            },
        )  # fmt: skip

    def _tell_call(self, call_id: str, call: _Call) -> None:
        item, detail = call.item, self._log.details.get(call_id, {})
        name = ".".join(
            filter(None, (name_of(item.get("namespace")), name_of(item.get("name"))))
        ) or _kind_of(item)
        thread = _thread_of(call.output) if item.get("name") == "spawn_agent" else None
        end = call.end if call.end or (self._is_last and not self._is_over) else self._latest
        failure = _tool_failure(call, detail)
        if failure is None and end is not None and call.end is None:
            failure = Failure("no_result", "The log has no result of this call.")
        arguments = next(
            (item[key] for key in ("arguments", "input", "action") if item.get(key) is not None), None
        )
        self._turn.tool(
            call.line, self._turn.id_of("thread", thread) if thread else self._turn.id_of("tool", self._root_id, call_id),
            self._root_id, call.start, end, name=name, call_id=call_id,
            arguments=arguments, result=call.output, failure=failure, attributes={"codex.item": detail or None},
        )  # fmt: skip


_NOTED = "internal_chat_message_metadata_passthrough"
_BESIDE = frozenset(("id", "status", "metadata", _NOTED))
"""What stands beside what was said."""


def _turn_id(first: _Record) -> str | None:
    """The id of a turn, which its beginning says, or else the prompt."""
    return name_of(first.said.get("turn_id")) or name_of(members_of(first.said.get(_NOTED)).get("turn_id"))


def _plain(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in _BESIDE and value is not None}


def _blocks(items: Iterable[Mapping[str, Any]]) -> list[Any]:
    """The items of a response as content blocks."""
    blocks: list[Any] = []
    for item in items:
        content = item.get("content")
        if item.get("type") == "message":
            blocks += content if isinstance(content, list) else [content]
        else:
            blocks.append(item)
    return blocks


def _kind_of(item: Mapping[str, Any]) -> str:
    return str(item.get("type")).removesuffix("_call")


def _usage(usage: dict[str, Any]) -> dict[str, int | None]:
    """OpenAI's figures: the input has what came from the cache in it, the output the reasoning."""
    return {
        "gen_ai.usage.input_tokens": count_of(usage, "input_tokens"),
        "gen_ai.usage.output_tokens": count_of(usage, "output_tokens"),
        "gen_ai.usage.cache_read.input_tokens": count_of(usage, "cached_input_tokens"),
        "gen_ai.usage.cache_creation.input_tokens": count_of(usage, "cache_write_input_tokens") or None,
        "gen_ai.usage.reasoning.output_tokens": count_of(usage, "reasoning_output_tokens"),
    }


_EXIT_CODE = re.compile(r"(?:Process exited with code|Exit code:) (\d+)")
_HEAD_CHARS = 400


def _tool_failure(call: _Call, detail: Mapping[str, Any]) -> Failure | None:
    output, exit_code = _output_of(call.output)
    if output.rstrip().endswith("aborted by user"):
        return Failure(INTERRUPTED, "Interrupted by the user")
    known = detail.get("exit_code", exit_code)
    said = name_of(detail.get("aggregated_output")) or name_of(detail.get("stderr")) or output
    if known:
        return Failure(TOOL_ERROR, f"Exit code {known}\n{said}".rstrip())
    refused = members_of(call.output).get("success") is False or detail.get("success") is False
    if refused or detail.get("status") == "failed" or "Err" in members_of(detail.get("result")):
        return Failure(TOOL_ERROR, said or text_of(detail.get("result")))
    return None


def _output_of(output: Any) -> tuple[str, Any]:
    """What a tool answered as a text, and the exit code where it says one: as JSON in earlier versions."""
    text = text_of(members_of(output).get("content", output)) if output is not None else ""
    inner = members_in(text)
    if "output" in inner:
        return text_of(inner["output"]), members_of(inner.get("metadata")).get("exit_code")
    found = _EXIT_CODE.search(text[:_HEAD_CHARS])
    return text, int(found[1]) if found else None


def _thread_of(output: Any) -> str | None:
    """The thread of the sub-agent that a call started."""
    return name_of(members_in(output).get("agent_id")) if isinstance(output, str) else None


def _failure_of(error: Mapping[str, Any]) -> Failure:
    """Why a request failed. The message may be the body of the answer."""
    said = text_of(error.get("message") or error)
    body = members_of(members_in(said).get("error"))
    info = error.get("codex_error_info")
    kind = next(iter(info), None) if isinstance(info, dict) else info
    kind = kind if kind != "other" else None
    return Failure(
        name_of(kind) or name_of(body.get("type")) or "api_error", text_of(body.get("message") or said)
    )
