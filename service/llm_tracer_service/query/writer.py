"""A query as text from which `parse` makes the same query. For links, chips and saved views."""

from __future__ import annotations

import re

from llm_tracer.model.query import (
    And,
    Condition,
    Error,
    FamilyTest,
    FieldTest,
    Has,
    Id,
    Not,
    Or,
    SpanGroups,
    Test,
    TraceQuery,
    TurnOf,
    Word,
)

from llm_tracer_service.query.conditions import is_range
from llm_tracer_service.query.fields import DOC_OF, ValueType
from llm_tracer_service.query.numbers import spell
from llm_tracer_service.query.parser import KEYWORDS
from llm_tracer_service.query.quotes import quoted

_PLAIN_WORD = re.compile(r"[\w./]+")
_PLAIN_VALUE = re.compile(r'[^\s(){}",=][^\s(){}",]*')
_PLAIN_KEY = re.compile(r'[^\s(){}":=<>!]+')


def to_text(query: TraceQuery) -> str:
    """The text of a query: `parse(to_text(query)) == query` for every query that `parse` returns.

    A conjunction built by hand may contain empty conjunctions; they say nothing and are left out. Raises ValueError for
    what has no text: an empty disjunction, and "everything" as a part of anything but a conjunction.
    """
    condition = _without_empty(query.condition)
    return "" if condition == And() else _text(condition)


def _without_empty(condition: Condition) -> Condition:
    if not isinstance(condition, And):
        return condition
    parts = tuple(part for part in map(_without_empty, condition.parts) if part != And())
    return parts[0] if len(parts) == 1 else And(parts)


def _text(condition: Condition) -> str:
    match condition:
        case Word(text):
            return text if _PLAIN_WORD.fullmatch(text) and text not in KEYWORDS else quoted(text)
        case FieldTest(field, test):
            return field + _test(test, DOC_OF[field].type)
        case FamilyTest(family, key, test):
            spelled = key if _PLAIN_KEY.fullmatch(key) else quoted(key)
            return f"{family}.{spelled}" + _test(test, "any")
        case Error(texts):
            return "error" + _test(Test(texts=texts), "text")
        case Id(id_):
            return f"id:{_value(id_, 'text')}"
        case TurnOf(session_id):
            return f"turn_of:{_value(session_id, 'text')}"
        case Has(word):
            return f"has:{word}"
        case Not(part):
            return f"-{_part(part, And, Or, Not)}"
        case And(parts) if len(parts) > 1:
            return " ".join(_part(part, And, Or) for part in parts)
        case Or(parts) if len(parts) > 1:
            return " OR ".join(_part(part, Or) for part in parts)
        case And((part,)) | Or((part,)):
            return _text(part)
        case SpanGroups(groups) if groups:
            return " -> ".join("{" + to_text(TraceQuery(group)) + "}" for group in groups)
    raise ValueError(f"{condition!r} has no text")


def _part(condition: Condition, *in_parentheses: type[Condition]) -> str:
    text = _text(condition)
    return f"({text})" if isinstance(condition, in_parentheses) else text


def _test(test: Test, type: ValueType) -> str:  # noqa: A002
    if test.texts:
        return ":" + ",".join(_value(text, type) for text in test.texts)
    if test.between is not None:
        return f":{spell(test.between[0], type)}..{spell(test.between[1], type)}"
    if test.comparison is None or test.number is None:
        return ":*"
    operator = ":" if test.comparison == "=" else test.comparison
    return operator + spell(test.number, type)


def _value(text: str, type: ValueType) -> str:  # noqa: A002
    read_as_range = type == "any" and is_range(text)
    return text if _PLAIN_VALUE.fullmatch(text) and not read_as_range else quoted(text)
