"""An agent was handed a conversation without what the user had said in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from llm_tracer.model.reading import Content, Part
from llm_tracer.model.text import preview

from llm_tracer_service.hints.steps import EVIDENCE_CHARS_MAX, Hint, Steps, ids

_HANDOFF = ("transfer_to_", "handoff_to_", "hand_off_to_")
"""The names of tools by which OpenAI Agents, Swarm, LangGraph and AutoGen hand a conversation over."""

ASKED_CHARS_MAX = 120


def hints(steps: Steps) -> Iterator[Hint]:
    """One for each handover after which the next agent's first call was not given what the user had last said. An agent that is
    called as a tool has its own task; one that takes over goes on talking to the user."""
    for place, step in enumerate(steps.calls[:-1]):
        content = steps.content(step)
        tool = _handed_by(content)
        following = steps.calls[place + 1]
        if tool is None or following.scope == step.scope:
            continue
        asked, given = _user_said(content), _all_said(steps.content(following))
        if asked and given and asked not in given:
            yield Hint(
                "handoff_forgets",
                f"The user's message was lost after {tool}",
                f"The agent that took over was not given “{preview(asked, ASKED_CHARS_MAX)}”. Check what the hand-off passes "
                "on: a filter, or a summary in place of the messages, left it out.",
                ids([step, following]),
                {"tool": tool, "asked": asked[:EVIDENCE_CHARS_MAX]},
            )


def _handed_by(content: Content) -> str | None:
    names = (
        part.get("name")
        for message in content.output_messages
        for part in message.parts
        if part.get("type") == "tool_call"
    )
    return next((name for name in names if isinstance(name, str) and name.startswith(_HANDOFF)), None)


def _user_said(content: Content) -> str:
    """The words of the user's last message."""
    for message in reversed(content.input_messages):
        if message.role == "user" and (text := _words(message.parts)):
            return text
    return ""


def _all_said(content: Content) -> str:
    return " ".join([_words(content.system), *(_words(message.parts) for message in content.input_messages)])


def _words(parts: Iterable[Part]) -> str:
    texts = (part.get("content") for part in parts)
    return " ".join(" ".join(text for text in texts if isinstance(text, str)).split())
