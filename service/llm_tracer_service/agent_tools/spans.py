"""One span, with its input and output."""

from __future__ import annotations

from llm_tracer_service.agent_tools.text import CHARS_MAX, Ask, piece
from llm_tracer_service.span_text import head_of, said_in
from llm_tracer_service.steering import STEERING

_LONG_CHARS = 3_000
"""Longer texts lose their middle at first: every call of a conversation repeats all of its past, and the beginning and the
end of a text say most."""


def read_span(ask: Ask, trace_id: str, span_id: str, offset: int = 0, whole: bool = False) -> str:
    """A span as text. Long texts lose their middle, unless `whole`, which shows everything from `offset` on."""
    span = ask(f"/api/traces/{trace_id}/spans/{span_id}")
    head = "\n".join(STEERING.sub(" ", line) for line in head_of(span))
    said = [*said_in(span)]
    if whole:
        everything = "\n\n".join([head, *(f"{who}:\n{text}" for who, text in said)])
        return piece(
            everything, max(0, offset), "To continue: read_span with whole=true and offset={offset}."
        )
    return _shortened(head, said)


def _shortened(head: str, said: list[tuple[str, str]]) -> str:
    shown = [f"{who}:\n{_middle_left_out(text)}" for who, text in said]
    kept = shown
    while sum(map(len, kept)) + len(head) > CHARS_MAX and len(kept) > 2:
        kept = kept[:1] + kept[2:]  # the instructions stay, and the latest parts
    if len(kept) < len(shown):
        kept.insert(1, f"… {len(shown) - len(kept):,} earlier parts left out: whole=true shows them.")
    return "\n\n".join([head, *kept])


def _middle_left_out(text: str) -> str:
    if len(text) <= _LONG_CHARS:
        return text
    half = _LONG_CHARS // 2
    return f"{text[:half]}\n… {len(text) - _LONG_CHARS:,} characters left out: whole=true shows them …\n{text[-half:]}"
