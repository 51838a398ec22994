"""Live span → SpanData, in the vocabulary of the field. Runs on the sender's thread.

Attributes are those of OTel GenAI v1.41 and OpenInference, or `llm_tracer.*` if neither has a name.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import msgspec

from ..config import Settings
from ..model.keys import containers
from ..model.span import Resource, Scope, SpanData, SpanEvent, SpanLink, Value
from ..recording.context import SpanContext
from ..recording.span import Event, Span
from ..values.encode import Messages, Snapshot, render, text_of
from ..values.messages import as_messages, message_list, plain_messages_json
from ..values.redact import Cleaning, Redactor
from ..version import __version__

if TYPE_CHECKING:
    from .recorder import Recorded

SCOPE = Scope(name="llm-tracer", version=__version__)

_OPERATION_OF_KIND = {
    "llm": "chat",
    "embedding": "embeddings",
    "tool": "execute_tool",
    "agent": "invoke_agent",
    "retriever": "retrieval",
}
_NAME_OF_KIND = {"tool": "gen_ai.tool.name", "agent": "gen_ai.agent.name"}


class _Side(NamedTuple):
    """The attributes that hold the content of one side of a span."""

    name: str
    messages: str
    value: str
    mime_type: str
    role_of_text: str


_INPUT = _Side("input", "gen_ai.input.messages", "input.value", "input.mime_type", "user")
_OUTPUT = _Side("output", "gen_ai.output.messages", "output.value", "output.mime_type", "assistant")
_CONTENT_PREFIXES = (
    "input.", "output.", "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions",
    "gen_ai.tool.definitions", "gen_ai.tool.call.arguments", "gen_ai.tool.call.result", "gen_ai.prompt",
    "gen_ai.completion", "llm.input_messages", "llm.output_messages", "llm.prompts", "llm.choices", "llm.tools",
    "llm.prompt_template", "llm.invocation_parameters", "tool.parameters", "tool_call.function.arguments",
    "retrieval.documents", "reranker.", "embedding.embeddings", "embedding.text", "traceloop.entity.",
)  # fmt: skip
"""Attributes that hold content, in the conventions of the field."""

READ_AGAIN_BYTES_MAX = 1_000_000

_SCALARS = (str, bool, int, float)
_MOST = frozenset({str, int, float})

_unpack = msgspec.msgpack.Decoder().decode
_json = msgspec.json.Encoder().encode
_read = msgspec.json.Decoder().decode

AsText: TypeAlias = Callable[[bytearray], Any]
"""How JSON becomes a text: decoded, or as raw bytes that the body takes without decoding and encoding them
(body.py)."""


def process_resource(settings: Settings) -> Resource:
    """This process as an OTel resource. Call it in the process that sends; a forked child is another one."""
    return Resource(
        {
            **settings.resource_attributes,
            "service.name": settings.service_name,
            "telemetry.sdk.name": "llm-tracer",
            "telemetry.sdk.language": "python",
            "telemetry.sdk.version": __version__,
            "process.pid": os.getpid(),
            "process.runtime.name": platform.python_implementation().lower(),
            "process.runtime.version": platform.python_version(),
        }
    )


def span_data(
    span: Recorded, resource: Resource, redactor: Redactor | None = None, *, captures_content: bool = True
) -> SpanData:
    """The span as it is now, ended or still open (the app may then be writing to it, so copy before reading).

    What `redactor` removes is not in it, and is listed in `llm_tracer.redacted`.
    """
    if not isinstance(span, Span):  # OpenTelemetry made it
        data = span.data(resource) if captures_content else without_content(span.data(resource))
        return data if redactor is None else redacted(data, redactor)
    name, message, attributes, events = told(span, redactor)
    return SpanData(
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_span_id=f"{span._parent_bits:016x}" if span._parent_bits else None,
        name=name,
        start_time_unix_nano=span._start_ns,
        end_time_unix_nano=span._end_ns or None,
        status_code=span._status,
        status_message=message,
        attributes=attributes,
        events=events,
        links=tuple(map(link_to, span._links)),
        resource=resource,
        scope=SCOPE,
    )


def told(
    span: Span, redactor: Redactor | None, as_text: AsText = bytearray.decode
) -> tuple[str, str | None, dict[str, Any], tuple[SpanEvent, ...]]:
    """Name, status message, attributes and events of a live span, without what `redactor` removes."""
    clean = None if redactor is None else redactor.session()
    attributes = _attributes(span, clean, as_text)
    events = tuple([_event(event, clean) for event in tuple(span._events)]) if span._events else ()
    name, message = _word(span._name), span._status_message
    if clean is not None:
        name, message = clean("name", name), clean("status.message", message)
        if clean.found:
            attributes["llm_tracer.redacted"] = sorted(clean.found)
    return name, message, attributes, events


def redacted(span: SpanData, redactor: Redactor) -> SpanData:
    """A span of another SDK without its secrets. Texts are searched, including the keys of JSON in them."""
    clean = redactor.session()
    attributes = {key: clean(key, value) for key, value in span.attributes.items()}
    events = tuple(
        replace(event, attributes={key: clean(key, value) for key, value in event.attributes.items()})
        for event in span.events
    )
    name, message = clean("name", span.name), clean("status.message", span.status_message)
    if clean.found:
        attributes["llm_tracer.redacted"] = sorted(clean.found)
    return replace(span, name=name, attributes=attributes, events=events, status_message=message)


def without_content(span: SpanData) -> SpanData:
    """A span of another SDK without its content: inputs, outputs, messages, documents."""
    attributes = {
        key: value for key, value in span.attributes.items() if not key.startswith(_CONTENT_PREFIXES)
    }
    attributes["llm_tracer.content_captured"] = False
    events = tuple(
        replace(
            event,
            attributes={key: value for key, value in event.attributes.items() if key != "exception.message"},
        )
        for event in span.events
        if not event.name.startswith("gen_ai.")
    )
    return replace(span, attributes=attributes, events=events, status_message=None)


def _attributes(span: Span, clean: Cleaning | None, as_text: AsText) -> dict[str, Any]:
    kind = span._kind
    attributes: dict[str, Any] = {}
    if span._limited_count:
        attributes["llm_tracer.limited_values"] = span._limited_count
    captures_content = span._tracer.captures_content
    if not captures_content:
        attributes["llm_tracer.content_captured"] = False
    if kind is not None:
        attributes["llm_tracer.span.kind"] = _word(kind)
        if kind in _OPERATION_OF_KIND:
            attributes["gen_ai.operation.name"] = _OPERATION_OF_KIND[kind]
        if kind in _NAME_OF_KIND:
            attributes[_NAME_OF_KIND[kind]] = _word(span._name)
    # A copy, even if the span has ended: another thread may have been about to write.
    for key, value in dict(span._attributes).items():
        if clean is None and captures_content and type(value) in _MOST:
            attributes[key] = value
        elif captures_content or not key.startswith(_CONTENT_PREFIXES):
            attributes[key] = _attribute_value(key, value, clean)
    if span._ambient:
        around = {key: _attribute_value(key, value, clean) for key, value in span._ambient.items()}
        attributes = {**around, **attributes}
    if span._input is not None:
        _add_content(attributes, _INPUT, kind, span._input, clean, as_text)
    if span._output is not None:
        _add_content(attributes, _OUTPUT, kind, span._output, clean, as_text)
    return attributes


def _word(said: object) -> str:
    return said if type(said) is str else text_of(said)


def _add_content(
    attributes: dict[str, Any],
    side: _Side,
    kind: str | None,
    content: Snapshot | Messages,
    clean: Cleaning | None,
    as_text: AsText,
) -> None:
    """Messages of a model call go into `gen_ai.{side}.messages`, everything else into `{side}.value`."""
    if kind == "llm" and clean is None and not isinstance(content, bytes):
        plain = plain_messages_json(content, role_of_text=side.role_of_text)
        if plain is not None:
            attributes[side.messages] = as_text(plain)
            return
    value = message_list(content) if isinstance(content, tuple) else _unpacked(content)
    if clean is not None:
        value = clean(side.name, value)
    if kind == "llm":
        messages = as_messages(value, role_of_text=side.role_of_text)
        if messages is not None:
            attributes[side.messages] = json_text(messages)
            return
    if isinstance(value, str):
        attributes[side.value] = value
        attributes[side.mime_type] = "text/plain"
    else:
        attributes[side.value] = json_text(value)
        attributes[side.mime_type] = "application/json"


def _attribute_value(key: str, kept: Value, clean: Cleaning | None) -> Value:
    """Scalars and lists of them as they are; any other structure as JSON text (OTLP readers expect no maps)."""
    value = _unpacked(kept)
    if clean is not None:
        value = clean(key, value)
    if value is None or isinstance(value, _SCALARS):
        return value
    if isinstance(value, list) and all(isinstance(item, _SCALARS) for item in value):
        return value
    text = json_text(value)
    return _read(text) if text.startswith('"') else text  # a time, bytes: texts of their own


def _unpacked(kept: Value) -> Any:
    if type(kept) is not bytes:
        return kept
    try:
        return _unpack(kept)
    except RecursionError:  # from Python 3.14 on, deeper nesting can be written than read
        return f"<nested too deeply to be read: {len(kept):,} bytes>"


def json_text(value: Any) -> str:
    try:
        written = _json(value)
        # Reading it again takes as long as writing it, and a third of asking each of the dicts in it. But what is big would
        # be in memory once more.
        is_big = len(written) > READ_AGAIN_BYTES_MAX
        if (not is_big and _read(written) == value) or not _has_what_json_has_not(value):
            return written.decode()
    except Exception:  # noqa: S110 - a broken surrogate
        pass
    return msgspec.json.encode(render(value)).decode()


def _has_what_json_has_not(value: Any) -> bool:
    """Whether there are keys that are no texts, of which `1` and `"1"` would become one, or NaN and infinities, which
    would become null."""
    if type(value) is float:
        return not isfinite(value)
    for each in containers(value):
        if isinstance(each, dict) and not _TEXT.issuperset(map(type, each)):
            return True
        items = each.values() if isinstance(each, dict) else each
        if float in map(type, items) and not all(isfinite(item) for item in items if type(item) is float):
            return True
    return False


_TEXT = frozenset({str})


def link_to(context: SpanContext) -> SpanLink:
    return SpanLink(f"{context.trace_id_bits:032x}", f"{context.span_id_bits:016x}")


def _event(event: Event, clean: Cleaning | None) -> SpanEvent:
    attributes = {key: _attribute_value(key, value, clean) for key, value in event.attributes.items()}
    return SpanEvent(name=_word(event.name), time_unix_nano=event.time_unix_nano, attributes=attributes)
