"""Which format a JSON object is in, by its members: for files, and for a body that came the wrong way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from llm_tracer_service.malformed import MalformedBody

PATH_OF: Mapping[str, str] = {
    "resourceSpans": "/v1/traces", "resource_spans": "/v1/traces",
    "resourceLogs": "/v1/logs", "resource_logs": "/v1/logs",
    "resourceMetrics": "/v1/metrics", "resource_metrics": "/v1/metrics",
    "spans": "/api/spans", "trace_id": "/api/spans", "batch": "/api/public/ingestion",
}  # fmt: skip
"""Where an object belongs that has this member."""

_NAMES_MAX = 5

members_of = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
"""The members of a JSON object, unread."""


def check_members(
    object_: Mapping[str, object], expected: str, besides: Iterable[str] = (), where: str = ""
) -> None:
    """Raises MalformedBody for an object that has none of its members, but others: what they say would be lost. `besides`
    are its members that say nothing without the one that is expected; `where` is its place, "" for the body itself."""
    if expected in object_:
        return
    others = [name for name in object_ if name not in besides]
    if not others:
        return
    names = ", ".join(f"`{name[:60]}`" for name in others[:_NAMES_MAX])
    raise MalformedBody(
        f"Expected an object with `{expected}`, but this one has {names}", where or "$", hint_of(others)
    )


def hint_of(members: Iterable[str]) -> str:
    """Where a body with these members belongs; "" where they do not tell."""
    member = next((name for name in members if name in PATH_OF), "")
    match member:
        case "":
            return ""
        case "trace_id":
            return 'Send native spans to /api/spans: as {"spans": [...]}, or one per line with Content-Type application/x-ndjson.'
        case "spans":
            return "Send a batch of native spans to /api/spans, with Content-Type application/json."
        case _:
            return f"Send a body with `{member}` to {PATH_OF[member]}."
