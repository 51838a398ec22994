"""Members of records, whose types no document promises: what is not as expected is as good as not there."""

from __future__ import annotations

from typing import Any, TypeGuard

import msgspec

from llm_tracer_service.json_values import encode_json

_MILLISECONDS_MAX = 1e8


def own_name(field: str) -> str:
    """The name of a field of ours in a record, which no log has."""
    return f"({field}, ours)"


def members_of(value: Any) -> dict[str, Any]:
    """The members of an object; none of anything else."""
    return value if isinstance(value, dict) else {}


def members_in(text: str) -> dict[str, Any]:
    """The members of the object of which a text is the JSON; none of any other text."""
    try:
        return members_of(msgspec.json.decode(text)) if text.lstrip().startswith("{") else {}
    except (msgspec.DecodeError, RecursionError):
        return {}


def type_of(block: Any) -> Any:
    """The `type` of a content block."""
    return members_of(block).get("type")


def name_of(value: Any) -> str | None:
    """A text that says something."""
    return value if isinstance(value, str) and value else None


def count_of(figures: dict[str, Any], name: str) -> int:
    """A count; 0 where there is none."""
    count = figures.get(name)
    return count if isinstance(count, int) and 0 <= count < 2**53 else 0


def nanoseconds(milliseconds: Any) -> int:
    """A duration; 0 where there is none."""
    return int(milliseconds * 1e6) if _is_duration(milliseconds) else 0


def moment_of(milliseconds: Any) -> int:
    """A time in milliseconds since 1970, in nanoseconds; 0 where there is none."""
    is_time = isinstance(milliseconds, int) and 0 < milliseconds < 2**63 // 10**6
    return milliseconds * 10**6 if is_time else 0


def _is_duration(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and 0 <= value < _MILLISECONDS_MAX


def text_of(value: Any) -> str:
    """Any value as a text: content blocks that are texts as those, others as JSON."""
    if (
        isinstance(value, list)
        and value
        and all(isinstance(members_of(block).get("text"), str) for block in value)
    ):
        return "\n".join(block["text"] for block in value)
    return value if isinstance(value, str) else encode_json(value).decode()
