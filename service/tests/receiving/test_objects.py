from __future__ import annotations

import pytest
from llm_tracer_service.errors import Problem
from llm_tracer_service.receiving.objects import BYTES_PER_OBJECT, check_objects

FOUR_OBJECTS = 4 * BYTES_PER_OBJECT


@pytest.mark.parametrize("body", [b"[{},{},{}]", b'{"a":[[],{}]}', b'["[[[\\"[[\\\\", [], {}, "{{{{{{", {}]'])
def test_as_many_objects_and_lists_as_are_allowed(body: bytes) -> None:
    check_objects(body, FOUR_OBJECTS)


@pytest.mark.parametrize("body", [b"[{},{},{},{}]", b'["a\\\\",{},"b",[],{},"\\"",{}]', b"[" * 50])
def test_more_are_413(body: bytes) -> None:
    with pytest.raises(Problem) as refused:
        check_objects(body, FOUR_OBJECTS)
    assert refused.value.status == 413
    assert refused.value.detail == "The body has more than 4 objects and lists."


@pytest.mark.parametrize("body", [b'"' + b"{" * 1000, b"{" * 4 + b'"\\', b"{" * 4 + b" " * 100_000])
def test_what_is_no_json_is_left_to_its_decoder(body: bytes) -> None:
    check_objects(body, FOUR_OBJECTS)
