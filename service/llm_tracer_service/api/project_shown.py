"""Which project a page shows: that of the key or, without keys, the one asked for."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from llm_tracer_service.access.keys import is_project_id
from llm_tracer_service.api.operation import Call
from llm_tracer_service.errors import Problem

Project = Annotated[str, Meta(description="Without keys: the project to show; default `dev`.")]


def project_shown(call: Call, wanted: str) -> str:
    """The project to show. Raises Problem 403 if it is not that of the key, 422 if it is not a project name."""
    if not wanted or wanted == call.project:
        return call.project
    if not call.service.gate.is_keyless:
        raise Problem(403, "This key belongs to another project.", "Omit `project`.")
    if not is_project_id(wanted):
        raise Problem(422, "This is not a valid project name.", "Use 1 to 64 of A-Z a-z 0-9 _ -.")
    return wanted
