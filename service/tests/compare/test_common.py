"""Longest common subsequences, compared with the textbook algorithm."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer_service.compare import common as module
from llm_tracer_service.compare.common import Key, common

keys = st.lists(st.sampled_from("abcd").map(lambda letter: (letter,)), max_size=12)


def length_by_table(a: list[Key], b: list[Key]) -> int:
    row = [0] * (len(b) + 1)
    for mine in a:
        before = row
        row = [0]
        for index, their in enumerate(b):
            row.append(before[index] + 1 if mine == their else max(before[index + 1], row[index]))
    return row[-1]


@given(keys, keys)
def test_pairs_are_equal_ascending_and_as_many_as_there_can_be(a: list[Key], b: list[Key]) -> None:
    pairs = common(a, b)
    assert all(a[mine] == b[their] for mine, their in pairs)
    assert all(before[0] < after[0] and before[1] < after[1] for before, after in itertools.pairwise(pairs))
    assert len(pairs) == length_by_table(a, b)


@given(keys, keys)
def test_turned_around_it_is_the_same(a: list[Key], b: list[Key]) -> None:
    assert common(b, a) == [(their, mine) for mine, their in common(a, b)]


@given(keys, keys)
def test_beyond_the_bound_the_pairs_are_still_in_order(a: list[Key], b: list[Key]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CELLS_MAX", -1)
        pairs = common(a, b)
    assert all(a[mine] == b[their] for mine, their in pairs)
    assert all(before[0] < after[0] and before[1] < after[1] for before, after in itertools.pairwise(pairs))
