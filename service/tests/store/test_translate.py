"""Which conditions SQL decides alone, and that its pages come straight from an index. That they mean what
`TraceQuery.matches` means is held by test_agreement."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest
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
    Word,
)
from llm_tracer_service.store.sqlite.connection import ReadPool
from llm_tracer_service.store.sqlite.labels import LabelSearch
from llm_tracer_service.store.sqlite.pattern_index import PatternSearch
from llm_tracer_service.store.sqlite.text import TextSearch
from llm_tracer_service.store.sqlite.translate import Translation, Translator
from llm_tracer_service.store.sqlite.view import _ORDERS

from .conftest import Open
from .helpers import START, make_span


def is_text(field: str, *texts: str) -> FieldTest:
    return FieldTest(field, Test(texts=texts))


def above(field: str, number: float) -> FieldTest:
    return FieldTest(field, Test(comparison=">", number=number))


EXACT: list[Condition] = [
    And(),
    is_text("name", "Straße"),
    is_text("model", "gpt-*", "x"),
    is_text("tag", "a"),
    is_text("status", "error"),
    is_text("status", "abandoned"),
    is_text("span.status", "error"),
    FieldTest("user", Test()),
    above("dur", 5),
    above("cost", 0.5),
    FieldTest("tokens", Test(between=(1, 2))),
    FieldTest("cost", Test()),
    Error(()),
    Has("error"),
    Has("image"),
    Has("orphan"),
    Id("abc"),
    Not(is_text("user", "ann")),
    Or((above("dur", 5), is_text("user", "ann"))),
    And((above("dur", 5), Not(Or((is_text("user", "ann"), Has("cost")))))),
]

VERIFIED: list[Condition] = [
    Word("x"),
    FamilyTest("attr", "x", Test()),
    FamilyTest("meta", "x", Test()),
    Error(("x",)),
    above("span.dur", 5),
    is_text("dur", "5"),
    FieldTest("ttft", Test()),
    SpanGroups((is_text("kind", "tool"),)),
    Not(Word("x")),
    is_text("pattern", "9d3e51c8a0b2f764"),
    Not(is_text("pattern", "9d3e51c8a0b2f764")),
    is_text("pattern", "9d*"),
    And((above("dur", 5), Word("x"))),
    Or((above("dur", 5), Word("x"))),
]


@pytest.fixture
def connection(open_sqlite: Open, sqlite_path: Path) -> apsw.Connection:
    open_sqlite().write("p", [make_span(user="ann", model="gpt-4o", tags=["a"], kind="tool", has=["image"])])
    return apsw.Connection(str(sqlite_path), flags=apsw.SQLITE_OPEN_READONLY)


def translate(connection: apsw.Connection, condition: Condition) -> Translation:
    labels, patterns = LabelSearch(connection, 1), PatternSearch(connection, 1)
    return Translator(labels, unreachable_index(connection), patterns, START, 60).of_trace(condition)


def unreachable_index(connection: apsw.Connection) -> TextSearch:
    """One that cannot tell which traces hold a word."""
    return TextSearch(connection, ReadPool(Path("/nowhere/traces.text.db")).reading, (b"", ""))


@pytest.mark.parametrize("condition", EXACT, ids=repr)
def test_sql_decides_it_alone(connection: apsw.Connection, condition: Condition) -> None:
    assert translate(connection, condition).exact


@pytest.mark.parametrize("condition", VERIFIED, ids=repr)
def test_candidates_are_verified(connection: apsw.Connection, condition: Condition) -> None:
    assert not translate(connection, condition).exact


@pytest.mark.parametrize("condition", [*EXACT, *VERIFIED], ids=repr)
def test_a_condition_is_zero_or_one_and_never_null(connection: apsw.Connection, condition: Condition) -> None:
    found = translate(connection, condition)
    sql = f"SELECT ({found.sql}) FROM (SELECT * FROM traces) t"
    assert connection.execute(sql, found.bindings).get in (0, 1)


def test_a_rare_part_limits_the_candidates_of_the_whole(connection: apsw.Connection) -> None:
    found = translate(connection, And((is_text("user", "ann"), Word("x"))))
    assert "trace_labels" in found.sql
    groups = translate(connection, SpanGroups((And((is_text("kind", "tool"), Word("x"))),)))
    assert "trace_labels" in groups.sql


def test_what_no_trace_carries_needs_no_look(connection: apsw.Connection) -> None:
    assert translate(connection, is_text("user", "nobody")).sql == "0"


@pytest.mark.parametrize("order", _ORDERS.values(), ids=_ORDERS)
def test_every_order_is_read_from_an_index(connection: apsw.Connection, order: tuple[str, str]) -> None:
    value, direction = order
    sql = f"SELECT summary FROM traces t WHERE t.project = 1 AND t.start IS NOT NULL ORDER BY {value} {direction}"
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}, t.trace_id LIMIT 50")]
    assert plan[0].startswith("SEARCH t USING INDEX traces_by_")
    # start_time runs the index of -start_time backwards, which only has to sort the ties.
    assert plan[1:] in ([], ["USE TEMP B-TREE FOR LAST TERM OF ORDER BY"])


def test_status_error_newest_first_is_read_from_an_index(connection: apsw.Connection) -> None:
    found = translate(connection, is_text("status", "error"))
    sql = f"SELECT summary FROM traces t WHERE t.project = 1 AND {found.sql} AND t.start BETWEEN 0 AND 9 ORDER BY"
    plan = connection.execute(f"EXPLAIN QUERY PLAN {sql} t.start DESC, t.trace_id", found.bindings).fetchall()
    assert len(plan) == 1
    assert "traces_by_status" in str(plan[0][3])
