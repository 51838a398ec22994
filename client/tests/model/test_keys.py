from __future__ import annotations

from llm_tracer.model.keys import containers, text_keys


def test_no_two_keys_are_the_same_and_texts_stay() -> None:
    assert text_keys([1, "1", None, True, "True", "1 (int)", 2]) == [
        "1 (int 2)", "1", "None", "True (bool)", "True", "1 (int)", "2",
    ]  # fmt: skip


def test_every_container_is_found() -> None:
    inner: list[object] = [1]
    value = {"a": [{"b": inner}, 2], "c": None}
    assert sorted(map(len, containers(value))) == [1, 1, 2, 2]
    assert list(containers("text")) == []
