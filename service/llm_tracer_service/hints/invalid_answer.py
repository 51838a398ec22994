"""An answer does not fit the JSON schema that the call asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from llm_tracer.model.reading import CUT_SHORT
from llm_tracer.model.text import counted

from llm_tracer_service.conversation.schema_check import misfits
from llm_tracer_service.hints.steps import Hint, Step, Steps, ids

_DIRECT = ("structured_output_schema", "response_schema", "response_json_schema", "format")
_FENCED = re.compile(r"\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*", re.DOTALL | re.IGNORECASE)


def hints(steps: Steps) -> Iterator[Hint]:
    """One for all such answers. Answers that were cut off have a hint of their own; those that call a tool, refuse or were not
    sent as text are not checked, and a block of code around the JSON is none of its faults."""
    found = [(step, problems) for step in steps.calls if (problems := _problems(steps, step))]
    if not found:
        return
    problems = list(dict.fromkeys(problem for _, each in found for problem in each))
    yield Hint(
        "invalid_answer",
        "An answer does not fit its schema" if len(found) == 1 else f"{len(found):,} answers do not fit their schema",
        f"{'; '.join(problems[:5])} ({counted(len(found), 'call')}). The call asked for JSON of this schema.",
        ids([step for step, _ in found]),
        {"calls": len(found), "problems": problems},
    )  # fmt: skip


def _problems(steps: Steps, step: Step) -> list[str]:
    reading = step.row.reading
    if reading.status == "error" or not CUT_SHORT.isdisjoint(reading.finish_reasons):
        return []
    content = steps.content(step)
    schema = _schema_of(content.params)
    if schema is None:
        return []
    parts = [part for message in content.output_messages[-1:] for part in message.parts]
    said = [part.get("content") for part in parts if part.get("type") == "text"]
    if any(part.get("type") in ("tool_call", "refusal") for part in parts) or len(said) != 1:
        return []
    return _misfits(said[0], schema)


def _misfits(said: Any, schema: Mapping[str, Any]) -> list[str]:
    if not isinstance(said, str) or not said.strip():
        return []
    fenced = _FENCED.fullmatch(said)
    try:
        value = json.loads(fenced[1] if fenced else said)
    except json.JSONDecodeError as error:
        return [f"not JSON, from character {error.pos + 1:,} on"]
    except RecursionError:
        return []
    return misfits(value, schema)


def _schema_of(params: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The schema among the parameters of a call, as OpenAI's two APIs, Gemini, Ollama and OpenLLMetry send it."""
    text = _decoded(params.get("text"))
    for asked in (
        _decoded(params.get("response_format")),
        text.get("format") if isinstance(text, Mapping) else None,
    ):
        if isinstance(asked, Mapping) and asked.get("type") == "json_schema":
            inner = asked.get("json_schema")
            schema = (inner if isinstance(inner, Mapping) else asked).get("schema")
            return schema if isinstance(schema, Mapping) else None
    direct = (_decoded(params.get(name)) for name in _DIRECT)
    return next(
        (each for each in direct if isinstance(each, Mapping) and ("type" in each or "$ref" in each)), None
    )


def _decoded(value: Any) -> Any:
    """What a text of JSON holds; of other texts and values, themselves."""
    if not isinstance(value, str) or not value.lstrip().startswith("{"):
        return value
    try:
        return json.loads(value)
    except (json.JSONDecodeError, RecursionError):
        return value
