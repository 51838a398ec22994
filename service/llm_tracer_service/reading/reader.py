"""What a span means, by the table of conventions: the Reader of the service."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from llm_tracer.model.counting import ALL_STEPS, LAST_STEP
from llm_tracer.model.reading import CUT_SHORT, Content, Cost, Reading, SpanError, Text, Usage
from llm_tracer.model.span import SpanData, StatusCode

from llm_tracer_service.reading import content, search_text, values
from llm_tracer_service.reading.bodies import facts_of_body
from llm_tracer_service.reading.costs import COST_FIELDS, cost_of
from llm_tracer_service.reading.dialects import DialectError, Dialects, parse_dialects
from llm_tracer_service.reading.facts import Interpreter, Understood
from llm_tracer_service.reading.finish_reasons import finish_reason
from llm_tracer_service.reading.known_keys import KnownKeys
from llm_tracer_service.reading.lookup import Candidate, Entry, sent_value
from llm_tracer_service.reading.messages.events import finish_reasons_of
from llm_tracer_service.reading.messages.preview import messages_preview, raw_preview
from llm_tracer_service.reading.pricing import PriceBook
from llm_tracer_service.reading.providers import Providers
from llm_tracer_service.reading.scores import ANNOTATIONS, scores_of
from llm_tracer_service.reading.status import level_of, result_is_error, status_of
from llm_tracer_service.reading.tokens import ZEROS_UNKNOWN, Counting, says_nothing, usage_of
from llm_tracer_service.reading.uploaded_media import with_media

CODE_VERSION = "15"
"""Raised whenever the code, rather than the table, reads a span differently."""

_PACKAGED = Path(__file__).with_name("dialects.toml")
_SCOPES_MAX = 1_000
_TOTAL_HAS_THOUGHTS = ("gcp.gemini", "gcp.vertex_ai", "gcp.gen_ai")
"""Gemini counts thoughts besides the answer, and both in the total."""
_PRICED = ("llm", "embedding", "reranker", "event")


def load_reader(dialects_path: Path | None = None, prices: PriceBook | None = None) -> DialectReader:
    """The reader of the packaged table; a user's own file takes precedence.

    Raises OSError if a file cannot be read, DialectError if it is not a table.
    """
    try:
        extra = None if dialects_path is None else dialects_path.expanduser().read_text("utf-8")
    except UnicodeDecodeError as fault:
        raise DialectError("not UTF-8") from fault
    return DialectReader(parse_dialects(_PACKAGED.read_text("utf-8"), extra), prices)


class _Scopes:
    """Whether a scope matches one of several patterns. Remembered, since programs have few scopes."""

    def __init__(self, patterns: tuple[re.Pattern[str], ...]) -> None:
        self._patterns = patterns
        self.have = lru_cache(_SCOPES_MAX)(self._match)

    def _match(self, scope: str) -> bool:
        return any(pattern.match(scope.lower()) for pattern in self._patterns)


class DialectReader:
    """Reads spans of every convention. Implements llm_tracer.model.reading.Reader; pure, and never raises."""

    def __init__(self, dialects: Dialects, prices: PriceBook | None = None) -> None:
        """Without `prices`, only costs that the sender reports are known."""
        self._interpreter = Interpreter(dialects)
        self._dialects = dialects
        self._providers = Providers(dialects)
        self._prices = prices
        self._exclusive = _Scopes(dialects.exclusive_scopes)
        self._exclusive_of = {
            provider: _Scopes(scopes) for provider, scopes in dialects.exclusive_providers.items()
        }
        self._exclusive_output = _Scopes(dialects.exclusive_output_scopes)
        self._doubled_reasoning = _Scopes(dialects.doubled_reasoning_scopes)
        self._last_step = _Scopes(dialects.last_step_scopes)
        self._always_ok = _Scopes(dialects.always_ok_scopes)

    @cached_property
    def known_keys(self) -> KnownKeys:
        """The attribute keys that the table knows."""
        return KnownKeys(self._dialects)

    @property
    def version(self) -> str:
        """The versions of the table, of the code that runs it, and of the prices: a change may change what is read."""
        own = f"{self._dialects.version}/{CODE_VERSION}"
        return own if self._prices is None else f"{own}, {self._prices.version}"

    def read(self, span: SpanData) -> Reading:
        """The facts of a span."""
        try:
            return self._read(_as_written(span))
        except Exception:  # A span that cannot be understood is still shown, as it was sent.
            return Reading(
                name=span.name,
                status=span.status_code,
                level="error" if span.status_code == "error" else "info",
            )

    def content(self, span: SpanData) -> Content:
        """What a span carries."""
        span = _as_written(span)
        return self._content(span, self.read(span))

    def texts(self, span: SpanData) -> Iterator[Text]:
        """What full text search finds in a span. Reads only what that needs: no Reading and no Content is made."""
        span = _as_written(span)
        names: tuple[str | None, ...] = (span.name,)
        said, error = None, None
        with suppress(Exception):  # A span that is not understood is still found by its name.
            understood = self._interpreter.understand_searched(span)
            facts = understood.facts
            names = (
                _display_name(span, facts.values),
                span.name,
                facts.get("tool_name"),
                facts.get("agent_name"),
            )
            _, error = self._status(span, understood)
            said = content.said_in(span, understood, self._dialects)
        return search_text.texts(names, said, error)

    def _content(self, span: SpanData, reading: Reading) -> Content:
        try:
            understood = self._interpreter.understand_all(span)
            return content.content_of(span, understood, self._dialects, reading)
        except Exception as fault:
            return Content(ingest_notes=(f"not understood: {type(fault).__name__}",))

    def _read(self, span: SpanData) -> Reading:
        understood = self._interpreter.understand(span)
        facts = understood.facts.values
        open_fields = understood.facts.open
        kind = understood.kind
        status, error = self._status(span, understood)
        _add_objects(facts, open_fields)
        if kind == "tool" and "tool_name" not in facts and facts.get("operation") == _MCP_CALL:
            facts["tool_name"] = span.name.partition(_MCP_CALL)[2].strip() or None
        provider = self._provider(facts)
        usage, flags = self._usage(span, kind, provider, facts)
        given, answered = self._previews(span, understood)
        cost = self._cost(span, kind in _PRICED or ALL_STEPS in flags, provider, usage, facts)
        get = facts.get
        reasons = self._finish_reasons(span, kind, get("finish_reasons"))
        # An answer sent without its content still has an id, or a reason why it ended.
        is_answered = answered or reasons or get("response_id")
        if kind == "llm" and usage is not None and is_answered and says_nothing(usage, flags):
            usage, flags = None, (ZEROS_UNKNOWN,)
            cost = cost if cost is not None and (cost.total or "cost_stated" in facts) else None
        # By position, in the order of the fields: 32 names would cost 1 µs.
        return Reading(
            _display_name(span, facts),
            kind,
            status,
            level_of(facts, status),
            _first_word(get("operation")),
            provider,
            get("request_model"),
            get("response_model"),
            usage,
            flags,
            cost,
            error,
            reasons,
            get("response_id"),
            self._ttft_ms(span, facts),
            get("tool_name"),
            get("tool_call_id"),
            get("agent_name"),
            _service_name(facts),
            get("trace_name"),
            get("session_id"),
            get("user_id"),
            _tags(facts),
            get("metadata", {}),
            get("environment"),
            get("release"),
            scores_of(span, open_fields) if span.events or not ANNOTATIONS.isdisjoint(open_fields) else (),
            _has(open_fields, usage, reasons),
            given,
            answered,
        )

    def _usage(
        self, span: SpanData, kind: str, provider: str | None, facts: dict[str, Any]
    ) -> tuple[Usage | None, tuple[str, ...]]:
        scope = span.scope.name
        has_reasoning = "usage_reasoning" in facts
        is_gemini = provider in _TOTAL_HAS_THOUGHTS
        counting = Counting(
            self._is_exclusive(scope, provider),
            has_reasoning and self._exclusive_output.have(scope),
            is_gemini,
            has_reasoning and not is_gemini and self._doubled_reasoning.have(scope),
        )
        usage, flags = usage_of(facts, counting)
        if usage is not None and kind in ("llm", "agent") and self._last_step.have(scope):
            flags = (*flags, ALL_STEPS if kind == "agent" else LAST_STEP)
        return usage, flags

    def _finish_reasons(self, span: SpanData, kind: str, sent: list[str] | None) -> tuple[str, ...]:
        if sent is None and kind == "llm" and span.events:
            sent = finish_reasons_of(span.events, self._dialects.message_events)
        return tuple([finish_reason(reason) for reason in sent]) if sent else ()

    def _status(self, span: SpanData, understood: Understood) -> tuple[StatusCode, SpanError | None]:
        results = understood.facts.open.get("tool_result")
        if results and any(result_is_error(c.value) for c in results):
            understood.facts.values["tool_failed"] = True
        return status_of(span, understood.facts.values, self._always_ok.have(span.scope.name))

    def _is_exclusive(self, scope: str, provider: str | None) -> bool:
        of_provider = self._exclusive_of.get(provider or "")
        return self._exclusive.have(scope) or (of_provider is not None and of_provider.have(scope))

    def _provider(self, facts: dict[str, Any]) -> str | None:
        sent = facts.get("provider")
        if sent is None:
            # "openai/gpt-4o" names its provider.
            prefix, found, _ = (facts.get("request_model") or "").partition("/")
            return self._providers.known(prefix) if found else None
        return self._providers.name(sent, facts.get("server_address"), facts.get("server_port"))

    def _ttft_ms(self, span: SpanData, facts: dict[str, Any]) -> float | None:
        sent = facts.get("ttft_ms")
        if span.start_time_unix_nano is None:
            return sent
        if sent is not None:
            return _in_the_unit_that_fits(sent, span)
        first = _time_ns(facts.get("first_token_time"))
        if first is None and span.events:
            first = next(
                (e.time_unix_nano for e in span.events if e.name in self._dialects.first_token_events), None
            )
        if first is None or first < span.start_time_unix_nano:
            return None
        return (first - span.start_time_unix_nano) / 1e6

    def _cost(
        self,
        span: SpanData,
        is_priced: bool,
        provider: str | None,
        usage: Usage | None,
        facts: dict[str, Any],
    ) -> Cost | None:
        sent = None if COST_FIELDS.isdisjoint(facts) else cost_of(facts)
        if sent is not None or self._prices is None or usage is None or not is_priced:
            return sent
        models = [model for name in ("response_model", "request_model") if (model := facts.get(name))]
        # A provider in front of the model ("openai/gpt-4o") is not part of the name that has a price.
        models += [model.partition("/")[2] for model in models if "/" in model]
        # Nor is the path of Google's resources: projects/p/locations/europe-west4/publishers/google/models/gemini-2.5-flash.
        models += [model.rpartition("/models/")[2] for model in models if "/models/" in model]
        return self._prices.cost(usage, provider, models, span.start_time_unix_nano or 0)

    def _previews(self, span: SpanData, understood: Understood) -> tuple[str | None, str | None]:
        open_fields = understood.facts.open
        roles = self._dialects.message_events
        lines = []
        for side, messages, raw, tool in _SIDES:
            line = None
            if understood.kind == "tool" and tool in open_fields:
                line = raw_preview(open_fields[tool], side)
            elif understood.kind != "llm" and raw in open_fields:
                line = raw_preview(open_fields[raw], side)
            if (
                line is None
                and understood.kind == "tool"
                and side == "input"
                and "tool_parameters" in open_fields
            ):
                line = raw_preview(open_fields["tool_parameters"], side)
            if line is None and messages in open_fields:
                line = messages_preview(open_fields[messages], span, side, roles)
            if line is None and raw in open_fields:
                line = raw_preview(open_fields[raw], side)
            lines.append(line)
        return lines[0], lines[1]


_CLOCKS = 1.1
"""How much longer than its span a time may be, which the sender took by another clock."""

_LONG_MS, _SHORT_MS = 10_000, 1
"""What looks like a wait so long, in a span that is shorter, may be in a smaller unit; none is so short."""


def _in_the_unit_that_fits(sent_ms: float, span: SpanData) -> float:
    """A time to the first token that was read as seconds, though the sender wrote milliseconds (Bifrost, programs that are
    instrumented by hand), microseconds or nanoseconds under that name: no token comes after the end of its call.

    A span that was made after its call has no length to go by: there a plausible time stays.
    """
    if sent_ms < _LONG_MS or span.start_time_unix_nano is None or span.end_time_unix_nano is None:
        return sent_ms
    latest_ms = (span.end_time_unix_nano - span.start_time_unix_nano) / 1e6 * _CLOCKS
    if sent_ms <= latest_ms:
        return sent_ms
    units = (sent_ms / by for by in (1e3, 1e6, 1e9))
    return next((ms for ms in units if _SHORT_MS <= ms <= latest_ms), sent_ms)


_SIDES = (
    ("input", "input_messages", "input_raw", "tool_arguments"),
    ("output", "output_messages", "output_raw", "tool_result"),
)


_SAID_BY_A_BODY = frozenset(("response_model", "usage_input", "usage_cache_read", "finish_reasons"))
"""If a sender says all of these, the body is not read."""


def _add_objects(facts: dict[str, Any], open_fields: dict[str, list[Candidate]]) -> None:
    """Adds usage, model and finish reasons from objects that the sender passed on whole, unless a key of its own says so."""
    if "usage_object" not in open_fields and "response_body" not in open_fields:
        return
    objects = [
        found
        for c in open_fields.get("usage_object", ())
        if (found := values.mapping(sent_value(c)) or values.python_mapping(c.value)) is not None
    ]
    bodies = open_fields.get("response_body", ())
    if bodies and not facts.keys() >= _SAID_BY_A_BODY:
        body = facts_of_body(sent_value(bodies[0]))
        if "usage" in body:
            objects.append(body.pop("usage"))
        for field, value in body.items():
            facts.setdefault(field, value)
    if objects:
        facts["usage_objects"] = objects


_MCP_CALL = "tools/call"
"""The method of MCP that calls a tool; OpenTelemetry's spans of it are named by both: "tools/call search"."""


def _as_written(span: SpanData) -> SpanData:
    """The span as its program meant it, however its parts came."""
    return with_media(_in_order_of_time(span))


def _in_order_of_time(span: SpanData) -> SpanData:
    """The span with its events as they happened: senders with several threads, and log records, may bring them in another
    order. Those of one moment, and all where a time is missing, stay in the order of their arrival."""
    if len(span.events) < 2:
        return span
    times = [event.time_unix_nano for event in span.events]
    if 0 in times or times == sorted(times):
        return span
    return replace(span, events=tuple(sorted(span.events, key=lambda event: event.time_unix_nano)))


def _display_name(span: SpanData, facts: dict[str, Any]) -> str:
    sent = facts.get("display_name")
    if sent is not None:
        return str(sent)
    function_id = facts.get("function_id")
    if function_id is not None and span.name.startswith("ai."):
        return f"{function_id}: {span.name.split(' ', 1)[0]}"
    return _without_uuids(span.name)


_UUID = re.compile(
    r"[ _.:/-]*\(?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\)?", re.ASCII | re.IGNORECASE
)
_UUID_CHARS = 36


def _without_uuids(name: str) -> str:
    """A name without the ids of one run, which would make a name of its own of every run: "Crew.kickoff" of
    "Crew_09f39b23-6ad4-471e-ac5a-9fbd610e8262.kickoff". A name that is nothing else stays."""
    if len(name) <= _UUID_CHARS or name.count("-") < 4:
        return name
    return _UUID.sub("", name) or name


def _first_word(operation: str | None) -> str | None:
    # Vercel's operation.name has the function id after the operation.
    return operation.split(" ", 1)[0] if operation else None


def _service_name(facts: dict[str, Any]) -> str | None:
    sent = facts.get("service_name")
    return facts.get("project_name") if sent is None or sent.startswith("unknown_service") else sent


def _tags(facts: dict[str, Any]) -> tuple[str, ...]:
    tags = facts.get("tags", ())
    named = facts.get("tag_map")
    return (
        (*tags, *(f"{key}:{values.compact(values.parsed(value))}" for key, value in named.items()))
        if named
        else tuple(tags)
    )


def _has(
    open_fields: dict[str, list[Candidate]], usage: Usage | None, reasons: tuple[str, ...]
) -> tuple[str, ...]:
    has = []
    if reasons and not CUT_SHORT.isdisjoint(reasons):
        has.append("cut")
    if "documents" in open_fields:
        has.append("documents")
    if usage is not None and usage.reasoning:
        has.append("reasoning")
    if "input_messages" in open_fields and _mention_image(open_fields["input_messages"]):
        has.append("image")
    return tuple(has)


def _mention_image(candidates: list[Candidate]) -> bool:
    for candidate in candidates:  # noqa: SIM110 - any() of a generator takes 0.4 µs more
        if _mentions_image(candidate.value):
            return True
    return False


def _mentions_image(value: Any) -> bool:
    """Whether messages, as sent, hold an image, without parsing them: JSON and flattened keys both name it."""
    if isinstance(value, str):
        return "image" in value and ('"image' in value or "data:image/" in value)
    if isinstance(value, list) and value and isinstance(value[0], Entry):
        return any(entry.rest.endswith("image.url") or _mentions_image(entry.value) for entry in value)
    return isinstance(value, list | dict) and _mentions_image(values.compact(value))


def _time_ns(sent: str | None) -> int | None:
    """A moment sent as RFC 3339, or as milliseconds since 1970."""
    if sent is None:
        return None
    try:
        if sent.isdecimal():
            return int(sent) * 10**6
        return int(datetime.fromisoformat(sent.strip('"')).timestamp() * 1e9)
    except (ValueError, OverflowError):
        return None
