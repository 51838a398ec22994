"""What the answer about a span says of its place in the trace: totals below it, tool links, what is new in it, notes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from llm_tracer.model.reading import Content, Reading
from llm_tracer.model.trace import Trace

from llm_tracer_service.conversation.delta import Delta
from llm_tracer_service.conversation.index import Links, TraceIndex
from llm_tracer_service.conversation.tool_links import ToolLink
from llm_tracer_service.notes import Note
from llm_tracer_service.reading.messages.labelled import ONLY_NEW_KEYS
from llm_tracer_service.rollup import Subtree, notes_of, subtree_of

PLAIN_TIERS = frozenset(("auto", "default", "standard", "on_demand", "on-demand"))
"""The service tiers to which list prices apply."""

_USAGE_FLAGS = {
    "input_made_inclusive": "The reported input tokens did not include the cached ones; they were added.",
    "output_made_inclusive": "The reported output tokens did not include the reasoning tokens; they were added.",
    "reasoning_counted_twice": "The reported output tokens included the reasoning tokens twice; here they count once.",
    "last_step": "These are the tokens of the last step only; the agent above has those of all steps.",
    "all_steps": "These are the tokens of all steps; the calls below have only those of their last step.",
    "zeros_unknown": "The sender reported 0 tokens for a call that has an answer, so its usage is unknown.",
    "total_mismatch": "The reported total is not the sum of input and output; both are shown.",
}


@dataclass(frozen=True, slots=True)
class SpanContext:
    """A span whose trace was deleted meanwhile has no links, no delta and no subtree."""

    tool_links: tuple[ToolLink, ...] = ()
    delta: Delta | None = None
    subtree: Subtree | None = None
    notes: tuple[Note, ...] = ()


def context_of(index: TraceIndex | None, span_id: str, reading: Reading, content: Content) -> SpanContext:
    """The context of a span with this reading and content."""
    own = list(_own_notes(reading, content))
    place = None if index is None else index.family.index_of.get(span_id)
    if index is None or place is None:
        return SpanContext(notes=tuple(own))
    subtree = subtree_of(index.trace, place)
    links = index.links(span_id, content)
    return SpanContext(
        links.tools,
        index.delta(span_id, content),
        subtree,
        (*own, *_notes(index.trace, place, subtree, links)),
    )


def _notes(trace: Trace, place: int, subtree: Subtree, links: Links) -> Iterator[Note]:
    yield from notes_of(trace, place, subtree)
    if links.left_out:
        yield Note(
            "links_left_out",
            f"This trace is large: {links.left_out:,} model and tool spans far from this one in time were not searched for tool links.",
        )


def _own_notes(reading: Reading, content: Content) -> Iterator[Note]:
    if content.provenance.get("input_messages") in ONLY_NEW_KEYS:
        yield Note(
            "reading", "Its input is only what was new since the previous call; the rest was not sent."
        )
    for text in content.ingest_notes:
        yield Note("reading", text)
    for flag in reading.usage_flags:
        yield Note("usage", _USAGE_FLAGS.get(flag, flag))
    tier = content.service_tier
    cost = reading.cost
    if tier and cost is not None and cost.source != "sender" and tier.lower() not in PLAIN_TIERS:
        yield Note(
            "tier_not_priced", f"The cost is that of the standard tier, but this call ran in tier {tier!r}."
        )
