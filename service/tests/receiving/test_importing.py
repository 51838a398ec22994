"""The lines of files as requests."""

from __future__ import annotations

import json

import pytest
from llm_tracer_service.receiving.importing import BODY_BYTES, BadLine, requests_of

NATIVE = b'{"trace_id": "1", "span_id": "2"}\n'
TRACES = b'{"resourceSpans": [{"scopeSpans": []}]}\n'
LOGS = b'{"resourceLogs":[{"scopeLogs":[]}]}\n'
METRICS = b'{"resourceMetrics":[{}]}\n'


def shown(*lines: bytes) -> list[tuple[str, list[int]]]:
    return [(request.path, request.numbers) for request in requests_of(lines)]


def test_lines_of_one_kind_go_together_and_keep_their_order() -> None:
    assert shown(NATIVE, NATIVE, b"\n", TRACES, TRACES, METRICS, LOGS, NATIVE) == [
        ("/api/spans", [1, 2]), ("/v1/traces", [4, 5]), ("/v1/logs", [7]), ("/api/spans", [8]),
    ]  # fmt: skip


def test_lines_of_otlp_become_one_list() -> None:
    (request,) = requests_of([TRACES, TRACES])
    assert json.loads(request.body()) == {"resourceSpans": [{"scopeSpans": []}] * 2}


def test_a_batch_goes_alone_and_as_it_is() -> None:
    batch = b'{"spans": []}\n'
    assert [request.body() for request in requests_of([batch, batch])] == [batch, batch]


def test_a_request_does_not_grow_beyond_its_limit() -> None:
    large = NATIVE.rstrip(b"}\n") + b', "name": "%s"}\n' % (b"x" * (BODY_BYTES // 2))
    assert shown(large, large, large) == [("/api/spans", [1]), ("/api/spans", [2]), ("/api/spans", [3])]


def test_a_document_over_many_lines_is_one() -> None:
    pretty = json.dumps(json.loads(TRACES), indent=2).encode().splitlines(keepends=True)
    (request,) = requests_of(pretty)
    assert json.loads(request.body()) == json.loads(TRACES)


def test_one_span_over_many_lines_is_one_line() -> None:
    pretty = json.dumps(json.loads(NATIVE), indent=2).encode().splitlines(keepends=True)
    (request,) = requests_of([b"\xef\xbb\xbf" + pretty[0], *pretty[1:]])
    assert request.body() == b'{"trace_id":"1","span_id":"2"}'


def test_a_list_is_what_is_in_it() -> None:
    several = json.dumps([json.loads(NATIVE)] * 2 + [json.loads(TRACES)], indent=2).encode()
    assert shown(*several.splitlines(keepends=True)) == [("/api/spans", [1, 1]), ("/v1/traces", [1])]
    assert shown(NATIVE, b"[]\n", several.replace(b"\n", b"")) == [
        ("/api/spans", [1, 3, 3]),
        ("/v1/traces", [3]),
    ]


def test_what_python_writes_for_no_number_is_taken() -> None:
    native, otlp = b'{"trace_id":"1","a":NaN}', b'{"resourceSpans":[{"a":-Infinity}]}'
    first, second = requests_of([native, otlp])
    assert first.body() == b'{"trace_id":"1","a":{"$double":"NaN"}}'
    assert second.body() == b'{"resourceSpans":[{"a":"-Infinity"}]}'


def test_an_empty_request_is_left_out() -> None:
    assert shown(b'{"resourceSpans": []}', b"", b"\n") == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [(b"{oops\n", "not JSON"), (b"[1]\n", "not a JSON object"), (b'{"a": 1}\n', "not a span: expected an object with resourceSpans")],
)  # fmt: skip
def test_a_bad_line_is_named(line: bytes, reason: str) -> None:
    with pytest.raises(BadLine, match=reason) as raised:
        list(requests_of([NATIVE, line]))
    assert raised.value.number == 2
