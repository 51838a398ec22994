"""A model that answered in place of the one that was asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from llm_tracer.model.text import counted

from llm_tracer_service.hints.steps import Hint, Step, Steps, Unchecked, ids

_CHOOSERS = ("auto", "router", "latest")
"""Names by which somebody asks that another chooses the model."""


def hints(steps: Steps) -> Iterator[Hint]:
    """One for each pair of models. Both must be known to the price list, as different models: the name of a deployment, an
    alias and a dated version of the same model are no other model."""
    found: dict[tuple[str, str], list[Step]] = defaultdict(list)
    for step in steps.calls:
        asked, answered = step.row.reading.request_model, step.row.reading.response_model
        if asked and answered and _is_another(steps, step, asked, answered):
            found[asked, answered].append(step)
    for (asked, answered), calls in found.items():
        yield Hint(
            "another_model",
            f"{asked} was asked, {answered} answered",
            f"So in {len(calls):,} of {counted(len(steps.calls), 'call')}. A gateway, a router or a fallback between program "
            "and model chose it; the cost is that of the model that answered.",
            ids(calls),
            {"asked": asked, "answered": answered, "calls": len(calls)},
        )


def unchecked(steps: Steps) -> Iterator[Unchecked]:
    """Where the names differ and the price list does not know one of them: the name of a deployment says no model."""
    pairs = sorted(
        {
            f"{asked} and {answered}"
            for step in steps.calls
            if (asked := step.row.reading.request_model)
            and (answered := step.row.reading.response_model)
            and _is_another(steps, step, asked, answered) is None
        }
    )
    if pairs:
        yield Unchecked(
            "another_model", f"No price list says whether these are one model: {', '.join(pairs)}."
        )


def _is_another(steps: Steps, step: Step, asked: str, answered: str) -> bool | None:
    """None where nobody can tell."""
    if _base(asked) in _base(answered) or _base(answered) in _base(asked):
        return False
    if any(word in asked.lower() for word in _CHOOSERS):
        return False
    known = [steps.known_model(step.row, name) for name in (asked, answered)]
    return None if None in known else known[0] != known[1]


def _base(name: str) -> str:
    """A model's name without the provider before it, in lower case."""
    return name.rsplit("/", 1)[-1].lower()
