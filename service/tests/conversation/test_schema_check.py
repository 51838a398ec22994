"""Arguments checked against a tool's schema."""

from __future__ import annotations

from typing import Any

import pytest
from llm_tracer_service.conversation.schema_check import misfits

ORDER = {
    "type": "object",
    "required": ["id"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string"},
        "size": {"enum": ["S", "L"]},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "count": {"type": ["integer", "null"]},
    },
    "$defs": {"line": {"type": "object", "properties": {"n": {"type": "INTEGER"}}, "required": ["n"]}},
}


@pytest.mark.parametrize(
    ("value", "problems"),
    [
        ({"id": "a", "size": "S", "lines": [{"n": 1}], "note": None, "count": None}, []),
        ({"id": "a", "count": 2.0}, []),
        ({}, ["`id` is missing"]),
        ({"id": 7}, ["`id`: integer, not string"]),
        ({"id": "a", "size": "M"}, ["`size`: 'M' is not one of 'S', 'L'"]),
        ({"id": "a", "lines": [{"n": 1}, {"n": "x"}]}, ["`lines[1].n`: string, not integer"]),
        ({"id": "a", "note": 3}, ["`note`: matches none of the 2 alternatives"]),
        ({"id": "a", "count": True}, ["`count`: boolean, not integer or null"]),
        ({"id": "a", "more": 1}, ["`more` is not in the schema"]),
        ("text", ["string, not object"]),
        ('{"id": "a", ', ["truncated JSON, not object"]),
        ('{"id": a}', ["invalid JSON at character 8, not object"]),
        ('"{}"', ["string, not object"]),
    ],
)
def test_problems_with_their_places(value: Any, problems: list[str]) -> None:
    assert misfits(value, ORDER) == problems


@pytest.mark.parametrize(
    "schema", [None, True, [], "x", {}, {"type": "any"}, {"type": 3}, {"$ref": "#"}, {"items": 1}]
)
def test_what_is_no_schema_fits_everything(schema: Any) -> None:
    assert misfits({"a": [1]}, schema) == []


def test_circles_and_depth_end() -> None:
    schema: dict[str, Any] = {"properties": {"next": {"$ref": "#"}}, "required": ["v"]}
    value: dict[str, Any] = {}
    for _ in range(500):
        value = {"next": value}
    assert len(misfits(value, schema)) == 5
    assert misfits(1, {"$ref": "#/a", "a": {"$ref": "#/a"}}) == []
