"""What a provider's whole answer says about the call, for senders that pass on the answer but not its facts."""

from __future__ import annotations

from typing import Any

from llm_tracer_service.reading.tokens import fresh_input_of, usage_of_object
from llm_tracer_service.reading.values import parsed, text

_MODELS = ("model", "model_name", "modelVersion", "model_version", "modelId")
_INNER = (
    "raw",
    "generation_info",
    "response",
    "response_metadata",
    "llm_output",
    "kwargs",
    "data",
    "message",
    "raw_response",
    "meta",
    "generations",
    "messages",
    "replies",
    "custom",
    "additional_kwargs",
)
_USAGES = (
    "usage",
    "usage_metadata",
    "usageMetadata",
    "token_usage",
    "response_metadata",
    "tokens",
    "billed_units",
)
"""The last two are Cohere's: what it billed may be less than what the model was given."""
_IDS = ("id", "responseId", "response_id")
_REASONS = ("finish_reason", "finishReason", "stop_reason", "stopReason", "done_reason")
_ALTERNATIVES = ("choices", "candidates")
_TELLING = frozenset((*_MODELS, *_INNER, *_USAGES, *_IDS, *_REASONS, *_ALTERNATIVES, "prompt_eval_count"))
"""An object with none of these names says nothing about the call."""

_DEPTH_MAX = 8
"""LangChain's result is a list of lists of generations, each with a message that holds its metadata: seven steps."""


def facts_of_body(body: Any) -> dict[str, Any]:
    """`response_model`, `response_id`, `finish_reasons`, `usage` (canonical names to counts) and `usage_input_fresh`, as far
    as the body has them.

    Bodies: OpenAI's Chat and Responses, Anthropic, Gemini, Bedrock, Cohere, Ollama; and those of LangChain, Genkit and
    Haystack that wrap them.
    """
    found: dict[str, Any] = {}
    _read(parsed(body), found, 0)
    return found


def _read(body: Any, found: dict[str, Any], depth: int) -> None:
    if isinstance(body, list):
        if body and depth < _DEPTH_MAX:
            _read(parsed(body[-1]), found, depth + 1)
        return
    if not isinstance(body, dict) or _TELLING.isdisjoint(body):
        return
    for name in _MODELS:
        if "response_model" not in found and (model := text(body.get(name))) is not None:
            found["response_model"] = model
    identity = body.get("id") or body.get("responseId") or body.get("response_id")
    if (
        isinstance(identity, str)
        and "response_id" not in found
        and ("choices" in body or "output" in body or "usage" in body)
    ):
        found["response_id"] = identity
    if "finish_reasons" not in found and (reasons := _finish_reasons(body)):
        found["finish_reasons"] = reasons
    for name in _USAGES:
        usage = body.get(name)
        if isinstance(usage, dict):
            for field, count in usage_of_object(usage, of_provider=True).items():
                found.setdefault("usage", {}).setdefault(field, count)
            if "usage_input_fresh" not in found and (fresh := fresh_input_of(usage)) is not None:
                found["usage_input_fresh"] = fresh
    if "prompt_eval_count" in body:
        found.setdefault("usage", usage_of_object(body))
    if depth < _DEPTH_MAX:
        for name in _INNER:
            if name in body:
                _read(body[name], found, depth + 1)


def _finish_reasons(body: dict[str, Any]) -> list[str]:
    """Why the answer, or each of its alternatives, ended."""
    places = [body, *(of for name in _ALTERNATIVES if isinstance(body.get(name), list) for of in body[name])]
    found = [of.get(name) for of in places if isinstance(of, dict) for name in _REASONS]
    incomplete = body.get("incomplete_details")
    if isinstance(incomplete, dict):
        # OpenAI's Responses say why only if the answer was cut short.
        found.append(incomplete.get("reason"))
    return [reason for reason in found if isinstance(reason, str) and reason]
