"""What parts are made of: a sent block as an object, and a canonical part as another."""

from __future__ import annotations

from typing import Any, TypeAlias

from llm_tracer_service.reading.redacted import is_redacted

Block: TypeAlias = dict[str, Any]


def part(kind: str, **fields: Any) -> Block:
    """A canonical part; fields without a value are left out."""
    return {"type": kind, **{name: value for name, value in fields.items() if value is not None}}


def text_part(content: Any) -> Block:
    """A text part; `redacted` marks one that stands for what the sender left out."""
    content = content if isinstance(content, str) else str(content)
    found: Block = {"type": "text", "content": content}
    if is_redacted(content):
        found["redacted"] = True
    return found


def first(block: Block, *names: str) -> Any:
    for name in names:
        value = block.get(name)
        if value is not None and value != "":
            return value
    return None
