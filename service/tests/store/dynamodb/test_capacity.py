"""What requests consume according to DynamoDB Local: the limits that the design promises (benchmarks/dynamodb.py)."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest
from dynamodb_tables import DynamoDBLocal


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The benchmark itself, so that it and the test cannot say different things."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[4] / "benchmarks"))
    monkeypatch.delitem(sys.modules, "dynamodb", raising=False)
    import dynamodb

    return dynamodb


def test_the_limits_are_kept(dynamodb: DynamoDBLocal, benchmark: ModuleType) -> None:
    figures = benchmark.measure(dynamodb, traces=121, seed=2)
    over = {name: figures[name] for name, limit in benchmark.LIMITS.items() if figures[name] > limit}
    assert over == {}
    assert figures["bytes a span"] < 1_400
