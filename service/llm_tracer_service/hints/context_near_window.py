"""The context is almost as long as the model allows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from llm_tracer_service.hints.steps import Hint, Step, Steps, UncheckedHint, ids

SHARE_MIN = 0.8
"""The share of the window. The answer has to fit in as well (4k to 16k tokens of the usual 128k to 200k), and agents that
compact their context do so at 80 to 95 %."""


def hints(steps: Steps) -> Iterator[Hint]:
    """One for each model whose context came close to its window."""
    near: dict[str, list[tuple[Step, int, int]]] = defaultdict(list)
    for step in steps.calls:
        usage, model = step.row.reading.usage, step.row.reading.model
        window = steps.context_window(step.row)
        if window and model and usage is not None and usage.input and usage.input >= SHARE_MIN * window:
            near[model].append((step, usage.input, window))
    for model, found in near.items():
        _, tokens, window = max(found, key=lambda each: each[1])
        share = tokens / window
        yield Hint(
            "context_near_window",
            f"The context filled {share:.0%} of the window of {model}",
            f"{tokens:,} of {window:,} input tokens; {_calls(len(found))} above {SHARE_MIN:.0%}.",
            ids([step for step, _, _ in found]),
            {"model": model, "input_tokens": tokens, "window": window, "share": round(share, 4)},
        )


def unchecked(steps: Steps) -> Iterator[UncheckedHint]:
    """Calls report the length of their input, but the window of their model is unknown."""
    models = sorted(
        {
            step.row.reading.model or "a model without a name"
            for step in steps.calls
            if (usage := step.row.reading.usage) and usage.input and not steps.context_window(step.row)
        }
    )
    if models:
        yield UncheckedHint(
            "context_near_window", f"The price lists do not give the context window of {', '.join(models)}."
        )


def _calls(count: int) -> str:
    return "1 call was" if count == 1 else f"{count:,} calls were"
