"""Queries as people type them, over worlds of forty traces: SQLite answers as memory does.

`python3 run.py bench agreement` asks 10,000 of them; here are a few of every kind.
"""

from __future__ import annotations

import random
from collections import Counter

from llm_tracer.model.query import FIELD_NAMES
from llm_tracer_service.query import parse

from .comparing import compare
from .worlds import query_text


def test_sqlite_agrees_with_memory() -> None:
    outcome = compare(150, seed=1)
    assert outcome.disagreements == []
    assert outcome.asked == 150
    assert outcome.found > 50


def test_the_texts_are_understood_and_name_every_field() -> None:
    chooser = random.Random(1)
    texts = [query_text(chooser) for _ in range(2_000)]
    for text in texts:
        parse(text)
    named = Counter(name for name in FIELD_NAMES for text in texts if name.partition(".")[0] in text)
    assert set(named) == set(FIELD_NAMES)
    assert any("} -> {" in text for text in texts)
    assert any(" OR " in text for text in texts)
