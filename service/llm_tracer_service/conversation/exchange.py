"""What is kept of a span to link it with others: who called which tool, where, and fingerprints of what was said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from llm_tracer.model.reading import Content, Message

from llm_tracer_service.conversation.delta import Said
from llm_tracer_service.conversation.fingerprints import canonical, fingerprint_of_system, fingerprints

Side: TypeAlias = Literal["input", "output"]


@dataclass(frozen=True, slots=True)
class Place:
    """A part of a message of a span: part number `part` of message number `message` in its `input_messages` or
    `output_messages`, both counted from 0."""

    span_id: str
    side: Side
    message: int
    part: int


@dataclass(frozen=True, slots=True)
class Mention:
    """A tool call or a tool result in a message. `arguments`, for a call, are canonical JSON."""

    place: Place
    is_call: bool
    call_id: str | None
    name: str | None
    arguments: bytes = b""
    server_side: bool = False


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a tool that a span mentions: the call, its result, or both, paired by id or by order.

    `by_order`: there was no id, so call and result were paired by name and order.
    """

    call: Mention | None
    result: Mention | None
    by_order: bool = False

    @property
    def call_id(self) -> str | None:
        """The id, from whichever of the two has it."""
        return next((one.call_id for one in (self.call, self.result) if one and one.call_id), None)

    @property
    def name(self) -> str | None:
        """The name of the tool; results often lack it."""
        return next((one.name for one in (self.call, self.result) if one and one.name), None)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A model call or a use of a tool, without its texts. `tool` is (name, call id, canonical arguments) for the span of a
    tool."""

    said: Said
    uses: tuple[Use, ...] = ()
    definitions: tuple[Mapping[str, Any], ...] = ()
    tool: tuple[str, str | None, bytes] | None = None

    @property
    def size(self) -> int:
        """Roughly how much was read, in messages."""
        return 1 + len(self.said.given) + len(self.said.answered)


def exchange_of(span_id: str, kind: str, content: Content) -> Exchange:
    """What a span with this content said and did."""
    given, answered = fingerprints(content)
    tool = content.tool if kind == "tool" else None
    return Exchange(
        Said(span_id, fingerprint_of_system(content.system), given, answered),
        uses=() if tool is not None else tuple(_uses(span_id, content)),
        definitions=tuple(content.tool_definitions),
        tool=None if tool is None else (str(tool["name"]), tool["call_id"], canonical(tool["arguments"])),
    )


def _uses(span_id: str, content: Content) -> list[Use]:
    """The uses of tools, in the order in which they are first mentioned.

    A result belongs to the latest earlier call with its id that has no result yet (local models use the same ids in every
    turn). Without an id it belongs to the first call of its name that waits for one.
    """
    uses: list[Use] = []
    waiting: dict[str | None, list[int]] = {}  # by call id: the calls that wait for a result
    for mention in (
        *_mentions(span_id, "input", content.input_messages),
        *_mentions(span_id, "output", content.output_messages),
    ):
        if mention.is_call:
            waiting.setdefault(mention.call_id, []).append(len(uses))
            uses.append(Use(mention, None))
            continue
        at = waiting[mention.call_id][-1] if mention.call_id and waiting.get(mention.call_id) else None
        by_order = at is None and mention.call_id is None
        if by_order:
            at = _first_that_fits(mention, uses, waiting)
        if at is None:
            uses.append(Use(None, mention))
        else:
            call = uses[at].call
            uses[at] = Use(call, mention, by_order)
            waiting[call.call_id if call else None].remove(at)
    return uses


def _first_that_fits(
    result: Mention, uses: Sequence[Use], waiting: Mapping[str | None, Sequence[int]]
) -> int | None:
    """The first waiting call for a result without an id: one that has no id either, otherwise any."""
    others = sorted(index for call_id, indexes in waiting.items() if call_id for index in indexes)
    for index in (*waiting.get(None, ()), *others):
        call = uses[index].call
        if call is not None and result.name in (None, call.name):
            return index
    return None


def _mentions(span_id: str, side: Side, messages: Sequence[Message]) -> Iterator[Mention]:
    for number, message in enumerate(messages):
        for index, part in enumerate(message.parts):
            type_ = part.get("type")
            if type_ not in ("tool_call", "tool_result"):
                continue
            place = Place(span_id, side, number, index)
            call_id, name = _text(part.get("id")), _text(part.get("name"))
            if type_ == "tool_call":
                arguments = canonical(part.get("arguments"))
                yield Mention(place, True, call_id, name, arguments, bool(part.get("server_side")))
            else:
                yield Mention(place, False, call_id, name or _text(message.name))


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
