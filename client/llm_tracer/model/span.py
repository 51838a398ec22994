"""One span as it was sent: nothing renamed, nothing cut, nothing derived."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias, TypeVar

from llm_tracer.model.fast_dataclass import made_fast

Value: TypeAlias = Any
"""An attribute value: str, bool, int, float, bytes, None, a list of values, or a dict from str to values.
OTLP's AnyValue says exactly these; bytes stay bytes and 1.0 stays a float."""

StatusCode: TypeAlias = Literal["unset", "ok", "error"]


@dataclass(frozen=True, slots=True)
class SpanEvent:
    """Something that happened at one time of a span.

    `source` is "log" for an OTLP log record that joined its span; only those may have a `body`.
    """

    name: str
    time_unix_nano: int
    attributes: Mapping[str, Value] = field(default_factory=dict)
    dropped_attributes_count: int = 0
    body: Value = None
    source: Literal["span", "log"] = "span"


@dataclass(frozen=True, slots=True)
class SpanLink:
    """A reference to another span, in this or another trace."""

    trace_id: str
    span_id: str
    attributes: Mapping[str, Value] = field(default_factory=dict)
    trace_state: str = ""
    dropped_attributes_count: int = 0
    flags: int = 0


@dataclass(frozen=True, slots=True)
class Resource:
    """The process that made the span (OTLP Resource)."""

    attributes: Mapping[str, Value] = field(default_factory=dict)
    dropped_attributes_count: int = 0
    schema_url: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """The library that made the span (OTLP InstrumentationScope)."""

    name: str = ""
    version: str = ""
    attributes: Mapping[str, Value] = field(default_factory=dict)
    dropped_attributes_count: int = 0
    schema_url: str = ""


NO_RESOURCE = Resource()
NO_SCOPE = Scope()


@made_fast
@dataclass(frozen=True, slots=True)
class SpanData:
    """One span as it was sent.

    `trace_id` is 32 lower hex digits, `span_id` and `parent_span_id` 16. Times are nanoseconds since 1970 UTC.
    `end_time_unix_nano` is None while the span runs. `start_time_unix_nano` is None for a *fragment*: what is told apart
    from its span (a log record, or a change in protocols that send changes) and is kept until the span arrives. A
    fragment is never shown or counted.
    """

    trace_id: str
    span_id: str
    name: str
    start_time_unix_nano: int | None
    end_time_unix_nano: int | None = None
    parent_span_id: str | None = None
    otel_kind: int = 0
    status_code: StatusCode = "unset"
    status_message: str | None = None
    attributes: Mapping[str, Value] = field(default_factory=dict)
    events: tuple[SpanEvent, ...] = ()
    links: tuple[SpanLink, ...] = ()
    resource: Resource = NO_RESOURCE
    scope: Scope = NO_SCOPE
    trace_state: str = ""
    flags: int = 0
    dropped_attributes_count: int = 0
    dropped_events_count: int = 0
    dropped_links_count: int = 0

    @property
    def is_fragment(self) -> bool:
        """True while only content of this span has arrived, not the span."""
        return self.start_time_unix_nano is None

    @property
    def is_open(self) -> bool:
        """True while the span runs (or its process died before it ended)."""
        return self.start_time_unix_nano is not None and self.end_time_unix_nano is None

    @property
    def completeness(self) -> int:
        """How much of the span has arrived: 0 a fragment, 1 open, 2 ended."""
        if self.start_time_unix_nano is None:
            return 0
        return 1 if self.end_time_unix_nano is None else 2


def merge(old: SpanData, new: SpanData) -> SpanData:
    """Merge two deliveries of one span.

    The more complete one wins, or `new` if they are equally complete. Attributes, events, links and the parent of the
    other are kept if the winner lacks them. Hence a running span never replaces an ended one, a retry changes nothing,
    and a log record joins its span whichever came first. A fragment changes its span: what it says counts. Of two starts
    the earlier one counts: a span that is told in several records has begun with the first.
    """
    if old == new:
        return old
    if new.is_fragment:
        winner, other = _changed(old, new), new
    elif old.is_fragment:
        winner, other = _changed(new, old), old
    else:
        winner, other = (new, old) if new.completeness >= old.completeness else (old, new)
    return replace(
        winner,
        name=winner.name or other.name,
        start_time_unix_nano=_earlier(winner.start_time_unix_nano, other.start_time_unix_nano),
        attributes={**other.attributes, **winner.attributes},
        events=_union(winner.events, other.events, _event_order),
        links=_union(winner.links, other.links, _link_order),
        parent_span_id=winner.parent_span_id or other.parent_span_id,
    )


def _earlier(one: int | None, other: int | None) -> int | None:
    return min((time for time in (one, other) if time is not None), default=None)


def _changed(span: SpanData, fragment: SpanData) -> SpanData:
    has_status = fragment.status_code != "unset"
    return replace(
        span,
        name=fragment.name or span.name,
        end_time_unix_nano=fragment.end_time_unix_nano or span.end_time_unix_nano,
        parent_span_id=fragment.parent_span_id or span.parent_span_id,
        status_code=fragment.status_code if has_status else span.status_code,
        status_message=fragment.status_message if has_status else span.status_message,
        attributes={**span.attributes, **fragment.attributes},
    )


_Item = TypeVar("_Item")
_Key: TypeAlias = tuple[Any, ...]


def _union(
    kept: tuple[_Item, ...], more: tuple[_Item, ...], order: Callable[[_Item], _Key]
) -> tuple[_Item, ...]:
    """All of `kept` and `more`, each once and in order; if only one has any, as it was sent. Linear except for
    sorting."""
    if not more or kept == more:
        return kept
    ours, theirs = ({order(item): item for item in side} for side in (kept, more))
    if not kept or list(ours) == list(theirs):
        return kept or tuple(theirs.values())
    both = {**theirs, **ours}
    return tuple(both[key] for key in _sorted(list(ours), list(theirs)))


def _sorted(ours: list[_Key], theirs: list[_Key]) -> Iterator[_Key]:
    """The keys of two deliveries, sorted by their first element. Many clocks tick in milliseconds, so keys of the
    same moment stay in the order of a delivery that has all of them."""
    moments: dict[Any, tuple[list[_Key], list[_Key]]] = {}
    for side, keys in enumerate((ours, theirs)):
        for key in keys:
            moments.setdefault(key[0], ([], []))[side].append(key)
    for moment in sorted(moments):
        sent = moments[moment]
        every = sorted({*sent[0], *sent[1]})
        # If both have all, the order must not depend on which came first, nor on a merge that has sorted.
        yield from min((keys for keys in sent if len(keys) == len(every) and keys != every), default=every)


# Total orders, so that the result does not depend on which delivery came first. Items with equal keys are the same:
# unlike the items, keys can be hashed, and NaN equals itself in them.


def _event_order(event: SpanEvent) -> tuple[int, str, str]:
    rest = [event.attributes, event.body, event.source, event.dropped_attributes_count]
    return event.time_unix_nano, event.name, _spelled(rest)


def _link_order(link: SpanLink) -> tuple[str, str, str]:
    rest = [link.attributes, link.trace_state, link.flags, link.dropped_attributes_count]
    return link.trace_id, link.span_id, _spelled(rest)


def _spelled(values: list[Value]) -> str:
    return json.dumps(values, sort_keys=True, default=repr)
