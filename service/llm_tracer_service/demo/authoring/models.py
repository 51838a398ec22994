"""Plausible tokens and times for the models of the stories."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from llm_tracer_service.demo.authoring.recorder import Recording


@dataclass(frozen=True)
class Model:
    """The speed of a model. `first_ms`: before the first token; `read_per_s`, `write_per_s`: tokens a second."""

    requested: str
    responded: str
    first_ms: float
    read_per_s: float
    write_per_s: float


GPT_5 = Model("gpt-5", "gpt-5-2025-08-07", 620, 9_000, 78)
GPT_4O_MINI = Model("gpt-4o-mini", "gpt-4o-mini-2024-07-18", 310, 14_000, 96)
GPT_4_1_MINI = Model("gpt-4.1-mini", "gpt-4.1-mini-2025-04-14", 340, 14_000, 88)
SONNET = Model("claude-sonnet-4-5", "claude-sonnet-4-5-20250929", 780, 7_500, 64)
HAIKU = Model("claude-haiku-4-5", "claude-haiku-4-5-20251001", 390, 13_000, 125)
GEMINI_FLASH = Model("gemini-2.5-flash", "gemini-2.5-flash", 330, 16_000, 170)
LOCAL_QWEN = Model("qwen3-coder:30b", "qwen3-coder:30b", 1_450, 620, 27)


def count_tokens(content: Any) -> int:
    """Roughly what a tokenizer would count: four letters a token, one Japanese character a token."""
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    wide = sum(ord(character) > 0x2E80 for character in text)
    return max(1, round((len(text) - wide) / 4.1 + wide * 0.95))


@dataclass(frozen=True)
class Usage:
    """`input` includes `cached`, `output` includes `reasoning`."""

    input: int
    output: int
    cached: int = 0
    reasoning: int = 0

    @property
    def total(self) -> int:
        return self.input + self.output


def usage_of(prompt: Any, answer: Any, *, cached: int = 0, reasoning: int = 0, overhead: int = 12) -> Usage:
    """The usage of a call with this prompt and this answer."""
    return Usage(count_tokens(prompt) + overhead, count_tokens(answer) + reasoning + 3, cached, reasoning)


def think(recording: Recording, model: Model, usage: Usage) -> float:
    """Lets the model work; returns the milliseconds to the first token."""
    begin = recording.now_ms
    recording.wait(model.first_ms + 1000 * (usage.input - usage.cached) / model.read_per_s)
    if usage.reasoning:
        recording.wait(1000 * usage.reasoning / model.write_per_s)
    first = recording.now_ms - begin
    recording.wait(1000 * (usage.output - usage.reasoning) / model.write_per_s)
    return first
