"""The sub-agents of a session of Claude Code: what each did, and which tool call started it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from llm_tracer_service.session_logs.claude_code_records import Record
from llm_tracer_service.session_logs.values import members_of, type_of


class SubAgents:
    """The sub-agents, whose records are `told`; `main` are those of the session itself. Both are in the order of their times."""

    def __init__(self, main: Sequence[Record], told: Iterable[Record]) -> None:
        self._first_of: dict[str, str] = {}
        self._records: dict[str, list[Record]] = {}
        for record in told:
            self._records.setdefault(self._agent_of(record), []).append(record)
        self._started = self._links(main)
        self.unlinked = self._records.keys() - set(self._started.values())
        """Those that no call is known to have started."""

    def started_by(self, call_id: str) -> str | None:
        """The sub-agent that a tool call started."""
        return self._started.get(call_id)

    def records_of(self, agent: str) -> Sequence[Record]:
        """What a sub-agent did that was not taken yet."""
        return self._records[agent]

    def take(self, agent: str) -> list[Record]:
        """What a sub-agent did. It is told once: a second time there is nothing."""
        return self._records.pop(agent, [])

    def begun_between(self, start: int, until: int | None) -> list[str]:
        """The unlinked ones, not taken yet, that began then; `until` is None for no end."""
        begun = ((agent, self._records[agent][0].time) for agent in self.unlinked if agent in self._records)
        return [agent for agent, time in begun if start <= time and (until is None or time < until)]

    def _agent_of(self, record: Record) -> str:
        """The sub-agent of a record: its id, or in earlier versions the first record of its conversation."""
        if record.agent_id is not None:
            return record.agent_id
        first = self._first_of.get(record.parent_uuid or "", str(record.uuid))
        self._first_of[str(record.uuid)] = first
        return first

    def _links(self, main: Sequence[Record]) -> dict[str, str]:
        """Which tool call started which sub-agent: its result says so, else the prompt that is the same."""
        records = [*main, *(record for agent in self._records.values() for record in agent)]
        started: dict[str, str] = {}
        for record in records:
            agent = members_of(record.tool_use_result).get("agentId")
            if isinstance(agent, str) and agent in self._records:
                started |= {str(members_of(result).get("tool_use_id")): agent for result in record.results}
        return started | self._links_by_prompt(records, started)

    def _links_by_prompt(self, records: Iterable[Record], started: Mapping[str, str]) -> dict[str, str]:
        """The calls that started the sub-agents which no result names; of several with one prompt, in their order."""
        linked = set(started.values())
        left: dict[str, list[str]] = {}
        for agent, told in self._records.items():
            if agent not in linked:
                left.setdefault(told[0].text, []).append(agent)
        found: dict[str, str] = {}
        blocks = (members_of(block) for record in records for block in record.blocks) if left else ()
        for block in blocks:
            call_id = str(block.get("id"))
            if type_of(block) != "tool_use" or call_id in started or call_id in found:
                continue
            if agents := left.get(str(members_of(block.get("input")).get("prompt"))):
                found[call_id] = agents.pop(0)
        return found
