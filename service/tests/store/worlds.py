"""Worlds to search in, and texts to search with: seeded, in the words that people write (query.md), not as conditions.

Unlike strategies.py, which makes small cases for one fault each, a world has forty traces of a real Reader, so that
pages, sorts, spans in order and full text have something to disagree about.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from llm_tracer.model.query import FIELDS, HAS_WORDS
from llm_tracer.model.reading import KINDS
from llm_tracer.model.span import Resource, SpanData, SpanEvent
from llm_tracer_service.query import known_fields
from llm_tracer_service.query.fields import SPAN_STATUSES, TRACE_STATUSES, FieldDoc

from .helpers import SECOND, START, span_id, trace_id

TRACES = 40

SENTENCES = (
    "Where is the refund for order 42?", "The train to Göteborg leaves at 7:05", "日本語の請求書を送ってください",
    "请把退款寄到北京", "주문을 취소하고 싶어요", "กรุณาคืนเงินให้ฉัน", "Верните деньги за заказ", "أين طلبي رقم ٤٢؟",
    "err_42 in parse_json(src/app.py:12)", "STRASSE und Straße", "İstanbul'da", "naïve café 😀", "100% of a*b [x] \\ path",
    'say "yes" or \'no\'', "refund refunded refunding", "",
)  # fmt: skip
NAMES = ("plan", "Plan trip", "search", "search_web", "chat gpt-4o", "日本", "a*b", "x")
MODELS = ("gpt-4o", "gpt-4o-mini", "GPT-4O", "claude-opus-4", "qwen3:8b")
LABELS = ("alice", "Alice", "bob", "日本", "a b", "a,b", "test", "")
NUMBERS = (0, 1, 2, 7, 42, 999, 1_000, 10_000, 2**53 + 1)
COSTS = (0.0001, 0.01, 0.5, 2.0)


def spans_of_world(random: random.Random) -> Iterator[SpanData]:
    """The spans of a world, children before parents as often as not."""
    for trace in range(1, TRACES + 1):
        began = START + random.choice((0, trace, 60, 3_600, 90_000)) * SECOND + random.randrange(3)
        shared = _shared(random)
        spans = [_span(random, trace, number, began, shared) for number in range(1, random.randint(2, 9))]
        random.shuffle(spans)
        yield from spans


def _shared(random: random.Random) -> dict[str, Any]:
    """What the spans of one trace say alike."""
    said = {
        "session.id": random.choice(LABELS), "user.id": random.choice(LABELS),
        "llm_tracer.tags": random.sample(LABELS, random.randint(0, 2)),
        "llm_tracer.metadata": {"customer": random.choice((*LABELS, 42, 1.5, True)), "plan": random.choice(LABELS)},
        "llm_tracer.environment": random.choice(LABELS), "llm_tracer.release": random.choice(("2.1.0", "2.1.7", "3")),
    }  # fmt: skip
    return {key: value for key, value in said.items() if random.random() < 0.6}


def _span(random: random.Random, trace: int, number: int, began: int, shared: dict[str, Any]) -> SpanData:
    start = began + random.choice((0, 1, 1, 2, 5, 61)) * SECOND * (number > 1)
    duration_ns = random.choice((0, 1, 500_000_000, SECOND, 2 * SECOND, 61 * SECOND))
    is_root = number == 1
    failed = random.random() < 0.15
    attributes = {**(shared if is_root or random.random() < 0.3 else {}), **_said(random)}
    events = []
    if random.random() < 0.2:
        score = {"gen_ai.evaluation.name": "quality", "gen_ai.evaluation.score.value": random.choice((0.2, 0.5, 1.0)),
                 "gen_ai.evaluation.score.label": random.choice(("good", "bad"))}  # fmt: skip
        events.append(SpanEvent("gen_ai.evaluation.result", start, score))
    return SpanData(
        trace_id(trace),
        span_id(trace * 100 + number),
        random.choice(NAMES),
        start,
        None if random.random() < 0.04 else start + duration_ns,
        # One in twenty names a parent that never comes.
        None if is_root else span_id(trace * 100 + (random.randint(1, number - 1) if random.random() < 0.95 else 99)),
        status_code="error" if failed else random.choice(("unset", "ok")),
        status_message=random.choice(SENTENCES) or None if failed else None,
        attributes=attributes,
        events=tuple(events),
        resource=Resource({"service.name": random.choice(("shop", "checkout", "店"))}),
    )  # fmt: skip


def _said(random: random.Random) -> dict[str, Any]:
    kind = random.choice(("llm", "llm", "tool", "agent", "retriever", "chain"))
    said: dict[str, Any] = {
        "llm_tracer.span.kind": kind,
        "http.route": random.choice(("/chat", "/chat/{id}", 7, True)),
    }
    if random.random() < 0.3:
        said["input.value"] = random.choice(SENTENCES)
    match kind:
        case "llm":
            media = {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "iVBORw0KGgo="}
            parts = [{"type": "text", "content": random.choice(SENTENCES)}]
            parts += [media] if random.random() < 0.1 else []
            answer = [{"type": "text", "content": random.choice(SENTENCES)}]
            answer += [{"type": "reasoning", "content": "because"}] if random.random() < 0.2 else []
            said |= {
                "gen_ai.operation.name": "chat", "gen_ai.request.model": random.choice(MODELS),
                "gen_ai.response.model": random.choice(MODELS), "gen_ai.provider.name": random.choice(("openai", "anthropic")),
                "gen_ai.response.id": f"resp_{random.randrange(60)}",
                "gen_ai.usage.input_tokens": random.choice(NUMBERS), "gen_ai.usage.output_tokens": random.choice(NUMBERS),
                "gen_ai.usage.cache_read.input_tokens": random.choice((0, 1)),
                "gen_ai.input.messages": [{"role": "user", "parts": parts}],
                "gen_ai.output.messages": [{"role": "assistant", "parts": answer}],
            }  # fmt: skip
            if random.random() < 0.7:
                said["llm_tracer.cost.total"] = random.choice(COSTS)
            if random.random() < 0.3:
                said["llm_tracer.ttft_ms"] = random.choice((1.0, 250.0, 500.0))
        case "tool":
            said |= {
                "gen_ai.tool.name": random.choice(NAMES),
                "gen_ai.tool.call.arguments": {"q": random.choice(SENTENCES)},
            }
        case "agent":
            said["gen_ai.agent.name"] = random.choice(("planner", "Planner", "critic"))
        case "retriever":
            said["retrieval.documents.0.document.content"] = random.choice(SENTENCES)
    return said


# --- queries ----------------------------------------------------------------------------------------------------------

_DOCS = known_fields()
_OF_ONE_SPAN = [doc for doc in _DOCS if doc.of_one_span]
_KEYS = {
    "score": ("quality", "other"),
    "meta": ("customer", "plan"),
    "attr": ("http.route", "service.name", "nothing"),
}
_VALUES = {
    "status": TRACE_STATUSES, "span.status": SPAN_STATUSES, "kind": KINDS, "has": HAS_WORDS, "model": MODELS,
    "provider": ("openai", "anthropic"), "service": ("shop", "checkout", "店"), "agent": ("planner", "critic"),
    "name": NAMES, "tool": NAMES, "error": SENTENCES, "release": ("2.1.0", "2.1.*", "3"),
}  # fmt: skip


def query_text(random: random.Random, depth: int = 0) -> str:
    """One query as somebody might type it. It is always understood."""
    return " ".join(_part(random, _DOCS, depth) for _ in range(random.choice((1, 1, 1, 2, 2, 3))))


def _part(random: random.Random, docs: list[FieldDoc], depth: int) -> str:
    inside = docs is _OF_ONE_SPAN
    match random.randrange(12):
        case 0 | 1:
            return _word(random)
        case 2 if depth < 2:
            return f"({_part(random, docs, depth + 1)} OR {_part(random, docs, depth + 1)})"
        case 3 if depth < 2:
            return (
                random.choice(("-", "NOT "))
                + f"({_part(random, docs, depth + 1)} {_part(random, docs, depth + 1)})"
            )
        case 4:
            return "-" + _term(random, docs)
        case 5 | 6 if depth == 0 and not inside:
            return " -> ".join(_group(random) for _ in range(random.choice((1, 1, 2, 2, 3))))
        case _:
            return _term(random, docs)


def _group(random: random.Random) -> str:
    return f"{{{' '.join(_part(random, _OF_ONE_SPAN, 1) for _ in range(random.choice((1, 2))))}}}"


def _word(random: random.Random) -> str:
    sentence = random.choice(SENTENCES) or "refund"
    start = random.randrange(len(sentence))
    return _quoted(sentence[start : start + random.choice((1, 2, 3, 5, 30))])


def _term(random: random.Random, docs: list[FieldDoc]) -> str:
    doc = random.choice(docs)
    head = doc.name.partition(".")[0]
    if doc.type == "any":
        name = f"{head}.{random.choice(_KEYS[head])}"
        if random.random() < 0.3:
            return f"{name}{random.choice(('>', '>=', '<', '<='))}{random.choice(('0', '0.5', '42', '1k'))}"
        if random.random() < 0.2:
            return f"{name}:0.2..42"
        return name + _text_value(random, (*LABELS, "good", "/chat*", "42", "1.5", "true", "shop"))
    if doc.name == "id":
        ids = (trace_id(random.randint(1, TRACES + 2)), span_id(random.randint(1, TRACES) * 100 + 1), "alice",
               f"resp_{random.randrange(60)}")  # fmt: skip
        return (
            random.choice(("", "id:")) + random.choice(ids[:2])
            if random.random() < 0.5
            else f"id:{random.choice(ids)}"
        )
    if doc.name == "status" and docs is _OF_ONE_SPAN:
        return f"status:{random.choice(SPAN_STATUSES)}"
    if doc.type == "text":
        return doc.name + _text_value(random, _VALUES.get(doc.name, LABELS), is_closed=bool(doc.values))
    return doc.name + _number_value(random, doc)


def _text_value(random: random.Random, values: tuple[str, ...], is_closed: bool = False) -> str:
    operator = random.choice((":", ":", ":", "=", "!="))
    if not is_closed and random.random() < 0.1:
        return ":*"
    chosen = [random.choice(values) or "x" for _ in range(random.choice((1, 1, 2)))]
    if not is_closed and random.random() < 0.3:
        cut = chosen[0][: random.randint(0, len(chosen[0]))].rstrip("\\")
        chosen[0] = random.choice((f"{cut}*", f"*{cut}", f"*{cut}*"))
    return operator + ",".join(map(_quoted, chosen))


def _number_value(random: random.Random, doc: FieldDoc) -> str:
    if random.random() < 0.1:
        return ":*"
    written = {
        "duration": ("0ms", "500ms", "1s", "2s", "1m", "61s", "1h"),
        "dollars": ("0", "0.01", "$0.5", "0.51", "2"),
    }.get(doc.type, ("0", "1", "2", "7", "42", "1k", "10k", "1M"))
    if random.random() < 0.2:
        low, high = sorted(random.sample(range(len(written)), 2))
        return f":{written[low]}..{written[high]}"
    return random.choice((":", "=", "!=", ">", ">=", "<", "<=")) + random.choice(written)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


assert {doc.name for doc in _DOCS if doc.type != "any"} >= set(FIELDS), "every field is asked for"
