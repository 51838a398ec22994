"""Messages as Claude Code writes new ones: texts, each under a line that says who or what it is from."""

from __future__ import annotations

import re

from llm_tracer.model.reading import Message

from llm_tracer_service.reading.messages.block import part, text_part

KEY = "new_context"
"""The attribute that holds them."""

ONLY_NEW_KEYS = frozenset((KEY, "llm_tracer.input.new_messages"))
"""Attributes with the messages that are new since the call before. The second one is of session logs (session_logs/)."""

_LABEL = re.compile(r"(?:\A|\n\n---\n\n)\[(USER|TOOL RESULT: ([^\]\n]{1,200}))\]\n")


def labelled_messages(text: str) -> list[Message]:
    """The messages in a text of the form "[USER]", what the user said, "---", "[TOOL RESULT: toolu_1]", ...

    [] if the text does not begin with such a line.
    """
    labels = list(_LABEL.finditer(text))
    if not labels or labels[0].start() > 0:
        return []
    ends = [*(label.start() for label in labels[1:]), len(text)]
    found = []
    for label, end in zip(labels, ends, strict=True):
        said, call_id = text[label.end() : end], label[2]
        if call_id is None:
            found.append(Message("user", (text_part(said),)))
        else:
            found.append(Message("tool", (part("tool_result", id=call_id, content=said),)))
    return found
