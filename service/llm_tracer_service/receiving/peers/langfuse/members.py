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

_TOKENS = {"input": "input", "output": "output", "total": "total"}
_TOKENS_OF_OPENAI = {"promptTokens": "input", "completionTokens": "output", "totalTokens": "total"}
_COSTS = {"inputCost": "input", "outputCost": "output", "totalCost": "total"}


def of_observation(body: Mapping[str, Any]) -> dict[str, Value]:
    """The attributes of an observation."""
    attributes = dict(_named(body, _NAMES_OF_OBSERVATION, _OBSERVATION, _ELSEWHERE_OF_OBSERVATION))
    if isinstance(started := body.get("completionStartTime"), str):
        attributes.pop(f"{_OBSERVATION}completionStartTime", None)
        attributes[f"{_OBSERVATION}completion_start_time"] = _json(started)
    usage = body.get("usage")
    if isinstance(usage, dict):
        for name, details in _of_usage(usage):
            if details and not body.get(name):
                attributes[_NAMES_OF_OBSERVATION[name]] = _json(details)
    return attributes


def of_trace(body: Mapping[str, Any]) -> dict[str, Value]:
    """The attributes of the record of a trace."""
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


def _of_usage(usage: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What SDKs told in one object before they told tokens and costs apart. Characters and seconds are no tokens."""
    if usage.get("unit") in (None, "TOKENS"):
        others = {
            name: count
            for name, count in usage.items()
            if type(count) is int and name not in {*_TOKENS, *_TOKENS_OF_OPENAI, *_COSTS}
        }
        yield "usageDetails", {**_renamed(usage, _TOKENS), **_renamed(usage, _TOKENS_OF_OPENAI), **others}
    yield "costDetails", _renamed(usage, _COSTS)


def _renamed(sent: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {name: sent[member] for member, name in names.items() if sent.get(member) is not None}


def _written(value: Any) -> Value:
    return value if isinstance(value, str | bool | int | float) else _json(value)


def _json(value: Any) -> str:
    return encode_json(value).decode()
