"""The same tool was called again with the same arguments, for the same result."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator

from llm_tracer.model.failures import without_body
from llm_tracer.model.text import counted, preview

from llm_tracer_service.conversation.fingerprints import canonical
from llm_tracer_service.hints.steps import (
    EVIDENCE_CHARS_MAX,
    Hint,
    Step,
    Steps,
    UncheckedHint,
    ids,
    tool_name,
)

OFTEN = 3
SHOWN_CHARS_MAX = 120

Key = tuple[int, str, bytes, bytes]


def hints(steps: Steps) -> Iterator[Hint]:
    """One for each tool, arguments and result that occur twice in a row, or OFTEN times, within one agent.

    Since the result is the same, the second call told the model nothing. A tool that is polled until its answer changes has
    different results, one that failed is retried, and another agent cannot know of the first call. If another tool ran in
    between, such as an edit between two runs of tests, there was a reason to look again, but not OFTEN times.
    """
    alike: dict[Key, list[Step]] = defaultdict(list)
    for step in steps.tools:
        key = _key(steps, step)
        if key is not None:
            alike[key].append(step)
    for (_, name, arguments, result), same in alike.items():
        if len(same) >= OFTEN or (len(same) > 1 and steps.follow(same)):
            yield Hint(
                "repeated_tool_call",
                f"{name} was called {len(same)} times with the same arguments",
                f"Every call returned the same result: “{_shown(result)}”. Arguments: {_shown(arguments)}",
                ids(same),
                {
                    "tool": name,
                    "calls": len(same),
                    "arguments": arguments.decode()[:EVIDENCE_CHARS_MAX],
                    "result": result.decode()[:EVIDENCE_CHARS_MAX],
                },
            )


def unchecked(steps: Steps) -> Iterator[UncheckedHint]:
    """An agent used a tool again, but the arguments or the result of some uses were not sent."""
    of_tool: dict[tuple[int, str], list[bool]] = defaultdict(list)
    for step in steps.tools:
        if step.row.reading.status != "error" and step.row.end_time_unix_nano is not None:
            of_tool[step.scope, tool_name(step)].append(_key(steps, step) is None)
    untold = sum(sum(uses) for uses in of_tool.values() if len(uses) > 1)
    if untold:
        uses = counted(untold, "tool call")
        yield UncheckedHint("repeated_tool_call", f"The arguments or results of {uses} were not sent.")


def _key(steps: Steps, step: Step) -> Key | None:
    """What repeated uses have in common; None if one failed or still runs, or its arguments or result were not sent."""
    tool = steps.content(step).tool
    reading = step.row.reading
    if tool is None or reading.status == "error" or step.row.end_time_unix_nano is None:
        return None
    arguments, result = tool.get("arguments"), tool.get("result")
    if arguments is None or result is None:
        return None
    return step.scope, tool_name(step), canonical(arguments), canonical(result)


def _shown(canonical_json: bytes) -> str:
    """A value in one line: a text as it is, the body of an API's answer as its message."""
    text = canonical_json.decode()
    said = json.loads(text) if text.startswith('"') else text
    return preview(without_body(said), SHOWN_CHARS_MAX)
