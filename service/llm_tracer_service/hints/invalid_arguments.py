"""A tool was called with arguments that its definition does not allow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import msgspec
from llm_tracer.model.text import counted

from llm_tracer_service.conversation.fingerprints import canonical
from llm_tracer_service.conversation.schema_check import misfits
from llm_tracer_service.hints.steps import Hint, Step, Steps, ids


def hints(steps: Steps) -> Iterator[Hint]:
    """One for each tool. Tools that the provider runs itself, or whose definition was not sent, are not checked."""
    found: dict[str, list[tuple[Step, list[str]]]] = defaultdict(list)
    for step in steps.calls:
        for name, problems in _problems(steps, step):
            found[name].append((step, problems))
    for name, uses in found.items():
        problems = list(dict.fromkeys(problem for _, each in uses for problem in each))
        yield Hint(
            "invalid_arguments",
            f"{name} was called with invalid arguments",
            f"{'; '.join(problems[:5])} ({counted(len(uses), 'call')}). The model knows the tool only from its definition: "
            "name and describe there what it got wrong.",
            ids(list({step.index: step for step, _ in uses}.values())),
            {"tool": name, "calls": len(uses), "problems": problems},
        )


def _problems(steps: Steps, step: Step) -> Iterator[tuple[str, list[str]]]:
    """The tools that a model call called wrongly, and what is wrong with the arguments."""
    content = steps.content(step)
    schemas = {each.get("name"): each.get("parameters") for each in content.tool_definitions}
    for message in content.output_messages:
        for part in message.parts:
            name = part.get("name")  # as it was sent, of any type
            if not isinstance(name, str) or name not in schemas:
                continue
            if part.get("type") != "tool_call" or part.get("server_side"):
                continue
            problems = misfits(msgspec.json.decode(canonical(part.get("arguments"))), schemas[name])
            if problems:
                yield name, problems
