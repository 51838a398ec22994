from __future__ import annotations

from llm_tracer.model.keys import text_keys


def test_no_two_keys_are_the_same_and_texts_stay() -> None:
    assert text_keys([1, "1", None, True, "True", "1 (int)", 2]) == [
        "1 (int 2)", "1", "None", "True (bool)", "True", "1 (int)", "2",
    ]  # fmt: skip
