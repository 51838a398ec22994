"""The runs of LangSmith's SDKs: `/runs`, `/runs/batch` and `/runs/multipart`. Pure.

A run is announced when it starts (a post) and changed when it ends (a patch), often in one body. A post becomes a span, a
patch a fragment that changes it. The attributes are those that LangSmith's own OpenTelemetry exporter writes; inputs and
outputs stay the JSON that they are. What it has no name for is kept under `langsmith.` and the name in the run.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from llm_tracer.model.span import Scope, SpanData, SpanEvent, StatusCode, Value

from llm_tracer_service.malformed import MalformedBody
from llm_tracer_service.receiving.decoded import Decoded, Rejected, UnusableSpan
from llm_tracer_service.receiving.otlp.records import check_times
from llm_tracer_service.receiving.peers.form import Part, parts_of
from llm_tracer_service.receiving.peers.ids import number_of, span_id_of, trace_id_of
from llm_tracer_service.receiving.peers.langsmith.errors import failure_of
from llm_tracer_service.receiving.peers.langsmith.feedback import score_of
from llm_tracer_service.receiving.peers.langsmith.times import Step, nanoseconds, steps_of
from llm_tracer_service.receiving.peers.raw_json import (
    Members,
    attribute,
    is_empty,
    items_of,
    members_of,
    object_member,
    text_member,
    value_of,
    written,
)

SCOPE_NAME = "langsmith"

Action: TypeAlias = Literal["post", "patch"]
TraceOf: TypeAlias = Callable[[str], str]
"""The trace id of a run, for records that name no trace."""

_IDS = {
    "id": "langsmith.span.id",
    "trace_id": "langsmith.trace.id",
    "parent_run_id": "langsmith.span.parent_id",
    "dotted_order": "langsmith.span.dotted_order",
}
_NAMES = {
    **_IDS,
    "run_type": "langsmith.span.kind",
    "session_name": "langsmith.trace.session_name",
    "tags": "langsmith.span.tags",
    "inputs": "gen_ai.prompt",
    "outputs": "gen_ai.completion",
}
_READ_APART = frozenset(("name", "start_time", "end_time", "error", "events", "extra"))
"""What becomes a part of the span itself, or several attributes."""

_TEXTS = frozenset(("inputs", "outputs", "serialized"))
"""What may be large, and is kept as it was written."""


@dataclass(slots=True)
class _Run:
    """A run as it came: its members, its attachments, and where it stood in the body."""

    action: Action
    where: str
    members: Members = field(default_factory=dict)
    attachments: dict[str, Part] = field(default_factory=dict)


def decode_multipart(body: bytes, content_type: str) -> Decoded:
    """The runs and the feedback of `/runs/multipart`. Raises MalformedBody; what cannot be kept is in `rejected`.

    Parts are `post.ID` and `patch.ID` with the run, `post.ID.inputs` (or another member) with what may be large,
    `attachment.ID.NAME`, and `feedback.ID`.
    """
    runs: dict[tuple[Action, str], _Run] = {}
    attached: list[tuple[int, Part]] = []
    feedback: list[tuple[str, bytes]] = []
    decoded = Decoded()
    for index, part in enumerate(parts_of(body, content_type)):
        what, _, rest = part.name.partition(".")
        run_id, _, member = rest.partition(".")
        try:
            if what == "feedback":
                feedback.append((part.name, part.content))
            elif what == "attachment":
                attached.append((index, part))
            else:
                action = _action(what)
                run = runs.setdefault((action, run_id), _Run(action, f"{action}.{run_id}"))
                # The run itself must not take back what came in a part of its own.
                run.members |= {member: part.content} if member else members_of(part.content) | run.members
        except UnusableSpan as fault:
            decoded.rejected.append(Rejected(str(fault), part.name, index))
    for index, part in attached:
        _, run_id, name = (*part.name.split(".", 2), "", "")[:3]
        owner = runs.get(("post", run_id)) or runs.get(("patch", run_id))
        if owner is None:
            decoded.rejected.append(
                Rejected("the run of this attachment is not in the body", part.name, index)
            )
        else:
            owner.attachments[name] = part
    _add_spans(decoded, runs.values(), trace_id_of)
    _add_scores(decoded, feedback)
    return decoded


def decode_batch(body: bytes) -> Decoded:
    """The runs of `/runs/batch`: an object with the lists `post` and `patch`. Raises MalformedBody; a run that cannot be kept
    is in `rejected`."""
    decoded = Decoded()
    runs = []
    try:
        sent = members_of(body)
        actions: tuple[Action, ...] = ("post", "patch")
        lists = {action: items_of(sent[action]) for action in actions if not is_empty(sent.get(action, b""))}
    except UnusableSpan as fault:
        raise MalformedBody(f"The body is {fault}", hint='Send {"post": [...], "patch": [...]}.') from fault
    for action, items in lists.items():
        for index, item in enumerate(items):
            where = f"{action}[{index}]"
            try:
                runs.append(_Run(action, where, members_of(item)))
            except UnusableSpan as fault:
                decoded.rejected.append(Rejected(str(fault), where, index))
    _add_spans(decoded, runs, trace_id_of)
    return decoded


def decode_run(body: bytes, action: Action, trace_of: TraceOf, run_id: str = "") -> Decoded:
    """One run, `/runs`, or a change of one, `/runs/ID`. Those may leave out the trace; then `trace_of` tells it
    from the run, or from its parent. Raises MalformedBody if the run cannot be kept."""
    try:
        members = members_of(body)
        if run_id:
            members["id"] = f'"{run_id}"'.encode()
        return Decoded([_span(_Run(action, "$", members), trace_of)])
    except UnusableSpan as fault:
        raise MalformedBody(f"The run cannot be kept: {fault}") from fault


def _action(what: str) -> Action:
    if what == "post":
        return "post"
    if what == "patch":
        return "patch"
    raise UnusableSpan("only post, patch, attachment and feedback are known here")


def _add_spans(decoded: Decoded, runs: Iterable[_Run], trace_of: TraceOf) -> None:
    for index, run in enumerate(runs):
        try:
            decoded.spans.append(_span(run, trace_of))
        except UnusableSpan as fault:
            decoded.rejected.append(Rejected(str(fault), run.where, index))


def _add_scores(decoded: Decoded, feedback: Iterable[tuple[str, bytes]]) -> None:
    for index, (where, sent) in enumerate(feedback):
        try:
            decoded.spans.append(score_of(sent, trace_id_of))
        except UnusableSpan as fault:
            decoded.rejected.append(Rejected(str(fault), where, index))


def _span(run: _Run, trace_of: TraceOf) -> SpanData:
    """A span of a post, a fragment of a patch. Raises UnusableSpan."""
    members = run.members
    run_id = text_member(members, "id")
    if not run_id:
        raise UnusableSpan("the run has no id")
    steps = steps_of(text_member(members, "dotted_order"))
    parent = text_member(members, "parent_run_id") or (steps[-2].run_id if len(steps) > 1 else "")
    extra = object_member(members, "extra")
    start = nanoseconds(members.get("start_time")) or (steps[-1].start_unix_nano if steps else None)
    end = _end(members, start)
    if run.action == "post":
        check_times(start or 0, end or 0)
    status, message, exception = _outcome(members, end or start or 0)
    return SpanData(
        _trace_id(run, run_id, parent, steps, trace_of),
        span_id_of(run_id),
        text_member(members, "name") or ("" if run.action == "patch" else text_member(members, "run_type")),
        start if run.action == "post" else None,
        end,
        parent_span_id=span_id_of(parent) if parent else None,
        status_code=status,
        status_message=message,
        attributes=dict(_attributes(run, extra)),
        events=(*_events(members), *exception),
        scope=Scope(SCOPE_NAME, text_member(object_member(extra, "runtime"), "sdk_version")),
    )


def _trace_id(run: _Run, run_id: str, parent: str, steps: list[Step], trace_of: TraceOf) -> str:
    if sent := text_member(run.members, "trace_id") or (steps[0].run_id if steps else ""):
        return trace_id_of(sent)
    return trace_of(parent or run_id)


def _end(members: Members, start_unix_nano: int | None) -> int | None:
    """The end, None while it runs. JavaScript's SDK numbers the runs of a millisecond in the microseconds of their starts, so
    one that took no time seems to end before it: it ends then."""
    end = nanoseconds(members.get("end_time"))
    if end is None:
        return None
    check_times(start_unix_nano or end, end)
    is_same_moment = start_unix_nano is not None and 0 < start_unix_nano - end < 1_000_000
    return start_unix_nano if is_same_moment else end


def _outcome(members: Members, time_unix_nano: int) -> tuple[StatusCode, str | None, tuple[SpanEvent, ...]]:
    error = value_of(members["error"]) if not is_empty(members.get("error", b"")) else None
    if error is None:
        return "unset", None, ()
    failure = failure_of(error if isinstance(error, str) else written(members["error"]))
    return "error", failure.message, (SpanEvent("exception", time_unix_nano, failure.attributes()),)


def _attributes(run: _Run, extra: Members) -> Iterator[tuple[str, Value]]:
    for name, text in run.members.items():
        if name in _READ_APART or is_empty(text):
            continue
        key = _NAMES.get(name, f"langsmith.{name}")
        yield key, written(text) if name in _TEXTS else attribute(text)
    yield from _of_extra(extra)
    if text_member(run.members, "run_type") == "tool":
        yield from _of_tool(run.members, extra)
    for name, part in run.attachments.items():
        yield from _of_attachment(name, part)


def _of_extra(extra: Members) -> Iterator[tuple[str, Value]]:
    for name, text in extra.items():
        if is_empty(text):
            continue
        if name == "metadata":
            for key, inner in object_member(extra, "metadata").items():
                if not is_empty(inner):
                    yield f"langsmith.metadata.{key}", attribute(inner)
        elif name == "runtime":
            yield "langsmith.span.runtime", written(text)
        else:
            yield f"langsmith.extra.{name}", attribute(text)


def _of_tool(members: Members, extra: Members) -> Iterator[tuple[str, Value]]:
    if name := text_member(members, "name"):
        yield "gen_ai.tool.name", name
    call_id = text_member(extra, "tool_call_id") or text_member(
        object_member(extra, "metadata"), "tool_call_id"
    )
    if call_id:
        yield "gen_ai.tool.call.id", call_id


def _of_attachment(name: str, part: Part) -> Iterator[tuple[str, Value]]:
    """An attachment as a data URL, beside its name. Its number comes from the name: a post and a patch have different ones."""
    major = part.media_type.partition("/")[0]
    medium = major if major in ("image", "audio", "video") else "document"
    prefix = f"langsmith.attachments.{number_of(name)}.{medium}"
    yield f"{prefix}.url", f"data:{part.media_type};base64,{b64encode(part.content).decode()}"
    yield f"{prefix}.name", name


def _events(members: Members) -> Iterator[SpanEvent]:
    if is_empty(members.get("events", b"")):
        return
    bounds = {"start": members.get("start_time"), "end": members.get("end_time")}
    for item in items_of(members["events"]):
        event = members_of(item)
        name, time = text_member(event, "name"), event.get("time")
        if len(event) == 2 and time is not None and bounds.get(name) == time:
            continue  # LangChain's tracer says once more when the run started and ended
        rest = {key: attribute(text) for key, text in event.items() if key not in ("name", "time")}
        yield SpanEvent(name or "event", nanoseconds(time) or 0, rest)
