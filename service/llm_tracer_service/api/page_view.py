"""The contents of the embedded pages, prepared for their templates. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec
from llm_tracer.model.failures import failure_text
from llm_tracer.model.trace import Node, TraceSummary

from llm_tracer_service.api.answers import SpanDetail
from llm_tracer_service.exporting.drawn import drawn
from llm_tracer_service.json_values import encode_json, json_value

_Item = TypeVar("_Item")

SHOWN_CHARS_MAX = 100_000
"""Longer values are shown in part, with a note; the API returns all of them."""

ITEMS_MAX = 500
"""So many attributes and events are shown, with a note, too: half a million took 11 s and 25 MB."""


@dataclass(frozen=True, slots=True)
class TreeRow:
    """A span in the tree of the page. `bar_start` and `bar_width` are percentages of the trace's duration."""

    node: Node
    state: str
    indent: int
    bar_start: float
    bar_width: float
    selected: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A value as text; `left_out` counts the characters that are not shown."""

    text: str
    left_out: int = 0


def tree_rows(
    nodes: Sequence[Node], span: tuple[int, int], selected_span_id: str, open_state: str
) -> list[TreeRow]:
    """The rows of a part of a tree; `span` is when the trace began, and when it ended or was last heard of."""
    return [
        TreeRow(
            node,
            open_state if node.row.end_time_unix_nano is None else "closed",
            *drawn(node, *span),
            node.row.span_id == selected_span_id,
        )
        for node in nodes
    ]


def extent(summary: TraceSummary, nodes: Sequence[Node]) -> tuple[int, int]:
    """When the first span of a trace began and the last one ended; a running span lasts until the latest arrival."""
    begin = min(node.row.start_time_unix_nano for node in nodes)
    ends = [node.row.end_time_unix_nano for node in nodes if node.row.end_time_unix_nano is not None]
    if any(node.row.end_time_unix_nano is None for node in nodes):
        ends.append(summary.last_received_unix_nano)
    return begin, max([begin, *ends])


def shown(value: Any) -> Shown:
    """A text as it is, anything else as JSON."""
    text = value if isinstance(value, str) else _pretty(value)
    return Shown(text[:SHOWN_CHARS_MAX], max(0, len(text) - SHOWN_CHARS_MAX))


def first_of(items: Iterable[_Item]) -> Iterator[_Item]:
    """Those that are shown of attributes or events."""
    return islice(items, ITEMS_MAX)


def failure(span: SpanDetail) -> str:
    """Why a span failed, or else what its sender said of its status."""
    of_error = "" if span.error is None else failure_text(span.error.type, span.error.message)
    return of_error or span.status_message or "failed"


def told(of: Mapping[str, Any]) -> dict[str, Any]:
    """What was said of a thing, without what was not."""
    return {name: value for name, value in of.items() if value is not None}


def _pretty(value: Any) -> str:
    return msgspec.json.format(encode_json(json_value(value)), indent=2).decode()


def part_body(part: Mapping[str, Any]) -> Shown:
    """The content of a part of a message, whatever its type: its text if it has one, or else all of it."""
    for name in ("content", "arguments", "transcript"):
        if part.get(name) not in (None, ""):
            return shown(part[name])
    return shown({name: value for name, value in part.items() if name != "type"})


def ago(seconds: float) -> str:
    """`now`, `5 s ago`, `3 min ago`, `2 h ago`, `4 d ago`."""
    for limit, unit, name in ((60, 1, "s"), (3600, 60, "min"), (86_400, 3600, "h")):
        if seconds < limit:
            return "now" if seconds < 1 else f"{int(seconds / unit)} {name} ago"
    return f"{int(seconds / 86_400)} d ago"


def link(path: str, **values: str | int | None) -> str:
    """A path with the query parameters that have a value."""
    given = {name.rstrip("_"): value for name, value in values.items() if value not in (None, "")}
    return f"{path}?{urlencode(given)}" if given else path
