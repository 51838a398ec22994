"""The parameters of a model call."""

from __future__ import annotations

import json

from javascript import evaluate


def test_long_and_empty_parameters_do_not_push_the_messages_away() -> None:
    tools = [{"name": "book_flight", "parameters_json_schema": {"type": "object", "description": "x" * 100}}]
    params = {"temperature": 0.2, "stop": ["\n"], "seed": None, "native_tools": [], "function_tools": tools}
    assert evaluate("content/params.js", f"m.paramsOf({json.dumps(params)})") == {
        "brief": [["temperature", "0.2"], ["stop", '["\\n"]']],
        "others": {"native_tools": [], "function_tools": tools},
    }
    assert evaluate("content/params.js", "m.paramsOf(null)") == {"brief": [], "others": {}}
