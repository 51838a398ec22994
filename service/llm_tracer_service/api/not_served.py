"""What the SDKs of other products ask for, and what is not served here: said plainly, where a bare "nothing at this path" would
have their users look for a wrong address."""

from __future__ import annotations

import re

from llm_tracer_service.errors import Problem

_LANGSMITH = re.compile(
    r"(/api/v[12])?/(v1/platform/)?(annotation-queues|commits|datasets|examples|feedback|feedback-configs|likes|public|repos|"
    r"runs|sessions|settings|workspaces)(/.*)?"
)


def not_served(path: str) -> Problem | None:
    """The answer to a path that only another product has; None for any other."""
    if _LANGSMITH.fullmatch(path) is None:
        return None
    return Problem(
        404,
        "Of LangSmith's API, only the sending of runs and feedback is served here: no projects, datasets, prompts or queues.",
        "Read what was sent at GET /api/traces. Feedback is changed by sending it again with its id.",
    )
