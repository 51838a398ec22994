from __future__ import annotations

import pytest
from llm_tracer import Span, Tracer
from llm_tracer.config import read_settings
from llm_tracer.sending.body import BODY_BYTES, spans_of_body
from llm_tracer.sending.compress import codec_named
from llm_tracer.sending.outbox import Batch
from llm_tracer.sending.packer import Packer
from llm_tracer.testing import in_memory_tracer


def ended(tracer: Tracer, content: str = "x") -> Span:
    with tracer.span("work", input=content) as span:
        pass
    return span


def spans_in(batch: Batch) -> list[bytes]:
    body = codec_named(batch.content_encoding).decompress(batch.body)
    return [bytes(span) for span in spans_of_body(body)]


class Told:
    """What the packer says of the spans it had."""

    def __init__(self) -> None:
        self.let_go_bytes: list[int] = []
        self.lost_spans = 0

    def lose(self, span_count: int) -> None:
        self.lost_spans += span_count


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def packer(told: Told) -> Packer:
    return Packer(read_settings(), on_let_go=told.let_go_bytes.append, on_lost=told.lose)


def test_ended_spans_become_a_request_and_are_let_go(packer: Packer, told: Told) -> None:
    tracer, _ = in_memory_tracer()
    spans = [ended(tracer) for _ in range(3)]
    (batch,) = packer.ended(spans)
    assert (batch.span_count, batch.ended_count, len(spans_in(batch))) == (3, 3, 3)
    assert told.let_go_bytes == [span._size_bytes for span in spans]
    assert told.lost_spans == 0


def test_a_request_is_no_larger_than_a_body_may_be(packer: Packer) -> None:
    tracer, _ = in_memory_tracer()
    spans = [ended(tracer, "x" * (BODY_BYTES // 3)) for _ in range(5)]
    assert [batch.span_count for batch in packer.ended(spans)] == [2, 2, 1]


def test_what_runs_is_announced_and_nothing_is_lost_with_it(packer: Packer) -> None:
    tracer, _ = in_memory_tracer()
    running, over = tracer.start_span("running"), ended(tracer)
    (batch,) = packer.announced([running, over])
    assert (batch.span_count, batch.ended_count) == (1, 0)


def test_the_halves_of_a_request_have_its_spans_in_their_order(packer: Packer) -> None:
    tracer, _ = in_memory_tracer()
    (batch,) = packer.ended([ended(tracer, str(number)) for number in range(5)])
    halves = packer.halves(batch)
    assert [half.ended_count for half in halves] == [2, 3]
    assert [span for half in halves for span in spans_in(half)] == spans_in(batch)


def test_a_span_that_cannot_be_written_is_left_out_and_said(
    packer: Packer, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    tracer, _ = in_memory_tracer()
    broken, whole = ended(tracer), ended(tracer)
    broken._input = b"\xc1"  # no msgpack
    (batch,) = packer.ended([broken, whole])
    assert batch.span_count == 1
    assert (len(told.let_go_bytes), told.lost_spans) == (2, 1)
    assert "Packer" in caplog.text


def test_a_request_may_have_no_spans(packer: Packer) -> None:
    assert spans_in(packer.nothing()) == []


def test_what_another_codec_wrote_is_read_or_said() -> None:
    gzip = codec_named("gzip")
    assert gzip.decompress(gzip.compress(b"body")) == b"body"
    with pytest.raises(ImportError, match="brotli"):
        codec_named("brotli")
