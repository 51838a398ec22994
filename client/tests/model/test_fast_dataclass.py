"""The faster `__init__` of the dataclasses that every span is made of: seen from outside nothing is different."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, fields, replace
from typing import Any

import pytest
from llm_tracer.model.fast_dataclass import made_fast
from llm_tracer.model.reading import Reading, Usage
from llm_tracer.model.span import NO_SCOPE, SpanData

MAKE: list[Callable[[], Any]] = [lambda: SpanData("t", "s", "n", 1), lambda: Reading("n"), lambda: Usage(1)]


@pytest.mark.parametrize("make", MAKE)
def test_it_is_frozen_equal_hashable_as_before_and_can_be_copied(make: Callable[[], Any]) -> None:
    made = make()
    assert type(made) in (SpanData, Reading, Usage)
    assert made == make() == replace(made) == copy.copy(made) == pickle.loads(pickle.dumps(made))
    for each in fields(made):
        with pytest.raises(FrozenInstanceError):
            setattr(made, each.name, None)
    assert not hasattr(made, "__dict__")


def test_every_field_gets_its_own_value_by_place_and_by_name() -> None:
    for cls in (SpanData, Reading, Usage):
        names = [each.name for each in fields(cls)]
        for made in (cls(*names), cls(**{name: name for name in reversed(names)})):  # type: ignore[arg-type]
            assert [getattr(made, name) for name in names] == names
        assert list(inspect.signature(cls).parameters) == names


def test_defaults_are_kept_and_made_anew_for_each() -> None:
    one, other = SpanData("t", "s", "n", 1), SpanData("t", "s", "n", 1)
    assert one.attributes == {}
    assert one.attributes is not other.attributes
    assert one.scope is NO_SCOPE
    fast: Any = made_fast(
        dataclass(frozen=True, slots=True)(type("Fast", (), {"__annotations__": {"a": int}}))
    )
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'a'"):
        fast()
    with pytest.raises(TypeError, match="unexpected keyword argument 'b'"):
        fast(a=1, b=2)
