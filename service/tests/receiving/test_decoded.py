from __future__ import annotations

import pytest
from llm_tracer_service.malformed import MalformedBody
from llm_tracer_service.receiving import decoded
from llm_tracer_service.receiving.decoded import Rejected, Rejections
from llm_tracer_service.receiving.native import decode_batch
from llm_tracer_service.receiving.otlp import json_body, protobuf_body

EMPTY_SPANS = [
    pytest.param(lambda: json_body.traces(b'{"resourceSpans":[{"scopeSpans":[{"spans":[{},{},{}]}]}]}'), id="json"),
    pytest.param(lambda: protobuf_body.traces(b"\x0a\x08\x12\x06\x12\x00\x12\x00\x12\x00"), id="protobuf"),
    pytest.param(lambda: decode_batch(b'{"spans":[{},{},{}]}', "application/json"), id="native"),
]  # fmt: skip


def test_rejections_end_where_a_body_is_refused_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoded, "REJECTED_MAX", 1)
    rejections = Rejections()
    rejections.append(Rejected("no id", "spans[3]", 3))
    with pytest.raises(MalformedBody) as refused:
        rejections.append(Rejected("no name", "spans[4]", 4))
    assert str(refused.value) == (
        "More than 1 spans cannot be kept, the first because of: no id (at spans[3])"
    )
    assert refused.value.hint.startswith("Nothing of this body was kept.")


@pytest.mark.parametrize("decode", EMPTY_SPANS)
def test_every_format_ends_there(decode, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    assert len(decode().rejected) == 3
    monkeypatch.setattr(decoded, "REJECTED_MAX", 2)
    with pytest.raises(MalformedBody):
        decode()
