"""Applies the table to a span: its kind, and the values of all fields that its attributes give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from llm_tracer.model.span import Resource, SpanData, Value

from llm_tracer_service.reading.dialects import Dialects, Source
from llm_tracer_service.reading.fields import CONTENT_ONLY, MAPS, REMAINDERS, SEARCHED, Facts, Plan, plan_of
from llm_tracer_service.reading.kinds import FIELD as KIND
from llm_tracer_service.reading.kinds import Kinds, Step
from llm_tracer_service.reading.lookup import Index, Picks
from llm_tracer_service.reading.messages.events import is_exchange, role_in
from llm_tracer_service.reading.values import parsed, without_empty

_MESSAGE_EVENTS = "@events"


class Understood(NamedTuple):
    """A span's kind, the key that decided it, and the values of its fields."""

    kind: str
    kind_key: str | None
    facts: Facts


class Interpreter:
    """The table of conventions, ready to be applied to spans."""

    def __init__(self, dialects: Dialects) -> None:
        self._kinds = Kinds(dialects)
        self._attribute_events = dialects.attribute_events
        self._attribute_event_starts = tuple(
            name[:-1] for name in dialects.attribute_events if name.endswith("*")
        )
        self._message_events = dialects.message_events
        on_span = {KIND: self._kinds.sources(), **_placed(dialects, "span")}
        few = {field: sources for field, sources in on_span.items() if field not in CONTENT_ONLY}
        taken = frozenset(source.key for sources in on_span.values() for source in sources)
        self._few = Index(few, self._prepare, MAPS, REMAINDERS, taken)
        self._all = Index(on_span, self._prepare, MAPS, REMAINDERS, taken)
        self._searched = Index(on_span, self._prepare_searched, MAPS, REMAINDERS, taken)
        self._resource = Index(_placed(dialects, "resource"), lambda _, fields: plan_of(fields), MAPS)
        # The spans of a request share their resource: the next one is usually the last one again.
        self._last_resource: tuple[Resource, dict[str, Any], dict[str, str]] | None = None

    def understand(self, span: SpanData) -> Understood:
        """The facts of a span that go into its Reading."""
        return self._understand(span, self._few)

    def understand_all(self, span: SpanData) -> Understood:
        """All facts of a span, including those needed only by somebody who opens it."""
        return self._understand(span, self._all)

    def understand_searched(self, span: SpanData) -> Understood:
        """The facts of a span that its texts come from."""
        return self._understand(span, self._searched)

    def _understand(self, span: SpanData, index: Index[tuple[tuple[Step, ...], Plan]]) -> Understood:
        attributes = without_empty(span.attributes)
        if span.events:
            attributes = self._with_events(span, attributes)
        steps, plan = index.of(attributes)
        kind, kind_key = self._kinds.of(steps, span, attributes)
        facts = Facts(plan, attributes, span, kind)
        last = self._last_resource
        if last is None or last[0] is not span.resource:
            last = self._last_resource = self._of_resource(span, kind)
        facts.add(last[1], last[2])
        return Understood(kind, kind_key, facts)

    def _prepare(self, keys: tuple[str, ...], fields: Picks) -> tuple[tuple[Step, ...], Plan]:
        steps = self._kinds.steps(keys, fields)
        fields.pop(KIND, None)
        return steps, plan_of(fields)

    def _prepare_searched(self, keys: tuple[str, ...], fields: Picks) -> tuple[tuple[Step, ...], Plan]:
        steps = self._kinds.steps(keys, fields)
        return steps, plan_of({field: picks for field, picks in fields.items() if field in SEARCHED})

    def _with_events(self, span: SpanData, attributes: Mapping[str, Value]) -> Mapping[str, Value]:
        """What the span's attributes say, together with those of events that count as its own."""
        own: dict[str, Any] = {}
        messages = False
        for event in span.events:
            if event.name in self._attribute_events or event.name.startswith(self._attribute_event_starts):
                body = parsed(event.body)
                sent = {**event.attributes, **body} if isinstance(body, dict) else event.attributes
                for key, value in without_empty(sent).items():
                    own["event:" + key] = own[key] = value
            messages = messages or role_in(event, self._message_events) is not None or is_exchange(event.body)
        if messages:
            own[_MESSAGE_EVENTS] = True
        return {**own, **attributes} if own else attributes

    def _of_resource(self, span: SpanData, kind: str) -> tuple[Resource, dict[str, Any], dict[str, str]]:
        """The resource of a span, what it says about the span, and which key said so."""
        attributes = span.resource.attributes
        facts = Facts(self._resource.of(attributes), attributes, span, kind)
        keys = {field: f"resource:{key}" for field, key in facts.provenance.items()}
        return span.resource, facts.values, keys


def _placed(dialects: Dialects, place: str) -> dict[str, list[Source]]:
    placed = {
        field: [source for source in sources if source.place == place]
        for field, sources in dialects.fields.items()
    }
    return {field: sources for field, sources in placed.items() if sources}
