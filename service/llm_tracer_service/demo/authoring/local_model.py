"""A single call of a local model that nobody has a price for. OpenTelemetry GenAI, messages as JSON text."""

from __future__ import annotations

from typing import Any

from llm_tracer_service.demo.authoring.models import LOCAL_QWEN, think, usage_of
from llm_tracer_service.demo.authoring.recorder import (
    CLIENT,
    Recording,
    Scope,
    document,
    json_text,
    python_resource,
)

QUESTION = (
    "Write a Python function that groups consecutive dates into ranges, so that [2026-11-02, 2026-11-03, 2026-11-05] "
    "gives 2–3 Nov and 5 Nov. Standard library only, with a doctest."
)

ANSWER = '''Sort the dates, then start a new range whenever the gap to the last one is more than a day:

```python
from collections.abc import Iterable
from datetime import date, timedelta


def ranges(days: Iterable[date]) -> list[tuple[date, date]]:
    """Consecutive dates as (first, last), duplicates ignored.

    >>> ranges([date(2026, 11, 2), date(2026, 11, 5), date(2026, 11, 3)])
    [(datetime.date(2026, 11, 2), datetime.date(2026, 11, 3)), (datetime.date(2026, 11, 5), datetime.date(2026, 11, 5))]
    """
    found: list[tuple[date, date]] = []
    for day in sorted(set(days)):
        if found and day - found[-1][1] == timedelta(days=1):
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found
```

It is O(n log n) for the sorting. If your dates already come sorted, drop `sorted(set(...))` and it streams.'''


def record() -> dict[str, Any]:
    """The document of this story."""
    recording = Recording(
        "local-model",
        Scope("opentelemetry.instrumentation.genai.openai", "1.3b0"),
        python_resource("editor-plugin", "0.4.0", "development"),
        ended_before_s=6 * 60,
    )
    messages = [{"role": "user", "parts": [{"type": "text", "content": QUESTION}]}]
    usage = usage_of(messages, ANSWER)
    with recording.span(
        f"chat {LOCAL_QWEN.requested}",
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": LOCAL_QWEN.requested,
            "gen_ai.request.stream": True,
            "gen_ai.request.temperature": 0.3,
            "server.address": "localhost",
            "server.port": 11434,
        },
        kind=CLIENT,
    ) as span:
        first_ms = think(recording, LOCAL_QWEN, usage)
        span["gen_ai.response.model"] = LOCAL_QWEN.responded
        span["gen_ai.response.id"] = recording.identifier("chatcmpl-", 12)
        span["gen_ai.response.finish_reasons"] = ["stop"]
        span["gen_ai.response.time_to_first_chunk"] = round(first_ms / 1000, 3)
        span["gen_ai.usage.input_tokens"] = usage.input
        span["gen_ai.usage.output_tokens"] = usage.output
        span["gen_ai.input.messages"] = json_text(messages)
        span["gen_ai.output.messages"] = json_text(
            [{"role": "assistant", "parts": [{"type": "text", "content": ANSWER}], "finish_reason": "stop"}]
        )
    return document(recording)
