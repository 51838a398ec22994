"""A different model answered than the one that was asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from llm_tracer.model.text import counted

from llm_tracer_service.hints.steps import Hint, Step, Steps, UncheckedHint, ids

_CHOOSERS = ("auto", "router", "latest")
"""Names by which the choice of a model is left to somebody else."""


def hints(steps: Steps) -> Iterator[Hint]:
    """One for each pair of models. The price list must know both, as different models: the name of a deployment, an alias or
    a dated version of a model is not another model."""
    found: dict[tuple[str, str], list[Step]] = defaultdict(list)
    for step in steps.calls:
        asked, answered = step.row.reading.request_model, step.row.reading.response_model
        if asked and answered and _is_another(steps, step, asked, answered):
            found[asked, answered].append(step)
    for (asked, answered), calls in found.items():
        yield Hint(
            "another_model",
            f"{asked} was requested, but {answered} answered",
            f"This happened in {len(calls):,} of {counted(len(steps.calls), 'call')}. A gateway, router or fallback between the "
            "program and the model chose it; the cost is that of the model that answered.",
            ids(calls),
            {"asked": asked, "answered": answered, "calls": len(calls)},
        )


def unchecked(steps: Steps) -> Iterator[UncheckedHint]:
    """The names differ, and the price list does not know one of them: deployments have any name."""
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
        yield UncheckedHint(
            "another_model",
            f"The price lists do not say whether these are the same model: {', '.join(pairs)}.",
        )


def _is_another(steps: Steps, step: Step, asked: str, answered: str) -> bool | None:
    """Whether these are two models; None if that is unknown."""
    if _base(asked) in _base(answered) or _base(answered) in _base(asked):
        return False
    if any(word in asked.lower() for word in _CHOOSERS):
        return False
    known = [steps.known_model(step.row, name) for name in (asked, answered)]
    return None if None in known else known[0] != known[1]


def _base(name: str) -> str:
    """The name of a model without its provider, in lower case."""
    return name.rsplit("/", 1)[-1].lower()
