"""What the sender says a call cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llm_tracer.model.reading import Cost

from llm_tracer_service.reading.values import number

COST_FIELDS = frozenset(
    ("cost_stated", "cost_total", "cost_input", "cost_output", "cost_parts", "cost_object")
)
"""Without a value of one of these fields there is no cost."""


def cost_of(facts: Mapping[str, Any]) -> Cost | None:
    """The cost that the `cost_*` fields give; None if they give none.

    Senders that do not know a price write 0, which is no cost; but for `cost_stated`, where 0 means that it cost nothing.
    """
    given, answered = facts.get("cost_input"), facts.get("cost_output")
    stated = facts.get("cost_stated")
    total = facts.get("cost_total") if stated is None else stated
    parts = {
        name: cost
        for name, value in facts.get("cost_parts", {}).items()
        if (cost := number(value)) is not None
    }
    sent = facts.get("cost_object")
    if sent is not None:
        costs = {str(name): cost for name, value in sent.items() if (cost := number(value)) is not None}
        total = _first(total, costs.pop("total_cost", None), costs.pop("total", None))
        given = _first(given, costs.pop("input_cost", None), _sum(costs, "input"))
        answered = _first(answered, costs.pop("output_cost", None), _sum(costs, "output"))
        parts = {**costs, **parts}
    if total is None and (given is not None or answered is not None):
        total = (given or 0) + (answered or 0)
    if total is None or (total == 0 and stated is None):
        return None
    return Cost(total=total, input=given, output=answered, parts=parts, source="sender")


def _first(*costs: float | None) -> float | None:
    return next((cost for cost in costs if cost is not None), None)


def _sum(costs: Mapping[str, float], prefix: str) -> float | None:
    found = [cost for name, cost in costs.items() if name.startswith(prefix)]
    return sum(found) if found else None
