"""The canonical fields: the type of each, and how several candidates become one value."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from llm_tracer.model.span import SpanData, Value

from llm_tracer_service.reading import values
from llm_tracer_service.reading.dialects import Condition
from llm_tracer_service.reading.lookup import Candidate, Pick, Picks, candidate_of, map_name, sent_value
from llm_tracer_service.reading.redacted import is_redacted

_Convert = Callable[[Any], Any]

_TEXT = (
    "operation", "server_address", "first_token_time",
    "service_tier", "display_name", "function_id", "input_mime", "output_mime", "tool_name", "tool_call_id",
    "tool_type", "tool_description", "query", "embeddings_model", "environment", "release",
    "service_name", "project_name", "trace_name", "agent_name", "agent_id", "agent_description", "agent_version", "workflow_name",
    "error_type", "status_message", "level",
)  # fmt: skip
_NAMED = ("response_model", "request_model", "provider")
_IDENTITY = ("session_id", "user_id", "response_id")
_NUMBER = ("ttft_ms", "cost_stated", "cost_total", "cost_input", "cost_output")
_INTEGER = (
    "usage_input", "usage_input_fresh", "usage_output", "usage_total", "usage_cache_read", "usage_cache_write", "usage_cache_write_5m",
    "usage_cache_write_1h", "usage_reasoning", "usage_input_audio", "usage_output_audio", "usage_input_image",
    "server_port", "level_number", "embedding_dims",
)  # fmt: skip


_NO_NAME = frozenset((*values.NOTHING, "none", "unknown"))
"""What Java's observations write for a model that nobody named, and Guardrails for a user, besides what languages print
for nothing."""


def _name(value: Any) -> str | None:
    """The name of a model or provider."""
    found = values.text(value)
    return None if found in _NO_NAME else found


def _identity(value: Any) -> str | None:
    """The identity of somebody. A redaction mark is nobody: all scrubbed sessions together are not one session."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # as senders write it whose numbers are all of one type
    found = values.text(value)
    return None if found in _NO_NAME or is_redacted(value) else found


CONVERT: dict[str, _Convert] = {
    **dict.fromkeys(_TEXT, values.text),
    **dict.fromkeys(_NAMED, _name),
    **dict.fromkeys(_IDENTITY, _identity),
    **dict.fromkeys(_NUMBER, values.number),
    **dict.fromkeys(_INTEGER, values.integer),
    "finish_reasons": values.texts,
    "streaming": values.boolean,
    "is_batch": values.boolean,
    "tool_is_error": values.boolean,
    "usage_buckets": values.mapping,
    "cost_object": values.mapping,
}
"""Fields with one value: the first candidate that converts."""

MAPS = (
    "metadata",
    "params",
    "usage_extra",
    "cost_parts",
    "tag_map",
    "tool_argument_map",
    "retrieval",
    "graph_node",
    "prompt",
    "mcp",
)
"""Fields that unite all their keys; under each name, the first one wins."""

UNIONS = ("tags",)
"""Fields that are lists, joined from all their keys."""

CONTENT_ONLY = (
    "params", "earlier_calls", "answered_calls", "input_media", "output_media", "service_tier", "is_batch", "streaming", "input_mime", "output_mime", "tool_definitions",
    "tool_argument_map", "tool_type", "tool_description", "query", "retrieval", "embedding_dims", "embedding_texts",
    "embedding_vectors", "rerank_input", "rerank_output", "agent_id", "agent_description", "agent_version",
    "workflow_name", "graph_node", "prompt", "mcp",
)  # fmt: skip
"""Fields that no Reading has: not looked up while spans are received."""

SEARCHED = frozenset((
    "display_name", "function_id", "tool_name", "agent_name", "query", "status_message", "error_type", "level",
    "tool_is_error", "system", "system_in_body", "input_messages", "output_messages", "input_raw", "output_raw", "earlier_calls", "answered_calls",
    "tool_arguments", "tool_argument_map", "tool_parameters", "tool_result", "documents", "input_media", "output_media",
))  # fmt: skip
"""Fields that the texts of a span come from."""

REMAINDERS = ("usage_extra", "params")
"""Maps whose prefixes take every key that no other field names."""

_NAMED_WHOLE = ("usage_extra",)
"""Maps whose values keep the full name that was sent."""


class Plan(NamedTuple):
    """What to do with spans that have a given set of keys: their fields, sorted by how each gets its value."""

    texts: tuple[tuple[str, str], ...]
    """Field and key of text fields whose first key is taken as it is."""
    plain: tuple[tuple[str, _Convert, str], ...]
    """Field, type and key of the other fields whose first key only needs converting."""
    computed: tuple[str, ...]
    """The other fields with one value."""
    singles: Mapping[str, tuple[_Convert, tuple[Pick, ...]]]
    """Type and picks of every field with one value."""
    maps: tuple[tuple[str, tuple[Pick, ...]], ...]
    unions: tuple[tuple[str, tuple[Pick, ...]], ...]
    open: tuple[tuple[str, tuple[Pick, ...]], ...]


def plan_of(fields: Picks) -> Plan:
    """The fields that a set of keys can give, sorted by how each gets its value."""
    singles = {field: (CONVERT[field], picks) for field, picks in fields.items() if field in CONVERT}
    plain = {field: picks[0].key for field, (_, picks) in singles.items() if picks[0].is_plain}
    return Plan(
        texts=tuple((field, key) for field, key in plain.items() if field in _TEXT),
        plain=tuple((field, CONVERT[field], key) for field, key in plain.items() if field not in _TEXT),
        computed=tuple(field for field in singles if field not in plain),
        singles=singles,
        maps=tuple(item for item in fields.items() if item[0] in MAPS),
        unions=tuple(item for item in fields.items() if item[0] in UNIONS),
        open=tuple(
            item for item in fields.items() if item[0] not in CONVERT and item[0] not in (*MAPS, *UNIONS)
        ),
    )


class Facts:
    """The values of fields, by name. Fields that remain lists of candidates are in `open`."""

    __slots__ = ("_keys", "_parsed", "_plan", "notes", "open", "values")

    def __init__(self, plan: Plan, attributes: Mapping[str, Value], span: SpanData, kind: str) -> None:
        self._plan = plan
        self._keys: dict[str, str] = {}
        self._parsed: dict[int, Any] = {}
        self.notes: list[str] = []
        found: dict[str, Any] = {}
        self.values = found
        self.open: dict[str, list[Candidate]] = {}
        for field, key in plan.texts:
            value = attributes[key]
            if type(value) is str and value and not value.isspace():
                found[field] = value
            else:
                self._first(field, attributes, span, kind)
        for field, convert, key in plan.plain:
            value = attributes[key]
            converted = None if value is None else convert(value)
            if converted is not None:
                found[field] = converted
            else:
                self._first(field, attributes, span, kind)
        for field in plan.computed:
            self._first(field, attributes, span, kind)
        for field, picks in plan.maps:
            self._merge(field, _usable(picks, span, kind), attributes)
        for field, picks in plan.unions:
            self._join(field, _usable(picks, span, kind), attributes)
        for field, picks in plan.open:
            usable = []
            for pick in picks:
                if pick.source.condition is not None and not applies(pick.source.condition, span, kind):
                    continue
                candidate = candidate_of(pick, attributes)
                if candidate is not None:
                    usable.append(candidate)
            if usable:
                self.open[field] = usable

    @property
    def provenance(self) -> dict[str, str]:
        """The key that gave each of the values."""
        # Nearly always a field's first key: only the exceptions are noted.
        return {field: self._keys.get(field) or self._plan.singles[field][1][0].key for field in self.values}

    def get(self, field: str) -> Any:
        """The value of a field with one value, None if nothing gave one."""
        return self.values.get(field)

    def add(self, values: Mapping[str, Any], keys: Mapping[str, str]) -> None:
        """Adds values from elsewhere for fields that have none; `keys` are the keys that gave them."""
        for field, value in values.items():
            if field not in self.values:
                self.values[field] = value
                self._keys[field] = keys[field]

    def _first(self, field: str, attributes: Mapping[str, Value], span: SpanData, kind: str) -> None:
        convert, picks = self._plan.singles[field]
        for pick in picks:
            value = attributes[pick.key]
            if not pick.is_plain:
                if not applies(pick.source.condition, span, kind):
                    continue
                value = sent_value(pick, value, self._parsed)
            if value is None or value == "":
                continue
            found = convert(value)
            if found is not None:
                self.values[field] = found
                self._keys[field] = pick.key
                return
            # What stands for nothing is no fault, and what was left out has a note of its own.
            if value not in values.NOTHING and not is_redacted(attributes[pick.key]):
                self.notes.append(f"{pick.key}: {values.compact(value)[:60]} cannot be used as {field}")

    def _merge(self, field: str, picks: list[Pick], attributes: Mapping[str, Value]) -> None:
        merged: dict[str, Any] = {}
        objects: dict[str, dict[str, Any]] = {}
        givers: list[Pick] = []
        for pick in picks:
            value = sent_value(pick, attributes[pick.key], self._parsed)
            if isinstance(inner := values.parsed(value), dict | list):
                value = inner
            if value is None or value in values.NOTHING or not _is_set(field, value):
                continue
            givers.append(pick)
            name = pick.key if field in _NAMED_WHOLE else map_name(pick)
            if pick.source.form == "prefix" and pick.source.name:
                objects.setdefault(pick.source.name, {})[name] = value
                continue
            spread = None if pick.source.form == "prefix" or name in _NOT_SPREAD else values.mapping(value)
            if spread is None:
                merged.setdefault(name, value)
            else:
                merged = {
                    **{name: given for name, given in spread.items() if _is_set(field, given)},
                    **merged,
                }
        merged = {**objects, **merged}
        if merged:
            self.values[field] = merged
            # The keys of one prefix come in the order in which the span has them, which means nothing.
            self._keys[field] = min(pick.key for pick in givers if pick.source is givers[0].source)

    def _join(self, field: str, picks: list[Pick], attributes: Mapping[str, Value]) -> None:
        joined: dict[str, None] = {}
        for pick in picks:
            sent = sent_value(pick, attributes[pick.key], self._parsed)
            joined.update(dict.fromkeys(values.texts(sent) or ()))
        if joined:
            self.values[field] = list(joined)
            self._keys[field] = picks[0].key


_NOT_SET = re.compile(r"<[a-z_.]+\.(Omit|NotGiven) object at |NOT_GIVEN\Z|Not set\Z")
"""How Python prints the placeholders in the clients of OpenAI, Anthropic, Groq, Together and Cerebras; Ax's own."""


def _is_set(field: str, value: Any) -> bool:
    """False for what senders write for a parameter that nobody set. An empty list elsewhere is what somebody said."""
    if value == []:
        return field != "params"
    return value != "" and not (isinstance(value, str) and _NOT_SET.match(value))


def _usable(picks: tuple[Pick, ...], span: SpanData, kind: str) -> list[Pick]:
    return [pick for pick in picks if applies(pick.source.condition, span, kind)]


_NOT_SPREAD = frozenset(
    ("variables", "structured_output_schema", "response_format", "toolChoice", "nodes", "edges", "linked")
)


def applies(condition: Condition | None, span: SpanData, kind: str) -> bool:
    """Whether a key counts on this span."""
    if condition is None:
        return True
    if condition.root:
        return span.parent_span_id is None
    if condition.kinds:
        return kind in condition.kinds
    if condition.scope is not None:
        return condition.scope.match(span.scope.name) is not None
    return span.attributes.get(condition.attribute or "") not in (None, "")
