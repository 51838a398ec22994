"""The demo as requests to the Tracer API: recorded times are moved to now, ids are replaced. Only reads its files."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

ENDED_AGO_NS = 60 * 1_000_000_000
"""How long ago the newest trace seems to have ended when it is sent."""

_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"

_CONVENTIONS = {
    "langfuse": "Langfuse",
    "llm-tracer": "LLM Tracer SDK",
    "mlflow": "MLflow",
    "openinference": "OpenInference",
    "openllmetry": "OpenLLMetry",
    "opentelemetry-genai": "OpenTelemetry GenAI",
    "vercel-ai-sdk": "Vercel AI SDK",
}
# Ids that runs must not share: a second demo brings new conversations, not more turns of the first ones.
_ID_ATTRIBUTES = frozenset(
    {
        "ai.response.id",
        "ai.telemetry.metadata.sessionId",
        "gen_ai.conversation.id",
        "gen_ai.response.id",
        "mlflow.trace.session",
        "mlflow.traceRequestId",
        "session.id",
        "traceloop.association.properties.session_id",
    }
)
_TIME_ATTRIBUTES = frozenset({"langfuse.observation.completion_start_time"})
_ID_KEYS = frozenset({"traceId", "spanId", "parentSpanId", "trace_id", "span_id", "parent_span_id"})
_TIME_KEYS = frozenset(
    {
        "startTimeUnixNano", "endTimeUnixNano", "timeUnixNano",
        "start_time_unix_nano", "end_time_unix_nano", "time_unix_nano",
    }
)  # fmt: skip
_TAIL = re.compile(r"[0-9A-Za-z]+(?=\"?$)")


class DemoRequest(NamedTuple):
    """One request to post. `convention` names the convention of its spans, which belong to so many `traces`: no two requests
    have one in common."""

    path: str
    content_type: str
    body: bytes
    convention: str
    traces: int


def requests(now_unix_nano: int, run: int | None = None) -> Iterator[DemoRequest]:
    """The demo as if it had just happened: the newest trace ended a minute ago, the others in the hours before.

    The same `now_unix_nano` and `run` give the same bytes. Another `run` has other trace, span, session and response ids,
    so that it adds to what an earlier one sent. None: a random run.
    """
    run = secrets.randbits(64) if run is None else run
    documents = _documents()
    shift = now_unix_nano - ENDED_AGO_NS - max(_times(documents))
    for name, document in documents:
        is_native = name.endswith(".native")
        yield DemoRequest(
            path="/api/spans" if is_native else "/v1/traces",
            content_type="application/json",
            body=json.dumps(_moved(document, shift, run), ensure_ascii=False).encode(),
            convention=_convention_of(name),
            traces=len(set(_trace_ids(document))),
        )


def _convention_of(name: str) -> str:
    (prefix,) = (prefix for prefix in _CONVENTIONS if re.match(rf"{re.escape(prefix)}(?![a-z])", name))
    return _CONVENTIONS[prefix]


@cache
def _documents() -> tuple[tuple[str, Any], ...]:
    folder = resources.files(__package__).joinpath("traces")
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".json")), key=lambda file: file.name
    )
    return tuple(
        (file.name.removesuffix(".json"), json.loads(file.read_text(encoding="utf-8"))) for file in files
    )


def _times(value: Any) -> Iterator[int]:
    """All times in a document."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in _TIME_KEYS:
                yield int(item)
            else:
                yield from _times(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _times(item)


def _trace_ids(value: Any) -> Iterator[str]:
    """The trace ids of all spans in a document."""
    if isinstance(value, dict):
        yield from (value[key] for key in ("traceId", "trace_id") if key in value)
        value = value.values()
    elif not isinstance(value, list):
        return
    for item in value:
        yield from _trace_ids(item)


def _moved(value: Any, shift: int, run: int) -> Any:
    """A copy with its times shifted and its ids replaced; content is unchanged."""
    if isinstance(value, list):
        return [_moved(item, shift, run) for item in value]
    if not isinstance(value, dict):
        return value
    moved: dict[str, Any] = {}
    for key, item in value.items():
        if key in _TIME_KEYS:
            moved[key] = item + shift if isinstance(item, int) else str(int(item) + shift)
        elif key in _ID_KEYS:
            moved[key] = _fresh_hex(item, run)
        elif key == "attributes" and isinstance(item, dict):
            moved[key] = {name: _moved_attribute(name, text, shift, run) for name, text in item.items()}
        elif key == "attributes":
            moved[key] = [_moved_key_value(pair, shift, run) for pair in item]
        else:
            moved[key] = _moved(item, shift, run)
    return moved


def _moved_key_value(pair: dict[str, Any], shift: int, run: int) -> dict[str, Any]:
    text = pair["value"].get("stringValue")
    if text is None:
        return pair
    return {"key": pair["key"], "value": {"stringValue": _moved_attribute(pair["key"], text, shift, run)}}


def _moved_attribute(key: str, value: Any, shift: int, run: int) -> Any:
    if key in _ID_ATTRIBUTES:
        return _TAIL.sub(lambda tail: _fresh(tail[0], run, _fresh_letters), value)
    if key in _TIME_ATTRIBUTES:
        moment = datetime.fromisoformat(json.loads(value)).timestamp() + shift / 1e9
        return json.dumps(f"{datetime.fromtimestamp(moment, tz=UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z")
    return value


def _fresh_hex(recorded: str, run: int) -> str:
    return _fresh(recorded, run, lambda digest, length: digest.hex()[:length])


def _fresh_letters(digest: bytes, length: int) -> str:
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest)[:length]


def _fresh(recorded: str, run: int, spell: Callable[[bytes, int], str]) -> str:
    """An id of the same length, always the same for a recorded id and a run."""
    digest = hashlib.blake2b(f"{run}:{recorded}".encode(), digest_size=32).digest()
    return spell(digest, len(recorded))
