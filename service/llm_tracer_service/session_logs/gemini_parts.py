"""Parts of messages and outcomes of tools, as Gemini CLI and its fork Qwen Code write them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from llm_tracer_service.session_logs.spans import REJECTED, TOOL_ERROR, Failure
from llm_tracer_service.session_logs.values import members_of, text_of


def given_of(parts: Sequence[Mapping[str, Any]], text: str) -> Any:
    """What was asked: the text of these parts, or the parts where there is something else in them, a picture."""
    return text if all("text" in part for part in parts) else parts


_EXIT_CODE = re.compile(r"^Exit Code: (\d+)$", re.MULTILINE)


def failure_of(call: Mapping[str, Any], response: Any) -> Failure | None:
    """Why a tool failed, by its status, by what it showed, and by its response."""
    said = members_of(response)
    match call.get("status"):
        case "cancelled":
            return Failure(REJECTED, "Rejected by the user")
        case "error":
            return Failure(TOOL_ERROR, text_of(said.get("error") or call.get("resultDisplay") or "failed"))
    output = said.get("output")
    found = _EXIT_CODE.search(output) if isinstance(output, str) else None
    if found is None or not int(found[1]):
        return None
    return Failure(TOOL_ERROR, f"Exit code {found[1]}\n{text_of(call.get('resultDisplay') or output)}")


def response_of(result: Any) -> Any:
    """What the function answered; None where the result is something else."""
    first = result[0] if isinstance(result, list) and len(result) == 1 else None
    return members_of(members_of(first).get("functionResponse")).get("response")
