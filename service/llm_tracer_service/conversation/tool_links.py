"""Which tool calls, results, definitions and spans of tools belong together. Pure.

Things with the same call id belong together. If a sender gives no ids, those with the same name and arguments do, and the
link says that it was inferred. If several have one id (local models count from the beginning in every turn), the closest
counts: siblings and descendants, then the same agent, then the trace; among these the earliest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec

from llm_tracer_service.conversation.exchange import Exchange, Mention, Place, Use
from llm_tracer_service.conversation.family import Family
from llm_tracer_service.conversation.schema_check import misfits

Key: TypeAlias = str | tuple[str | None, bytes]
"""A call id, or the name of a tool and canonical arguments."""


@dataclass(frozen=True, slots=True)
class DefinitionPlace:
    """An index into a span's `tool_definitions`."""

    span_id: str
    index: int


@dataclass(frozen=True, slots=True)
class ToolLink:
    """One use of a tool: where the model asked for it, where it was given the result, and the tool's own span.

    `here` are the places in this span's messages that are about it; empty for the span of a tool. `inferred`: found by
    name and arguments or by order, since there are no ids. `problems` are texts: no result, arguments that do not fit the
    schema, a tool that was not offered, a result that nobody asked for.
    """

    call_id: str | None
    name: str | None
    here: tuple[Place, ...]
    call: Place | None
    result: Place | None
    definition: DefinitionPlace | None
    tool_span_id: str | None
    inferred: bool
    problems: tuple[str, ...]


class Ledger:
    """All uses of tools in a trace, to be found by id and by name and arguments. Prepared in one pass."""

    def __init__(self, family: Family, exchanges: Mapping[int, Exchange], is_whole: bool) -> None:
        """`exchanges` are those of model and tool spans, by their index. `is_whole`: nothing of the trace is still to come
        or was left out, so that what is missing is a problem."""
        self._family = family
        self._exchanges = exchanges
        self._is_whole = is_whole
        self._made: dict[Key, list[tuple[int, Use]]] = defaultdict(list)  # in output messages
        self._given_back: dict[Key, list[tuple[int, Use]]] = defaultdict(list)
        self._asked_again: dict[Key, list[int]] = defaultdict(list)
        self._ran: dict[Key, list[int]] = defaultdict(list)
        calls = [index for index, each in exchanges.items() if each.tool is None]
        self._starts = sorted(map(family.start, calls)) or [0]
        self._failed = any(family.nodes[index].row.reading.status == "error" for index in exchanges)
        for index in sorted(exchanges, key=lambda each: (family.start(each), each)):
            self._enter(index, exchanges[index])

    def _enter(self, index: int, exchange: Exchange) -> None:
        if exchange.tool is not None:
            name, call_id, arguments = exchange.tool
            self._ran[call_id or (name, arguments)].append(index)
            return
        for use in exchange.uses:
            keys = _keys(use)
            for key in keys:
                if use.call is not None and use.call.place.side == "output":
                    self._made[key].append((index, use))
            if use.call is not None and use.call.place.side == "input":
                self._asked_again[keys[0]].append(index)
            if use.result is not None and keys:
                self._given_back[keys[0]].append((index, use))

    def links(self, index: int, exchange: Exchange) -> Iterator[ToolLink]:
        """The links of a span, in the order of their mention; for the span of a tool, its own."""
        if exchange.tool is not None:
            yield self._of_tool(index, exchange.tool, exchange)
        for use in exchange.uses:
            yield self._of_use(index, exchange, use)

    # --- from a message

    def _of_use(self, index: int, exchange: Exchange, use: Use) -> ToolLink:
        here = tuple(one.place for one in (use.call, use.result) if one is not None)
        is_origin = index in self._exchanges and use.call is not None and use.call.place.side == "output"
        found = None if is_origin else self._origin(index, use)
        origin, made = (index, use) if found is None else found
        call = made.call or use.call
        whole = Use(call, use.result, use.by_order)
        tool, tool_inferred = self._tool_span(origin, whole)
        result = self._result(origin, whole)
        place = result.place if result else use.result.place if use.result else None
        definition = self._definition(origin, whole.name) or self._definition(index, whole.name, exchange)
        return ToolLink(
            call_id=whole.call_id,
            name=whole.name,
            here=here,
            call=call.place if call else None,
            result=place,
            definition=definition,
            tool_span_id=None if tool is None else self._id(tool),
            inferred=tool_inferred or use.by_order or (use.call_id is None and (found or tool) is not None),
            problems=tuple(
                self._problems(origin, call, place, tool, definition, by_id=use.call_id is not None)
            ),
        )

    def _origin(self, index: int, use: Use) -> tuple[int, Use] | None:
        """Where the model asked for what a message of another span repeats: the closest, and the latest of these before."""
        candidates = [
            (other, made)
            for key in _keys(use)[:1]
            for other, made in self._made.get(key, ())
            if use.call is None or made.call is None or use.call.arguments == made.call.arguments
        ]
        begun = self._family.start(index)
        before = [each for each in candidates if self._family.start(each[0]) <= begun] or candidates
        return max(before, key=lambda each: self._nearness(index, each[0]), default=None)

    def _nearness(self, index: int, other: int) -> tuple[int, bool, int]:
        family = self._family
        return -family.distance(index, other), not family.wraps[other], family.start(other)

    def _tool_span(self, origin: int, use: Use) -> tuple[int | None, bool]:
        """The span of the tool that ran for a call, and whether that was inferred."""
        if use.call_id and use.call_id in self._ran:
            return self._after(origin, self._ran[use.call_id]), False
        if use.call is None:
            return None, False
        spans = self._ran.get((use.call.name, use.call.arguments))
        if (
            not spans
        ):  # most calls have an id; to compare each with all others takes seconds if there are thousands
            return None, False
        # Equal calls have one span each, in the same order.
        alike = (
            [each for each in self._exchanges[origin].uses if _same_call(each.call, use.call)]
            if origin in self._exchanges
            else []
        )
        position = next((at for at, each in enumerate(alike) if each.call is use.call), 0)
        later = sorted(self._since(origin, spans), key=lambda each: self._family.distance(origin, each))
        return (later[min(position, len(later) - 1)], True) if later else (None, False)

    def _result(self, origin: int, use: Use) -> Mention | None:
        """Where the result was first given to the model."""
        family = self._family
        begun = family.start(origin)
        for key in _keys(use):
            found = [
                (at, each)
                for at, each in self._given_back.get(key, ())
                if family.start(at) >= begun and _may_be(at, each, origin, use.call)
            ]
            if not found:
                continue
            first = min(
                {at for at, _ in found},
                key=lambda at: (family.distance(origin, at), family.start(at), family.wraps[at]),
            )
            # If an input has several with this id, the others are from earlier turns, and the last is the new one.
            return [each.result for at, each in found if at == first][-1]
        return None

    def _since(self, origin: int, spans: Iterable[int]) -> Sequence[int]:
        begun = self._family.start(origin)
        return [index for index in spans if self._family.start(index) >= begun]

    def _after(self, origin: int, spans: Sequence[int]) -> int | None:
        family = self._family
        later = self._since(origin, spans) or spans
        return min(later, key=lambda each: (family.distance(origin, each), family.start(each)), default=None)

    # --- from the span of a tool

    def _of_tool(self, index: int, tool: tuple[str, str | None, bytes], exchange: Exchange) -> ToolLink:
        name, call_id, arguments = tool
        key: Key = call_id if call_id and call_id in self._made else (name, arguments)
        made = self._made.get(key, ())
        begun = self._family.start(index)
        before = [each for each in made if self._family.start(each[0]) <= begun]
        of_mine = [each for each in before if self._tool_span(*each)[0] == index] or before
        found = max(of_mine, key=lambda each: self._nearness(index, each[0]), default=None)
        if found is None:
            return ToolLink(call_id, name, (), None, None, None, self._id(index), False, ())
        origin, use = found
        result = self._result(origin, use)
        definition = self._definition(origin, use.name or name)
        place = result.place if result else None
        call = use.call
        return ToolLink(
            call_id=call_id or use.call_id,
            name=use.name or name,
            here=(),
            call=call.place if call else None,
            result=place,
            definition=definition,
            tool_span_id=self._id(index),
            inferred=key != call_id,
            problems=tuple(self._problems(origin, call, place, index, definition)),
        )

    # --- definitions and problems

    def _definition(self, index: int, name: str | None, of: Exchange | None = None) -> DefinitionPlace | None:
        exchange = of or self._exchanges.get(index)
        for position, definition in enumerate(exchange.definitions if exchange else ()):
            if name is not None and definition.get("name") == name:
                return DefinitionPlace(self._id(index), position)
        return None

    def _problems(
        self,
        origin: int,
        call: Mention | None,
        result: Place | None,
        tool: int | None,
        defined: DefinitionPlace | None,
        by_id: bool = True,
    ) -> Iterator[str]:
        """What is wrong with a use of a tool. In a trace with one model call nothing counts as missing, since others may be
        in traces of their own; nor does the result of the last call, because agents often give their answer by a call."""
        if call is None:
            if self._is_whole and by_id and self._starts[0] < self._family.start(origin):
                yield "no call: nothing in this trace asked for it"
            return
        if call.server_side:
            return
        if result is None and tool is None:
            if self._was_asked_again(call, origin):
                yield "no result: the model was called again without one"
            elif self._is_whole and (self._failed or self._starts[-1] > self._family.start(origin)):
                yield "no result in this trace"
        source = self._family.index_of.get(defined.span_id) if defined else None
        offered = self._exchanges.get(origin)
        if defined is not None and source is not None and source in self._exchanges:
            definition = self._exchanges[source].definitions[defined.index]
            found = misfits(_decoded(call.arguments), definition.get("parameters"))
            if found:
                yield f"arguments do not match the schema: {'; '.join(found)}"
        elif offered is not None and offered.definitions and call.name:
            yield f"no tool named {call.name} was offered"

    def _was_asked_again(self, call: Mention, origin: int) -> bool:
        later = self._asked_again.get(call.call_id or (call.name, call.arguments), ())
        return any(index != origin for index in self._since(origin, later))

    def _id(self, index: int) -> str:
        return self._family.nodes[index].row.span_id


def _keys(use: Use) -> list[Key]:
    """The id, if there is one, and for a call its name and arguments: the best key first."""
    keys: list[Key] = [use.call_id] if use.call_id else []
    if use.call is not None:
        keys.append((use.call.name, use.call.arguments))
    return keys


def _may_be(at: int, found: Use, origin: int, call: Mention | None) -> bool:
    """Whether a use in the span `at` may hold the result of `call`, made by `origin`. Results in the caller's own input
    are from earlier turns, and a result for other arguments belongs to another call."""
    if at == origin and found.result is not None and found.result.place.side == "input":
        return call is None or call.place.side == "input"
    return call is None or found.call is None or found.call.arguments == call.arguments


def _same_call(one: Mention | None, other: Mention) -> bool:
    return one is not None and (one.name, one.arguments) == (other.name, other.arguments)


def _decoded(arguments: bytes) -> Any:
    return msgspec.json.decode(arguments)
