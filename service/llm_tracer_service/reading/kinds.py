"""The kind of a span: the first rule of the table that matches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from llm_tracer.model.reading import KINDS
from llm_tracer.model.span import SpanData, Value

from llm_tracer_service.reading.dialects import DialectError, Dialects, KindRule, Source
from llm_tracer_service.reading.lookup import Pick, sent_value

FIELD = "kind"
"""The name under which the keys that decide the kind are looked up."""

OWN = "llm_tracer.span.kind"
"""The attribute of our own convention."""

_NAME_CHARS_MAX = 200


class Step(NamedTuple):
    """One rule that may decide on spans with a given set of keys; without a pick, the keys alone decide."""

    rule: KindRule
    pick: Pick | None


class Kinds:
    """The rules, compiled. Raises DialectError if one names an unknown kind."""

    def __init__(self, dialects: Dialects) -> None:
        self._rules = dialects.kinds
        for rule in self._rules:
            named = {
                *rule.values.values(), *(kind for _, kind in (*rule.patterns, *rule.names)), rule.kind, rule.otherwise,
            }  # fmt: skip
            unknown = sorted(named.difference(KINDS, (None,)), key=str)
            if unknown:
                raise DialectError(f"unknown kind {unknown[0]!r} in [[kinds]]")

    def sources(self) -> list[Source]:
        """The keys that decide, to be looked up together with all others."""
        return [rule.source for rule in self._rules if rule.source is not None]

    def steps(self, keys: tuple[str, ...], fields: Mapping[str, tuple[Pick, ...]]) -> tuple[Step, ...]:
        """The rules that may decide on spans with these keys, in order, up to the first that certainly does."""
        picks = {id(pick.source): pick for pick in fields.get(FIELD, ())}
        steps = []
        for rule in self._rules:
            if rule.source is not None:
                pick = picks.get(id(rule.source))
                if pick is not None:
                    steps.append(Step(rule, pick))
            elif rule.events or rule.names:
                steps.append(Step(rule, None))
            elif any(key in keys for key in rule.has) or _has_fields(rule, fields):
                steps.append(Step(rule, None))
                break
        return tuple(steps)

    def of(
        self, steps: tuple[Step, ...], span: SpanData, attributes: Mapping[str, Value]
    ) -> tuple[str, str | None]:
        """The kind of a span, and the key that decided it."""
        for rule, pick in steps:
            if rule.names:
                kind = rule.of_name(span.name[:_NAME_CHARS_MAX].lower(), span.scope.name.lower())
                if kind is not None:
                    return kind, None
            elif pick is not None:
                kind = rule.of(sent_value(pick, attributes[pick.key]))
                if kind is not None:
                    return kind, pick.key
            elif not rule.events or any(event.name in rule.events for event in span.events):
                return rule.kind or "other", None
        return "other", None


def _has_fields(rule: KindRule, fields: Mapping[str, tuple[Pick, ...]]) -> bool:
    return bool(rule.has_fields) and all(
        any(_counts_on_any_kind(fields.get(name, ())) for name in group) for group in rule.has_fields
    )


def _counts_on_any_kind(picks: tuple[Pick, ...]) -> bool:
    """Whether a key gives the field on any span: one that counts only on certain kinds cannot decide the kind."""
    return any(pick.source.condition is None or not pick.source.condition.kinds for pick in picks)
