"""What `field op values` means: from a term, as the parser split it, to a condition of the model."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

from llm_tracer.model.query import (
    FAMILIES,
    FIELDS,
    HAS_WORDS,
    PRESENT,
    Comparison,
    Condition,
    Error,
    FamilyTest,
    FieldTest,
    Has,
    Id,
    Not,
    Or,
    Test,
    TurnOf,
)

from llm_tracer_service.query.error import QueryError
from llm_tracer_service.query.fields import DOC_OF, SPAN_STATUSES, FieldDoc, nearest, nearest_field
from llm_tracer_service.query.numbers import EXAMPLES, EXPECTED, number_of, repaired
from llm_tracer_service.query.quotes import as_text_hint

Family: TypeAlias = Literal["score", "meta", "attr"]

OPERATOR = re.compile(r"!=|>=|<=|[:=<>]")
_EQUAL = (":", "=", "!=")


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a term. In quotes it is always text; `*` is a wildcard in quotes too."""

    text: str
    position: int
    quoted: bool

    @property
    def is_any(self) -> bool:
        """Whether it is `*`: the field is present, whatever its value."""
        return self.text == "*"


@dataclass(frozen=True, slots=True)
class Term:
    """`field op value,value`, split but not yet interpreted. It has at least one value.

    `key` is what follows `score.`, `meta.` or `attr.`; None for a plain field. `written` is the field as it was typed.
    `of_one_span` is True inside `{...}`.
    """

    field: str
    key: str | None
    written: str
    operator: str
    operator_position: int
    values: tuple[Value, ...]
    of_one_span: bool

    @property
    def doc(self) -> FieldDoc:
        """The documentation of the field."""
        return DOC_OF[self.field]

    def meant(self, operator: str, value: str) -> str:
        """A hint that spells the term differently."""
        return f"did you mean {self.written}{operator}{value} ?"


def check_field(name: str, position: int, of_one_span: bool, rest: str) -> None:
    """Refuses an unknown field, a family without a key, and inside `{...}` a field that says nothing about one span.

    `name` is what precedes an operator; `rest` is the whole word that was typed, for the hint.
    """
    if name not in DOC_OF or name in FAMILIES:
        meant = nearest_field(name)
        # If an address or a path was typed, no field of a similar name was meant.
        if meant is None or rest[len(name) + 1 : len(name) + 2] in ("/", "\\", ":"):
            raise QueryError(position, "a known field", as_text_hint(rest))
        raise QueryError(position, "a known field", f"did you mean {meant} ?")
    if of_one_span and not DOC_OF[name].of_one_span:
        raise QueryError(
            position,
            "a field of one span",
            f"{name} is about the whole trace: use it for traces, outside of {{...}}",
        )


def condition_of(term: Term) -> Condition:
    """The condition that a term with a known field stands for. Raises QueryError if its value makes no sense."""
    if term.key is not None:
        return _family(term)
    if term.field == "id":
        return _each(term, _id)
    if term.field == "has":
        return _each(term, _has)
    if term.field == "turn_of":
        return _each(term, lambda _, value: TurnOf(value.text))
    if term.field == "error":
        _refuse_order(term)
        return _negated_if_unequal(term, Error(_texts(term)))
    if FIELDS[term.field].type == "text":
        _refuse_order(term)
        return _negated_if_unequal(term, FieldTest(term.field, _text_test(term)))
    return _numbers(term, lambda test: FieldTest(term.field, test))


# --- text -----------------------------------------------------------------------------------------------------------


def _refuse_order(term: Term) -> None:
    if term.operator not in _EQUAL:
        raise QueryError(
            term.operator_position, "one of : = != for a text", term.meant(":", term.values[0].text)
        )


def _negated_if_unequal(term: Term, condition: Condition) -> Condition:
    return Not(condition) if term.operator == "!=" else condition


def _texts(term: Term) -> tuple[str, ...]:
    """The values; none if the only one is `*`."""
    if len(term.values) == 1 and term.values[0].is_any:
        return ()
    return tuple(value.text for value in term.values)


def _text_test(term: Term) -> Test:
    allowed = SPAN_STATUSES if term.field == "status" and term.of_one_span else term.doc.values
    if not allowed or not (texts := _texts(term)):
        return Test(texts=_texts(term))
    for value in term.values:
        if "*" not in value.text:
            _check_allowed(term, value, allowed)
    return Test(texts=tuple(text.lower() for text in texts))


def _check_allowed(term: Term, value: Value, allowed: tuple[str, ...]) -> None:
    if value.text.lower() in allowed:
        return
    meant = nearest(value.text, allowed)
    if meant is not None:
        hint = term.meant(term.operator, meant)
    elif term.of_one_span and value.text.lower() in DOC_OF[term.field].values:
        hint = "has:open finds running spans"
    else:
        hint = f"the values are {', '.join(allowed)}"
    raise QueryError(value.position, f"a value of {term.written}", hint)


def _each(term: Term, condition_of_value: Callable[[Term, Value], Condition]) -> Condition:
    _refuse_order(term)
    return _negated_if_unequal(term, _either(condition_of_value(term, value) for value in term.values))


def _either(conditions: Iterable[Condition]) -> Condition:
    parts = tuple(conditions)
    return parts[0] if len(parts) == 1 else Or(parts)


def _id(term: Term, value: Value) -> Condition:
    if "*" in value.text:
        raise QueryError(value.position, "a whole id", "an id has no wildcard")
    return Id(value.text)


def _has(term: Term, value: Value) -> Condition:
    _check_allowed(term, value, HAS_WORDS)
    return Has(value.text.lower())


# --- numbers --------------------------------------------------------------------------------------------------------


def _numbers(term: Term, condition: Callable[[Test], Condition]) -> Condition:
    first = term.values[0]
    if len(term.values) > 1 and term.operator not in (":", "="):
        joined = "".join(value.text for value in term.values)
        meant = number_of(joined, term.doc.type) is not None
        raise QueryError(
            first.position, "one number", term.meant(term.operator, joined) if meant else _example(term)
        )
    if first.is_any and term.operator == "!=":
        return Not(condition(PRESENT))
    return _either(condition(_number_test(term, value)) for value in term.values)


def _number_test(term: Term, value: Value) -> Test:
    if value.is_any and term.operator in (":", "="):
        return PRESENT
    if ".." in value.text:
        return Test(between=_range(term, value))
    number = None if value.quoted else number_of(value.text, term.doc.type)
    if number is None:
        raise QueryError(value.position, EXPECTED[term.doc.type], _number_hint(term, value))
    return Test(comparison=_comparison(term.operator), number=number)


def _comparison(operator: str) -> Comparison:
    return "=" if operator == ":" else cast(Comparison, operator)


def _number_hint(term: Term, value: Value) -> str:
    again = OPERATOR.match(value.text)
    if again is None:
        meant = repaired(value.text, term.doc.type)
        return _example(term) if meant is None else term.meant(term.operator, meant)
    # `dur:>2s`, `dur=>2s`, `dur==2s`
    operator = {"=>": ">=", "=<": "<="}.get(term.operator + again[0], again[0])
    rest = value.text[again.end() :]
    meant = repaired(rest, term.doc.type)
    return _example(term) if meant is None else term.meant(operator, meant)


def _example(term: Term) -> str:
    return f"for example {term.written}>{EXAMPLES[term.doc.type]}"


def _range(term: Term, value: Value) -> tuple[float, float]:
    if term.operator not in (":", "="):
        raise QueryError(value.position, EXPECTED[term.doc.type], term.meant(":", value.text))
    low_text, _, high_text = value.text.partition("..")
    if not low_text or not high_text:
        raise QueryError(
            value.position, "both ends of the range", _open_range_hint(term, low_text, high_text)
        )
    low = number_of(low_text, term.doc.type)
    high = number_of(high_text, term.doc.type)
    if low is None or high is None or value.quoted:
        bad = value.position if low is None else value.position + len(low_text) + 2
        raise QueryError(bad, EXPECTED[term.doc.type], _range_hint(term, low_text, high_text))
    if low > high:
        raise QueryError(
            value.position,
            "a range from low to high",
            term.meant(term.operator, f"{high_text}..{low_text}"),
        )
    return low, high


def _open_range_hint(term: Term, low: str, high: str) -> str:
    meant = repaired(low or high, term.doc.type)
    return _example(term) if meant is None else term.meant(">=" if low else "<=", meant)


def _range_hint(term: Term, low: str, high: str) -> str:
    ends = [repaired(end, term.doc.type) for end in (low, high)]
    if ends[0] is None or ends[1] is None:
        return _example(term)
    return term.meant(term.operator, f"{ends[0]}..{ends[1]}")


# --- families -------------------------------------------------------------------------------------------------------


def _family(term: Term) -> Condition:
    """A test of a family, whose values may be of any type: `:` compares text, an order or a range compares numbers."""
    family, key = cast(Family, term.field), term.key
    assert key is not None
    if term.operator not in _EQUAL:
        return _numbers(term, lambda test: FamilyTest(family, key, test))
    if len(term.values) == 1 and is_range(term.values[0].text) and not term.values[0].quoted:
        return _negated_if_unequal(term, FamilyTest(family, key, Test(between=_family_range(term))))
    return _negated_if_unequal(term, FamilyTest(family, key, Test(texts=_texts(term))))


def _family_range(term: Term) -> tuple[float, float]:
    value = term.values[0]
    low_text, _, high_text = value.text.partition("..")
    low, high = number_of(low_text, "any"), number_of(high_text, "any")
    assert low is not None
    assert high is not None
    if low > high:
        raise QueryError(
            value.position, "a range from low to high", term.meant(term.operator, f"{high_text}..{low_text}")
        )
    return low, high


def is_range(text: str) -> bool:
    """Whether a text is a range of plain numbers, as a value of a family may be."""
    low, dots, high = text.partition("..")
    return bool(dots) and number_of(low, "any") is not None and number_of(high, "any") is not None
