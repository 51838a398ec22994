"""What a received span costs before it is stored: CPU time of gunzip, decoding, reading and setting payloads aside.

    .venv/bin/python benchmarks/reading.py [--spans 100] [--rounds 200] [--profile]

Requests of 100 spans of an agent: model calls (gen_ai.* and OpenInference), tools, a retriever; 24 attributes and 3.2 KB
of text a span. CPU time of this process, the best round of all, since another program on the machine only adds to it.
The last column is the ratio to decoding native JSON, for comparing machines.
"""

from __future__ import annotations

import argparse
import cProfile
import gzip
import json
import pstats
import random
import time
from collections.abc import Callable
from typing import Any

from google.protobuf.json_format import ParseDict
from llm_tracer.model.row import row_of
from llm_tracer.model.span import SpanData
from llm_tracer_service.blobs import set_aside
from llm_tracer_service.reading import load_reader
from llm_tracer_service.reading.pricing import PriceBook
from llm_tracer_service.receiving.body import decompress
from llm_tracer_service.receiving.native import decode_batch
from llm_tracer_service.receiving.otlp import decode_traces
from llm_tracer_service.service.room import Room
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

START = 1_790_000_000_000_000_000
BUDGET_US = 40.0
BODY_BYTES_MAX = 64 * 1024 * 1024


class Generator:
    """Spans of agents, the same ones for one seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        letters = "etaoinshrdlucmfwypvbgkjqxz"
        words = ["".join(self._random.choices(letters, k=self._random.randint(2, 10))) for _ in range(5_000)]
        self._text = " ".join(self._random.choices(words, k=100_000))

    def span(self, number: int) -> dict[str, Any]:
        """One span with 24 attributes."""
        make = (self._gen_ai, self._openinference, self._tool, self._gen_ai, self._retriever)[number % 5]
        attributes = make()
        for filler in range(24 - len(attributes)):
            attributes[f"app.detail_{filler}"] = self._random.choice((0.7, 1, 4_096, "auto", True))
        assert len(attributes) == 24
        return {
            "trace_id": f"{self._random.getrandbits(128):032x}",
            "span_id": f"{self._random.getrandbits(64):016x}",
            "parent_span_id": f"{self._random.getrandbits(64):016x}",
            "name": f"step {number % 5}",
            "start_time_unix_nano": START + number,
            "end_time_unix_nano": START + number + 10**9,
            "attributes": attributes,
        }

    def _words(self, chars: int) -> str:
        first = self._random.randrange(len(self._text) - chars)
        return self._text[first : first + chars]

    def _shared(self) -> dict[str, Any]:
        return {"session.id": f"s-{self._random.randrange(99)}", "user.id": f"u-{self._random.randrange(99)}"}

    def _gen_ai(self) -> dict[str, Any]:
        def messages(role: str, chars: int) -> str:
            return json.dumps([{"role": role, "parts": [{"type": "text", "content": self._words(chars)}]}])

        return {
            **self._shared(),
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.response.model": "gpt-4o-2024-08-06",
            "gen_ai.response.id": f"chatcmpl-{self._random.getrandbits(96):x}",
            "gen_ai.response.finish_reasons": ["stop"],
            "gen_ai.usage.input_tokens": self._random.randrange(200, 4_000),
            "gen_ai.usage.output_tokens": self._random.randrange(500),
            "gen_ai.usage.cache_read.input_tokens": self._random.randrange(200),
            "gen_ai.input.messages": messages("user", 2_300),
            "gen_ai.output.messages": messages("assistant", 700),
            "server.address": "api.openai.com",
        }

    def _openinference(self) -> dict[str, Any]:
        return {
            **self._shared(),
            "openinference.span.kind": "LLM",
            "llm.model_name": "gpt-4o-2024-08-06",
            "llm.provider": "openai",
            "llm.invocation_parameters": '{"model": "gpt-4o", "temperature": 0.2}',
            "llm.token_count.prompt": self._random.randrange(200, 4_000),
            "llm.token_count.completion": self._random.randrange(500),
            "llm.token_count.total": 900,
            "llm.input_messages.0.message.role": "system",
            "llm.input_messages.0.message.content": self._words(1_000),
            "llm.input_messages.1.message.role": "user",
            "llm.input_messages.1.message.content": self._words(1_400),
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.content": self._words(700),
            "input.value": '{"messages": []}',
            "output.value": '{"choices": []}',
        }

    def _tool(self) -> dict[str, Any]:
        return {
            **self._shared(),
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "search",
            "gen_ai.tool.call.id": f"call_{self._random.getrandbits(64):x}",
            "gen_ai.tool.call.arguments": json.dumps({"query": self._words(200)}),
            "gen_ai.tool.call.result": self._words(3_000),
        }

    def _retriever(self) -> dict[str, Any]:
        sent = {**self._shared(), "openinference.span.kind": "RETRIEVER", "input.value": self._words(200)}
        for number in range(3):
            sent[f"retrieval.documents.{number}.document.content"] = self._words(950)
            sent[f"retrieval.documents.{number}.document.score"] = self._random.random()
        return sent


def otlp_json(spans: list[dict[str, Any]]) -> dict[str, Any]:
    """The request that an exporter would send."""
    sent = [
        {
            "traceId": span["trace_id"],
            "spanId": span["span_id"],
            "parentSpanId": span["parent_span_id"],
            "name": span["name"],
            "startTimeUnixNano": str(span["start_time_unix_nano"]),
            "endTimeUnixNano": str(span["end_time_unix_nano"]),
            "attributes": [{"key": key, "value": _any(value)} for key, value in span["attributes"].items()],
        }
        for span in spans
    ]
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}
    return {
        "resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": {"name": "bench"}, "spans": sent}]}]
    }


def _any(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_any(item) for item in value]}}
    return {"stringValue": value}


def otlp_protobuf(request: dict[str, Any]) -> bytes:
    """The same in protobuf. Its JSON form would take ids for base64, so they are set by hand."""
    spans = request["resourceSpans"][0]["scopeSpans"][0]["spans"]
    without_ids = [{key: value for key, value in span.items() if not key.endswith("Id")} for span in spans]
    scope_spans = [{**request["resourceSpans"][0]["scopeSpans"][0], "spans": without_ids}]
    message = ParseDict(
        {"resourceSpans": [{**request["resourceSpans"][0], "scopeSpans": scope_spans}]},
        ExportTraceServiceRequest(),
    )
    for target, span in zip(message.resource_spans[0].scope_spans[0].spans, spans, strict=True):
        target.trace_id = bytes.fromhex(span["traceId"])
        target.span_id = bytes.fromhex(span["spanId"])
        target.parent_span_id = bytes.fromhex(span["parentSpanId"])
    return bytes(message.SerializeToString())


def best_us(work: Callable[[], object], rounds: int, spans: int) -> float:
    """CPU microseconds a span in the best round."""
    best = float("inf")
    for _ in range(rounds):
        started = time.process_time_ns()
        work()
        best = min(best, (time.process_time_ns() - started) / 1e3 / spans)
    return best


def main() -> None:
    """Prints the table; says whether the budget is kept."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--spans", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--profile", action="store_true", help="where reading spends its time")
    arguments = parser.parse_args()
    generator = Generator(1)
    sent = [generator.span(number) for number in range(arguments.spans)]
    request = otlp_json(sent)
    native, as_json, protobuf = (
        json.dumps({"spans": sent}).encode(),
        json.dumps(request).encode(),
        otlp_protobuf(request),
    )
    reader, with_prices = load_reader(), load_reader(prices=PriceBook())
    gzipped = gzip.compress(protobuf)
    room = Room(BODY_BYTES_MAX)
    decoded: list[SpanData] = list(decode_traces(protobuf, "application/x-protobuf").spans)
    assert len(decoded) == arguments.spans
    assert not decode_traces(protobuf, "application/x-protobuf").rejected
    kinds: dict[str, list[SpanData]] = {}
    for span in decoded:
        kinds.setdefault(f"read: {reader.read(span).kind} {span.name}", []).append(span)
    read_all = [reader.read(span) for span in decoded]

    def us(work: Callable[[], object], spans: int = arguments.spans) -> float:
        return best_us(work, arguments.rounds, spans)

    def gunzip() -> None:
        with room.share() as share:
            decompress(gzipped, "gzip", BODY_BYTES_MAX, share)

    stages = {
        "gunzip: OTLP protobuf": us(gunzip),
        "decode: native JSON": us(lambda: decode_batch(native, "application/json")),
        "decode: OTLP JSON": us(lambda: decode_traces(as_json, "application/json")),
        "decode: OTLP protobuf": us(lambda: decode_traces(protobuf, "application/x-protobuf")),
        "read": us(lambda: [reader.read(span) for span in decoded]),
        "read, with prices": us(lambda: [with_prices.read(span) for span in decoded]),
        **{
            name: us(lambda spans=spans: [reader.read(span) for span in spans], len(spans))  # type: ignore[misc]
            for name, spans in kinds.items()
        },
        "set payloads aside": us(lambda: [set_aside(span, {}) for span in decoded]),
        "row": us(lambda: [row_of(span, reading) for span, reading in zip(decoded, read_all, strict=True)]),
    }
    base = stages["decode: native JSON"]
    print(f"{'stage':34}{'µs a span':>10}{'by native JSON':>16}")
    for name, figure in stages.items():
        print(f"{name:34}{figure:>10.1f}{figure / base:>16.2f}")
    for body in ("native JSON", "OTLP protobuf", "OTLP JSON"):
        whole = stages[f"decode: {body}"] + stages["read"]
        kept = "kept" if whole <= BUDGET_US else "not kept"
        print(f"decode + read, {body}: {whole:.1f} µs; {BUDGET_US:.0f} µs {kept}")
    if arguments.profile:
        profile = cProfile.Profile()
        profile.enable()
        for _ in range(50):
            for span in decoded:
                reader.read(span)
        profile.disable()
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    main()
