"""Runs of LangSmith's SDKs become spans and fragments; together they say what the program did.

The bodies in data/langsmith were recorded by a server on loopback, from a `@traceable` agent with `wrap_openai` against a model
server that answers like OpenAI's: python_*.multipart by langsmith 0.15.1, python_*.batch.json by 0.4.47 when the server said that
it has no multipart, javascript.multipart by the package of npm, 0.12.0. Names of the machine were replaced.
"""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from app_helpers import packaged_reader
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer.model.span import SpanData, merge
from llm_tracer_service.malformed import MalformedBody
from llm_tracer_service.receiving.decoded import Decoded
from llm_tracer_service.receiving.peers.ids import span_id_of, trace_id_of
from llm_tracer_service.receiving.peers.langsmith import (
    decode_batch,
    decode_feedback,
    decode_multipart,
    decode_run,
)
from llm_tracer_service.receiving.peers.langsmith.errors import failure_of

DATA = Path(__file__).parent / "data" / "langsmith"
RUN = "01a21e44-8c7e-7000-8000-01d4a5754ce9"
CHILD = "01a21e44-8c7e-7000-8000-01d4a5754cea"
ORDER = f"20261127T182852219615Z{RUN}"


def recorded(name: str) -> list[Decoded]:
    """The bodies of one program, decoded."""
    found = []
    for path in sorted(DATA.glob(name)):
        body = path.read_bytes()
        boundary = body.partition(b"\r\n")[0][2:].decode()
        found.append(
            decode_batch(body)
            if path.suffix == ".json"
            else decode_multipart(body, f"multipart/form-data; boundary={boundary}")
        )
    return found


def merged(decoded: list[Decoded]) -> dict[str, SpanData]:
    """What a store makes of bodies: one span of each id. Nothing may have been refused."""
    assert [rejected for each in decoded for rejected in each.rejected] == []
    spans: dict[str, SpanData] = {}
    for span in (span for each in decoded for span in each.spans):
        spans[span.span_id] = merge(spans[span.span_id], span) if span.span_id in spans else span
    return spans


def tree(spans: dict[str, SpanData]) -> list[tuple[str, str, str | None, str]]:
    """Name, kind, the name of the parent, status; by start."""
    reader = packaged_reader()
    return [
        (span.name, reader.read(span).kind, spans[span.parent_span_id].name if span.parent_span_id else None, span.status_code)
        for span in sorted(spans.values(), key=lambda span: span.start_time_unix_nano or 0)
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["python_*.multipart", "python_*.batch.json"])
def test_a_program_in_python(name: str) -> None:
    decoded = recorded(name)
    spans = merged(decoded)
    assert tree(spans) == [
        ("answer", "chain", None, "unset"), ("search", "retriever", "answer", "unset"), ("ChatOpenAI", "llm", "answer", "unset"),
        ("forecast", "tool", "answer", "error"), ("look", "chain", "answer", "unset"), ("ChatOpenAI", "llm", "answer", "unset"),
    ]  # fmt: skip
    assert all(span.end_time_unix_nano for span in spans.values())
    assert len({span.trace_id for span in spans.values()}) == 1
    backwards = [Decoded(list(reversed(each.spans)), each.rejected) for each in reversed(decoded)]
    assert {key: reading(span) for key, span in merged(backwards).items()} == {
        key: reading(span) for key, span in spans.items()
    }


def reading(span: SpanData) -> Any:
    return packaged_reader().read(span), span.end_time_unix_nano, span.attributes


def test_what_is_read_of_them() -> None:
    spans = {
        f"{span.name} {index}": span
        for index, span in enumerate(merged(recorded("python_*.multipart")).values())
    }
    reader = packaged_reader()
    root = reader.read(spans["answer 0"])
    assert (root.session_id, root.user_id, root.tags, root.service_name) == (
        "chat-7",
        "alice",
        ("prod",),
        "weather",
    )
    assert root.metadata["plan"] == {"seats": 3}
    calls = [span for span in spans.values() if span.name == "ChatOpenAI"]
    for span in calls:
        call = reader.read(span)
        assert (call.provider, call.request_model) == ("openai", "gpt-4o-mini")
        assert call.response_model == "gpt-4o-mini-2024-07-18"
        assert call.usage is not None
        assert (call.usage.input, call.usage.cache_read, call.usage.output) == (70, 16, 9)
    first, second = map(reader.content, calls)
    assert [(tool["name"]) for tool in first.tool_definitions] == ["forecast"]
    assert first.output_messages[0].parts[0]["name"] == "forecast"
    assert second.output_messages[0].parts[0]["content"] == "Take an umbrella: 11 mm of rain."
    assert (reader.read(calls[1]).ttft_ms or 0) > 0
    failed = next(reader.read(span) for span in spans.values() if span.name == "forecast")
    assert failed.error is not None
    assert (failed.error.type, failed.error.message) == ("ValueError", "no such city: Atlantis")
    found = next(reader.content(span) for span in spans.values() if span.name == "search")
    assert found.documents[0]["content"] == "Bergen has 231 days of rain."
    picture = next(reader.content(span) for span in spans.values() if span.name == "look")
    (part,) = picture.input_messages[0].parts
    assert (part["modality"], part["mime_type"], part["bytes"]) == ("image", "image/png", 8)


def test_a_program_in_javascript() -> None:
    spans = merged(recorded("javascript.multipart"))
    assert tree(spans) == [
        ("answer", "chain", None, "unset"), ("ChatOpenAI", "llm", "answer", "unset"), ("forecast", "tool", "answer", "error"),
    ]  # fmt: skip
    failed = next(packaged_reader().read(span) for span in spans.values() if span.status_code == "error")
    assert failed.error is not None
    assert (failed.error.type, failed.error.message) == ("TypeError", "no such city")
    root = next(span for span in spans.values() if span.parent_span_id is None)
    assert any(value == "data:text/plain;base64,aGVsbG8=" for value in root.attributes.values())
    assert all((span.end_time_unix_nano or 0) >= (span.start_time_unix_nano or 0) for span in spans.values())


def batch(post: list[dict[str, Any]], patch: list[dict[str, Any]]) -> Decoded:
    return decode_batch(json.dumps({"post": post, "patch": patch}).encode())


POST = {
    "id": RUN,
    "name": "run",
    "run_type": "llm",
    "dotted_order": ORDER,
    "start_time": "2026-11-27T18:28:52.219615",
}


def test_a_started_run_is_open_and_changes_end_it_once_in_any_order() -> None:
    first = {
        "id": RUN,
        "dotted_order": ORDER,
        "end_time": "2026-11-27T18:28:53Z",
        "error": "ValueError('bad')",
    }
    second = {"id": RUN, "dotted_order": ORDER, "end_time": "2026-11-27T18:28:53Z", "outputs": {"n": 1}}
    spans = batch([POST], [first, second]).spans
    assert (spans[0].is_open, spans[1].is_fragment, spans[2].is_fragment) == (True, True, True)
    assert spans[0].start_time_unix_nano == 1_795_804_132_219_615_000
    for order in permutations(spans):
        whole = merge(merge(order[0], order[1]), order[2])
        assert (whole.end_time_unix_nano, whole.status_code) == (1_795_804_133_000_000_000, "error")
        assert whole.attributes["gen_ai.completion"] == '{"n": 1}'
        assert [event.name for event in whole.events] == ["exception"]


def test_every_member_of_a_run_is_kept() -> None:
    post = {
        **POST, "inputs": {"a": 1}, "reference_example_id": "e1", "new": {"later": [1]}, "huge": 2**70, "nothing": None,
        "extra": {"metadata": {"n": 1.5, "deep": {"x": []}}, "runtime": {"sdk": "s"}, "invocation_params": {"k": 1}, "color": "red"},
        "serialized": {"name": "m"}, "events": [{"name": "start", "time": POST["start_time"]}, {"name": "chunk", "time": 0, "kwargs": {"t": 1}}],
    }  # fmt: skip
    (span,) = batch([post], []).spans
    kept = {
        key: value
        for key, value in span.attributes.items()
        if key not in ("langsmith.span.id", "langsmith.span.dotted_order")
    }
    assert kept == {
        "langsmith.span.kind": "llm", "gen_ai.prompt": '{"a": 1}', "langsmith.reference_example_id": "e1",
        "langsmith.new": '{"later": [1]}', "langsmith.huge": str(2**70), "langsmith.metadata.n": 1.5,
        "langsmith.metadata.deep": '{"x": []}', "langsmith.span.runtime": '{"sdk": "s"}',
        "langsmith.extra.invocation_params": '{"k": 1}', "langsmith.extra.color": "red", "langsmith.serialized": '{"name": "m"}',
    }  # fmt: skip
    assert [(event.name, event.attributes) for event in span.events] == [("chunk", {"kwargs": '{"t": 1}'})]


def test_a_bad_run_refuses_only_itself() -> None:
    decoded = batch([POST, {"id": RUN}, {"name": "no id"}, {**POST, "start_time": "today"}], [{"id": CHILD}])
    assert [span.span_id for span in decoded.spans] == [span_id_of(RUN), span_id_of(CHILD)]
    assert [(each.where, each.reason) for each in decoded.rejected] == [
        ("post[1]", "the span has no start time"), ("post[2]", "the run has no id"), ("post[3]", 'not a time: "today"'),
    ]  # fmt: skip


def test_a_run_that_names_no_trace_is_in_that_of_its_parent() -> None:
    child = json.dumps(
        {
            "id": CHILD,
            "name": "c",
            "run_type": "tool",
            "parent_run_id": RUN,
            "start_time": 1_795_804_132_219.5,
        }
    )
    (span,) = decode_run(child.encode(), "post", lambda run_id: trace_id_of(run_id)[::-1]).spans
    assert (span.trace_id, span.parent_span_id) == (trace_id_of(RUN)[::-1], span_id_of(RUN))
    assert span.start_time_unix_nano == 1_795_804_132_219_500_000


def test_feedback_is_a_score_of_the_run_or_of_the_trace() -> None:
    sent = {
        "id": "f1",
        "run_id": CHILD,
        "trace_id": RUN,
        "key": "tone",
        "value": "kind",
        "comment": "yes",
        "feedback_source": {"type": "model"},
    }
    for body, target in ((sent, "span"), ({**sent, "run_id": RUN}, "trace")):
        (fragment,) = decode_feedback(json.dumps(body).encode(), trace_id_of).spans
        assert fragment.is_fragment
        whole = merge(SpanData(fragment.trace_id, fragment.span_id, "run", 1, 2), fragment)
        (score,) = packaged_reader().read(whole).scores
        assert (score.name, score.label, score.explanation, score.annotator_kind, score.target) == (
            "tone",
            "kind",
            "yes",
            "LLM",
            target,
        )
        (again,) = decode_feedback(
            json.dumps({**body, "value": None, "score": 0.5}).encode(), trace_id_of
        ).spans
        (score,) = packaged_reader().read(merge(whole, again)).scores
        assert (score.value, score.label) == (0.5, None)


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        (
            "ValueError('no such city')\n\nTraceback (most recent call last):\n  ...",
            "ValueError",
            "no such city",
        ),
        ("KeyError('a', 1)", "KeyError", "KeyError('a', 1)"),
        ("TypeError: no such city", "TypeError", "no such city"),
        ("it broke: badly", None, "it broke: badly"),
        ("", None, ""),
    ],
)
def test_errors_in_their_parts(text: str, kind: str | None, message: str) -> None:
    failure = failure_of(text)
    assert (failure.type, failure.message, failure.text) == (kind, message, text)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = (
    "id", "name", "trace_id", "parent_run_id", "dotted_order", "run_type", "start_time", "end_time", "inputs", "outputs",
    "error", "events", "extra", "tags", "serialized", "key", "score", "value", "run_id", "feedback_source", "created_at",
)  # fmt: skip
RUNS = st.dictionaries(st.sampled_from(MEMBERS), ANY | st.sampled_from([RUN, ORDER, POST["start_time"]]))


@given(ANY | RUNS | st.fixed_dictionaries({"post": st.lists(RUNS | ANY), "patch": st.lists(RUNS | ANY)}))
def test_any_json_is_spans_or_a_reason(sent: Any) -> None:
    body = json.dumps(sent).encode()
    part = b'--b\r\nContent-Disposition: form-data; name="%s.x"\r\n\r\n' + body.replace(b"%", b"%%") + b"\r\n"
    form = (
        b"".join(part % kind for kind in (b"post", b"patch", b"feedback", b"attachment", b"other")) + b"--b--"
    )
    for decode in (
        lambda: decode_batch(body),
        lambda: decode_run(body, "post", trace_id_of),
        lambda: decode_run(body, "patch", trace_id_of, RUN),
        lambda: decode_feedback(body, trace_id_of),
        lambda: decode_multipart(form, "multipart/form-data; boundary=b"),
    ):
        try:
            decoded = decode()
        except MalformedBody:
            continue
        for span in decoded.spans:
            packaged_reader().content(span)
