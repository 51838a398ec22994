"""Why a model stopped, in one spelling."""

from __future__ import annotations

import re

_BETWEEN_WORDS = re.compile("(?<=[a-z])(?=[A-Z])")


def finish_reason(sent: str) -> str:
    """A reason in lower case with `_` between its words: JavaScript says maxTokens (Strands), Python may write an enum
    (FinishReason.MAX_TOKENS), of which the last word counts."""
    word = sent.rpartition(".")[2]
    return word if word.islower() else _BETWEEN_WORDS.sub("_", word).lower()
