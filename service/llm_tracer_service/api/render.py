"""The vocabulary as answers. Pure: values in, values out."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from llm_tracer.model import figures as model_figures
from llm_tracer.model import reading as model
from llm_tracer.model import session as model_session
from llm_tracer.model import trace as model_trace
from llm_tracer.model.query import Condition, FieldTest, Test, TraceQuery, TurnOf
from llm_tracer.model.row import SpanRow
from llm_tracer.model.span import SpanData, SpanEvent
from msgspec import UNSET
from msgspec.structs import replace

from llm_tracer_service.api import answers
from llm_tracer_service.api.shortened import LONGER_CHARS_MAX, beginning, found_by, short, shortened
from llm_tracer_service.conversation.fingerprints import fingerprint_of_system, fingerprints
from llm_tracer_service.conversation.turns import Turn, Utterance
from llm_tracer_service.json_values import json_value
from llm_tracer_service.query import to_text
from llm_tracer_service.rollup import Subtree
from llm_tracer_service.span_context import SpanContext
from llm_tracer_service.store.base import FoundSpan, Hit, SessionPage, SpanPage, TracePage
from llm_tracer_service.times import rfc3339

_NO_CONTEXT = SpanContext()


def time(unix_nano: int | None) -> str | None:
    """RFC 3339 with nanoseconds; None stays None."""
    return None if unix_nano is None else rfc3339(unix_nano)


def page(of: TracePage | SpanPage | SessionPage, count: int) -> dict[str, Any]:
    """The fields of answers.ListPage, for a page of so many."""
    return {
        "next_cursor": of.next_cursor,
        "has_more": of.next_cursor is not None,
        "count": count,
        "scanned": of.scanned,
        "scanned_until": time(of.scanned_until_unix_nano),
        "complete": of.complete,
    }


def counted(since_unix_nano: int | None) -> tuple[bool, str | None]:
    """Whether everything was counted, and otherwise since when."""
    return since_unix_nano is None, time(since_unix_nano)


def usage(of: model.Usage | None) -> answers.Usage | None:
    return None if of is None else answers.Usage(
        of.input, of.output, of.total, of.cache_read, of.cache_write, of.reasoning, of.cache_write_5m,
        of.cache_write_1h, of.input_audio, of.output_audio, of.input_image, dict(of.extra),
    )  # fmt: skip


def span_cost(of: model.Cost | None) -> answers.SpanCost | None:
    return None if of is None else answers.SpanCost(
        of.total, of.input, of.output, dict(of.parts), of.currency, of.source, of.price_version
    )  # fmt: skip


def span_error(of: model.SpanError | None, stack: str | None = None) -> answers.SpanError | None:
    return None if of is None else answers.SpanError(of.type, of.message, of.inferred, stack)


def scores(of: Iterable[model.Score]) -> tuple[answers.Score, ...]:
    return tuple(
        answers.Score(
            score.name, score.value, score.label, score.explanation, score.source, score.annotator_kind,
            score.target, time(score.time_unix_nano),
        )
        for score in of
    )  # fmt: skip


def trace_summary(of: model_trace.TraceSummary, pinned: Container[str] = frozenset()) -> answers.TraceSummary:
    """A summary; `pinned` are the ids of pinned traces."""
    row = answers.TraceSummary(
        trace_id=of.trace_id,
        name=of.name,
        status=of.status,
        start_time=rfc3339(of.start_time_unix_nano),
        end_time=time(of.end_time_unix_nano),
        duration_ms=of.duration_ms,
        span_count=of.span_count,
        error_count=of.error_count,
        open_count=of.open_count,
        orphan_count=of.orphan_count,
        answer_cut=of.answer_cut,
        root_span_id=of.root_span_id,
        kinds=dict(of.kinds),
        models=of.models,
        providers=of.providers,
        services=of.services,
        usage=usage(of.usage),
        cost=of.cost,
        ttft_ms=of.ttft_ms,
        session_id=of.session_id,
        user_id=of.user_id,
        tags=of.tags,
        metadata=_object(of.metadata),
        environment=of.environment,
        release=of.release,
        scores=scores(of.scores),
        input_preview=of.input_preview,
        output_preview=of.output_preview,
        error=_trace_error(of.error),
        last_received=rfc3339(of.last_received_unix_nano),
        pinned=of.trace_id in pinned,
    )
    return shortened(row)


def hit(of: Hit | None) -> answers.Hit | None:
    """A place where a word occurs."""
    return None if of is None else answers.Hit(of.span_id, of.where, of.snippet)


def is_silent(last_received_unix_nano: int, now_unix_nano: int, abandon_after_s: float) -> bool:
    """Whether what still runs in a trace counts as abandoned: nothing has arrived for too long."""
    return (now_unix_nano - last_received_unix_nano) / 1e9 > abandon_after_s


def state(end_time_unix_nano: int | None, silent: bool) -> answers.State:
    """The state of a span, in a trace that is silent or not."""
    if end_time_unix_nano is not None:
        return "closed"
    return "abandoned" if silent else "open"


def span_row(
    row: SpanRow, depth: int, orphan: bool, silent: bool, trace_id: str | None = None
) -> answers.SpanRow:
    reading = row.reading
    shown = answers.SpanRow(
        span_id=row.span_id,
        parent_span_id=row.parent_span_id,
        name=reading.name,
        kind=reading.kind,
        status=reading.status,
        state=state(row.end_time_unix_nano, silent),
        start_time=rfc3339(row.start_time_unix_nano),
        end_time=time(row.end_time_unix_nano),
        duration_ms=row.duration_ms,
        model=reading.model,
        provider=reading.provider,
        usage=usage(reading.usage),
        cost=span_cost(reading.cost),
        error=span_error(reading.error),
        depth=depth,
        orphan=orphan,
        trace_id=UNSET if trace_id is None else trace_id,
    )
    return shortened(shown)


def found_span(row: answers.SpanRow, found: FoundSpan, trace_name: str) -> answers.SpanRow:
    """The row of a span, with what a list over several traces adds."""
    reading = found.row.reading
    shown = replace(
        row,
        trace_name=trace_name,
        tool_name=reading.tool_name,
        input_preview=reading.input_preview,
        output_preview=reading.output_preview,
        answer_cut="cut" in reading.has,
        hit=hit(found.hit),
    )
    return shortened(shown)


def span_detail(
    span: SpanData,
    reading: model.Reading,
    content: model.Content,
    silent: bool,
    mapping_version: str,
    context: SpanContext = _NO_CONTEXT,
) -> answers.SpanDetail:
    """`span` is not a fragment. Without a context it is shown as if it were alone."""
    assert span.start_time_unix_nano is not None
    end = span.end_time_unix_nano
    error = span_error(reading.error, content.error_stack)
    if error is None and content.error_stack is not None:
        error = answers.SpanError(None, None, True, content.error_stack)
    return answers.SpanDetail(
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_span_id=span.parent_span_id,
        name=reading.name,
        otel_name=span.name,
        kind=reading.kind,
        otel_kind=span.otel_kind,
        status=reading.status,
        status_message=span.status_message,
        level=reading.level,
        state=state(end, silent),
        start_time=rfc3339(span.start_time_unix_nano),
        end_time=time(end),
        duration_ms=None if end is None else (end - span.start_time_unix_nano) / 1e6,
        service_name=reading.service_name,
        scope=answers.Scope(span.scope.name, span.scope.version, _object(span.scope.attributes)),
        resource=_object(span.resource.attributes),
        attributes=_object(span.attributes),
        events=[_event(event) for event in span.events],
        links=[answers.Link(link.trace_id, link.span_id, _object(link.attributes)) for link in span.links],
        operation=reading.operation,
        provider=reading.provider,
        request_model=reading.request_model,
        response_model=reading.response_model,
        model=reading.model,
        params=_object(content.params),
        service_tier=content.service_tier,
        system=[_object(part) for part in content.system],
        input_messages=[message(each) for each in content.input_messages],
        output_messages=[message(each) for each in content.output_messages],
        tool_definitions=[_object(definition) for definition in content.tool_definitions],
        input_raw=json_value(content.input_raw),
        input_mime=content.input_mime,
        output_raw=json_value(content.output_raw),
        output_mime=content.output_mime,
        tool=_optional(content.tool),
        usage=usage(reading.usage),
        usage_raw=_object(content.usage_raw),
        usage_flags=reading.usage_flags,
        cost=span_cost(reading.cost),
        finish_reasons=reading.finish_reasons,
        response_id=reading.response_id,
        ttft_ms=reading.ttft_ms,
        streaming=content.streaming,
        documents=[_object(document) for document in content.documents],
        query=content.query,
        embeddings=_optional(content.embeddings),
        rerank=_optional(content.rerank),
        agent=_optional(content.agent),
        workflow_name=content.workflow_name,
        graph_node=_optional(content.graph_node),
        prompt=_optional(content.prompt),
        mcp=_optional(content.mcp),
        session_id=reading.session_id,
        user_id=reading.user_id,
        tags=reading.tags,
        metadata=_object(reading.metadata),
        environment=reading.environment,
        release=reading.release,
        scores=scores(reading.scores),
        error=error,
        provenance=dict(content.provenance),
        ingest_notes=content.ingest_notes,
        notes=tuple(answers.Note(note.code, note.text, note.span_id) for note in context.notes),
        tool_links=context.tool_links,
        fingerprints=_fingerprints(content) if reading.kind == "llm" else None,
        delta=context.delta,
        subtree=_subtree(context.subtree),
        mapping_version=mapping_version,
    )


def session_summary(of: model_session.SessionSummary) -> answers.SessionSummary:
    row = answers.SessionSummary(
        session_id=of.session_id,
        turn_count=of.turn_count,
        start_time=rfc3339(of.start_time_unix_nano),
        last_activity=rfc3339(of.last_activity_unix_nano),
        duration_ms=of.duration_ms,
        user_id=of.user_id,
        span_count=of.span_count,
        error_count=of.error_count,
        usage=usage(of.usage),
        cost=of.cost,
        first_input_preview=of.first_input_preview,
        q=to_text(TraceQuery(_turns_of(of.session_id))),
        scores=scores(of.scores),
    )
    return shortened(row)


def _turns_of(session_id: str) -> Condition:
    if len(session_id) <= LONGER_CHARS_MAX:
        return TurnOf(session_id)
    return FieldTest("session", Test(texts=(found_by(session_id),)))


def session_outline(summaries: Sequence[model_trace.TraceSummary]) -> answers.SessionOutline:
    return answers.SessionOutline(
        trace_id=tuple(each.trace_id for each in summaries),
        start_us=tuple(each.start_time_unix_nano // 1000 for each in summaries),
        duration_ms=tuple(each.duration_ms for each in summaries),
        status=tuple(each.status for each in summaries),
        error_count=tuple(each.error_count for each in summaries),
        tokens=tuple(None if each.usage is None else each.usage.total for each in summaries),
        cost=tuple(None if each.cost is None else each.cost.total for each in summaries),
        received_us=tuple(each.last_received_unix_nano // 1000 for each in summaries),
    )


def turn(summary: model_trace.TraceSummary, of: Turn, left_out: int) -> answers.Turn:
    return answers.Turn(
        trace_id=summary.trace_id,
        name=beginning(summary.name),
        status=summary.status,
        start_time=rfc3339(summary.start_time_unix_nano),
        duration_ms=summary.duration_ms,
        asked=_said(of.asked),
        answered=_said(of.answered),
        left_out=left_out,
        usage=usage(summary.usage),
        cost=summary.cost,
        llm_calls=summary.llm_calls,
        tool_calls=summary.kinds.get("tool", 0),
        tools=tuple(
            answers.ToolUse(beginning(use.name), use.calls, use.errors, use.span_id) for use in of.tools
        ),
        error_count=summary.error_count,
        error=short(_trace_error(summary.error)),
    )


def _said(of: Utterance | None) -> answers.SaidMessage | None:
    return None if of is None else answers.SaidMessage(of.span_id, message(of.message))


def _trace_error(of: model_trace.TraceError | None) -> answers.TraceError | None:
    return None if of is None else answers.TraceError(of.type, of.message, of.span_id)


def figures(of: model_figures.Figures) -> answers.Figures:
    return answers.Figures(**figures_by_name(of))


def point(of: model_figures.Figures, start_unix_nano: int) -> answers.Point:
    """The figures of the bucket that begins at a time."""
    return answers.Point(time=rfc3339(start_unix_nano), **figures_by_name(of))


def figures_by_name(of: model_figures.Figures) -> dict[str, Any]:
    """The fields that all answers with figures share."""
    p50, p95, p99 = (model_figures.percentile_ms(of.histogram, share) for share in (0.5, 0.95, 0.99))
    return {
        "traces": of.traces,
        "spans": of.spans,
        "errors": of.errors,
        "running": of.running,
        "llm_calls": of.llm_calls,
        "tool_calls": of.tool_calls,
        "usage": usage(of.usage),
        "cost": of.cost,
        "latency_ms": answers.Latency(p50, p95, p99),
    }


def _fingerprints(content: model.Content) -> answers.Fingerprints:
    given, answered = fingerprints(content)
    return answers.Fingerprints(fingerprint_of_system(content.system), given, answered)


def _subtree(of: Subtree | None) -> answers.Subtree | None:
    return None if of is None else answers.Subtree(of.calls, usage(of.usage), of.cost)


def _event(of: SpanEvent) -> answers.Event:
    body = {} if of.body is None else {"body": json_value(of.body)}
    return answers.Event(of.name, rfc3339(of.time_unix_nano), _object(of.attributes), of.source, **body)


def message(of: model.Message) -> answers.Message:
    """One message."""
    return answers.Message(of.role, of.name, [_object(part) for part in of.parts], of.finish_reason, of.id)


def _object(of: Mapping[str, Any]) -> dict[str, Any]:
    return {str(key): json_value(value) for key, value in of.items()}


def _optional(of: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if of is None else _object(of)
