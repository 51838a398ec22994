"""Things in a trace that a person should look at."""

from __future__ import annotations

from starlette.responses import Response

from llm_tracer_service.api import answers
from llm_tracer_service.api.lookup import found_trace, steps_of
from llm_tracer_service.api.operation import Call, Operation
from llm_tracer_service.api.responses import json_response
from llm_tracer_service.hints import hints_of, unchecked_of


def _hints(call: Call) -> Response:
    steps = steps_of(call, found_trace(call))
    answer = answers.Hints(tuple(hints_of(steps)), steps.complete, tuple(unchecked_of(steps)))
    return json_response(answer, call.headers)


OPERATIONS = [
    Operation(
        "GET",
        "/api/traces/{trace_id}/hints",
        _hints,
        "Hints about a trace",
        "What costs money or goes wrong, found without asking a model: a tool called again for the same result, retries, a "
        "context near the window, a prompt cache that could not be read, a tool error that was ignored, answers cut at "
        "their limit or that do not fit their schema, arguments that a tool does not take, another model than the one asked for, a hand-off that loses what "
        "the user said. Each has its evidence; a clean trace has none.",
        answer=answers.Hints,
        refusals=(404, 503),
    ),
]
