"""Answers were cut at their limit of length."""

from __future__ import annotations

from collections.abc import Iterator

from llm_tracer.model.reading import CUT_SHORT

from llm_tracer_service.hints.steps import Hint, Steps, ids


def hints(steps: Steps) -> Iterator[Hint]:
    """One for all answers that were cut."""
    cut = [step for step in steps.calls if not CUT_SHORT.isdisjoint(step.row.reading.finish_reasons)]
    if not cut:
        return
    usage = cut[0].row.reading.usage
    limit = steps.content(cut[0]).params.get("max_tokens")
    written = usage.output if usage is not None else None
    yield Hint(
        "length_finish",
        "An answer was cut off at the token limit"
        if len(cut) == 1
        else f"{len(cut):,} answers were cut off at the token limit",
        "The model stopped because it had used all the tokens it was allowed"
        + (f": {written:,} were written" if written else "")
        + (f", {limit:,} were allowed." if isinstance(limit, int) else "."),
        ids(cut),
        {"calls": len(cut), "output_tokens": written, "max_tokens": limit},
    )
