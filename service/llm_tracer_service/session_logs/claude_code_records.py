"""A record of Claude Code's session logs: a line, read leniently, and what its message holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from llm_tracer_service.session_logs.spans import BadRecord, Report, reported, unix_nano
from llm_tracer_service.session_logs.values import members_of, own_name, type_of

_TYPES = frozenset({"user", "assistant", "system", "attachment"})
"""The records that say what happened. Others keep the state of the program: titles, queues, snapshots of files."""

INTERRUPTED_WORDS = "[Request interrupted by user"
OWN_WORDS = ("<local-command-", "<bash-stdout", "<bash-stderr")
"""How texts begin that the program itself writes in the name of the user."""


class Record(msgspec.Struct, rename="camel"):
    """A line. What is not read here may be there, of any type."""

    type: str = ""
    subtype: str | None = None
    uuid: str | None = None
    parent_uuid: str | None = None
    session_id: str | None = None
    agent_id: str | None = None
    is_sidechain: bool | None = False
    is_meta: bool | None = False
    is_compact_summary: bool | None = False
    is_api_error_message: bool | None = False
    timestamp: str | None = None
    cwd: str | None = None
    git_branch: str | None = None
    version: str | None = None
    message: Any = None
    tool_use_result: Any = None
    attachment: Any = None
    attribution_agent: str | None = None
    compact_metadata: Any = None
    request_id: str | None = None
    error: Any = None
    api_error_status: Any = None
    retry_in_ms: Any = None
    prevented_continuation: Any = None
    stop_reason: Any = None
    hook_errors: Any = None
    line: int = msgspec.field(default=0, name=own_name("line"))
    time: int = msgspec.field(default=0, name=own_name("time"))

    @property
    def blocks(self) -> list[Any]:
        """The content of the message as blocks."""
        content = members_of(self.message).get("content")
        if isinstance(content, str):
            return [{"type": "text", "text": content}] if content else []
        return content if isinstance(content, list) else []

    @property
    def text(self) -> str:
        """All that is text in the message."""
        return "\n".join(
            str(members_of(block).get("text")) for block in self.blocks if type_of(block) == "text"
        )

    @property
    def results(self) -> list[Any]:
        """The results of tools in the message."""
        return [block for block in self.blocks if type_of(block) == "tool_result"]


_decode = msgspec.json.Decoder(Record).decode


def records(lines: Iterable[tuple[int, bytes]], report: Report) -> Iterator[Record]:
    """The records that say what happened, each once, in the order of the lines."""
    known: dict[str, int] = {}
    for number, line in lines:
        with reported(number, "Claude Code", report):
            record = _decode(line)
            if record.type not in _TYPES:
                continue
            if not record.uuid or not record.timestamp:
                raise BadRecord("it has no uuid or no timestamp")
            record.line, record.time = number, unix_nano(record.timestamp)
            if record.uuid in known:
                continue  # a session that was resumed may repeat its earlier lines
            if record.is_compact_summary:  # its time may be before that of the compaction
                record.time = max(record.time, known.get(record.parent_uuid or "", 0))
            known[record.uuid] = record.time
            yield record
