"""The members of a record as attributes, named and written as Langfuse's OpenTelemetry exporter does: texts as they are,
everything else as JSON. What it has no name for keeps its own below the same prefix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from llm_tracer.model.span import Value

from llm_tracer_service.json_values import encode_json

_OBSERVATION = "langfuse.observation."
_TRACE = "langfuse.trace."

_SHARED = {
    "environment": "langfuse.environment",
    "release": "langfuse.release",
    "version": "langfuse.version",
}
_NAMES_OF_OBSERVATION: Mapping[str, str] = {
    **_SHARED,
    "statusMessage": "langfuse.observation.status_message",
    "model": "langfuse.observation.model.name",
    "modelParameters": "langfuse.observation.model.parameters",
    "usageDetails": "langfuse.observation.usage_details",
    "costDetails": "langfuse.observation.cost_details",
    "promptName": "langfuse.observation.prompt.name",
    "promptVersion": "langfuse.observation.prompt.version",
}
_NAMES_OF_TRACE: Mapping[str, str] = {
    **_SHARED,
    "userId": "user.id",
    "sessionId": "session.id",
    "level": "langfuse.observation.level",
    "status_message": "langfuse.observation.status_message",
}
"""`level` and `status_message` come from the decorator of the Python SDK, whose outermost function is the trace."""

_ELSEWHERE_OF_OBSERVATION = frozenset(
    {"id", "traceId", "parentObservationId", "name", "startTime", "endTime", "type", "metadata"}
)
_ELSEWHERE_OF_TRACE = frozenset({"id", "timestamp", "start_time", "end_time", "metadata"})

_TOKENS = {
    "input": "input", "output": "output", "total": "total",
    "promptTokens": "input", "completionTokens": "output", "totalTokens": "total",
}  # fmt: skip
_COSTS = {"inputCost": "input", "outputCost": "output", "totalCost": "total"}
_NAMES_IN_USAGE = frozenset({*_TOKENS, *_COSTS})


def of_observation(body: Mapping[str, Any]) -> dict[str, Value]:
    """The attributes of an observation."""
    attributes = dict(_named(body, _NAMES_OF_OBSERVATION, _OBSERVATION, _ELSEWHERE_OF_OBSERVATION))
    if isinstance(started := body.get("completionStartTime"), str):
        attributes.pop(f"{_OBSERVATION}completionStartTime", None)
        attributes[f"{_OBSERVATION}completion_start_time"] = _json(started)
    usage = body.get("usage")
    if isinstance(usage, dict):
        told = {name: details for name, details in _of_usage(usage).items() if details}
        is_all = sum(map(len, told.values())) + ("unit" in usage) == len(usage)
        if is_all and all(body.get(name) in (None, {}, details) for name, details in told.items()):
            del attributes[f"{_OBSERVATION}usage"]
        for name, details in told.items():
            if not body.get(name):
                attributes[_NAMES_OF_OBSERVATION[name]] = _json(details)
    return attributes


def of_trace(body: Mapping[str, Any]) -> dict[str, Value]:
    """The attributes of the record of a trace. No tags say nothing: SDKs send them so with every change."""
    if body.get("tags") == []:
        body = {name: value for name, value in body.items() if name != "tags"}
    return dict(_named(body, _NAMES_OF_TRACE, _TRACE, _ELSEWHERE_OF_TRACE))


def _named(
    body: Mapping[str, Any], names: Mapping[str, str], prefix: str, elsewhere: frozenset[str]
) -> Iterator[tuple[str, Value]]:
    for member, value in body.items():
        if value is not None and member not in elsewhere:
            yield names.get(member, f"{prefix}{member}"), _written(value)
    match body.get("metadata"):
        case None:
            return
        case dict() as metadata:
            for key, value in metadata.items():
                if value is not None:
                    yield f"{prefix}metadata.{key}", _written(value)
        case other:
            yield f"{prefix}metadata", _written(other)


def _of_usage(usage: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What SDKs told in one object before they told tokens and costs apart. Characters and seconds are no tokens."""
    costs = _renamed(usage, _COSTS)
    if usage.get("unit") not in (None, "TOKENS"):
        return {"costDetails": costs}
    others = {
        name: count for name, count in usage.items() if type(count) is int and name not in _NAMES_IN_USAGE
    }
    return {"usageDetails": {**_renamed(usage, _TOKENS), **others}, "costDetails": costs}


def _renamed(sent: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {name: sent[member] for member, name in names.items() if sent.get(member) is not None}


def _written(value: Any) -> Value:
    return value if isinstance(value, str | bool | int | float) else _json(value)


def _json(value: Any) -> str:
    return encode_json(value).decode()
