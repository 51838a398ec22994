"""What the SDKs of other products ask for, and what is not served here: said plainly, where a bare "nothing at this path" would
have their users look for a wrong address."""

from __future__ import annotations

import re

from llm_tracer_service.errors import Problem

_LANGSMITH = re.compile(
    r"(/api/v[12])?/(v1/platform/)?(annotation-queues|commits|datasets|examples|feedback|feedback-configs|likes|public|repos|"
    r"runs|sessions|settings|workspaces)(/.*)?"
)

_OF_OTHERS = (
    (
        re.compile(r"/api/v1/private/.*"),
        "Of Opik's API, only the sending of traces, spans and scores is served here: no data sets, prompts or experiments.",
        "Read what was sent at GET /api/traces.",
    ),
    (
        re.compile(r"/api/public/.*"),
        "Of Langfuse's API, only the sending of events, scores and media is served here: no prompts or datasets.",
        "Ask Langfuse for them, or use a fallback. Read what was sent at GET /api/traces.",
    ),
    (
        _LANGSMITH,
        "Of LangSmith's API, only the sending of runs and feedback is served here: no projects, datasets, prompts or queues.",
        "Read what was sent at GET /api/traces. Feedback is changed by sending it again with its id.",
    ),
)
"""Paths, and what is said of them; the first that fits counts."""


def not_served(path: str) -> Problem | None:
    """The answer to a path that only another product has; None for any other."""
    return next((Problem(404, *said) for pattern, *said in _OF_OTHERS if pattern.fullmatch(path)), None)
