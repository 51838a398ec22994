"""Deliveries become heads.

A delivery of a complete trace is one request: a head with its body, put if there is none yet. Any other delivery reads the
head, adds its parts, and puts the head in place of the version that it read; if another process was faster, the work is
done again on the present head. Bodies are written before their head, heads before the journal: a crash leaves at most a
body that nothing refers to.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from llm_tracer.model.reading import Reader
from llm_tracer.model.row import SpanRow
from llm_tracer.model.span import SpanData, merge

from llm_tracer_service.store import zstd
from llm_tracer_service.store.base import StoreDamaged
from llm_tracer_service.store.deliveries import Delivery, prepare, rows_of
from llm_tracer_service.store.dynamodb import keys, outside
from llm_tracer_service.store.dynamodb.blobs import Blobs
from llm_tracer_service.store.dynamodb.bodies import Packs, inline_part, items_of, keys_of, parts_of
from llm_tracer_service.store.dynamodb.client import Client
from llm_tracer_service.store.dynamodb.heads import (
    INLINE,
    INLINE_BYTES_MAX,
    TTL_SLACK_S,
    Head,
    Heads,
    Overtaken,
    Part,
)
from llm_tracer_service.store.dynamodb.wire import Item
from llm_tracer_service.store.packing import Pack, pack_spans
from llm_tracer_service.times import NANOS_A_DAY
from llm_tracer_service.waiting import as_content_of, awaited_response, place_of


@dataclass(frozen=True, slots=True)
class Touched:
    """A trace that was touched: its start before and its start now; neither if it is not shown."""

    trace_id: str
    starts: tuple[int, ...]
    is_deleted: bool = False


class Writer:
    """Takes spans into traces, one trace after another."""

    def __init__(self, client: Client, heads: Heads, blobs: Blobs, reader: Reader) -> None:
        self._client = client
        self._heads = heads
        self._blobs = blobs
        self._reader = reader

    def prepare(self, spans: Sequence[SpanData]) -> list[Delivery]:
        """The deliveries of one call, by trace."""
        return prepare(spans, self._reader, lambda trace_id: None, level=zstd.DENSE_LEVEL)

    def take_in(
        self,
        project: str,
        delivery: Delivery,
        received_unix_nano: int,
        shared_blobs: frozenset[str] = frozenset(),
        is_joined: bool = False,
    ) -> Touched:
        """Keeps the spans of one delivery of a trace; if it `is_joined` to spans that are there, only as long as they are.
        Raises StoreUnavailable."""
        trace_id = delivery.trace_id
        ttl = self._heads.ttl(received_unix_nano, slack_s=TTL_SLACK_S)
        self._blobs.keep(project, trace_id, delivery.blobs, ttl)
        new_trace = Head(project=project, trace_id=trace_id)
        old = new_trace
        replaced: list[Head] = []
        if not _is_complete(delivery.rows):
            old = self._heads.load(project, trace_id, consistent=True) or new_trace
        while True:
            if is_joined and not (
                old.places().keys() >= delivery.merged.keys()
                and self._blobs.share(project, trace_id, shared_blobs, ttl)
            ):
                # They were deleted meanwhile, and what waited for them with them.
                self._let_go(project, trace_id, shared_blobs - old.blobs)
                return _touched(*replaced, old)
            try:
                packs, superseded = self._packs(old, delivery)
            except StoreDamaged:
                # The body belongs to a head that another process has replaced since.
                present = self._heads.load(project, trace_id, consistent=True) or new_trace
                if present.version == old.version:
                    raise
                old = present
                continue
            head, bodies = _with_packs(old, packs, superseded, _is_complete(delivery.rows))
            head = replace(
                head,
                received=max(received_unix_nano, old.received),
                reader=self._reader_of(old) if packs else old.reader,
                blobs=old.blobs | delivery.blobs.keys() | shared_blobs,
            )
            # If it is overtaken, its put may still have been done, its answer lost: then nobody else tells of this start.
            replaced.append(old)
            if head == old:
                saved = old
            else:
                if self._is_new_day(old, head):
                    self.prolong(replace(old, received=head.received))
                try:
                    saved = self._save(old, head, bodies)
                except Overtaken as overtaken:
                    old = overtaken.present
                    continue
                self._keep_again(old, saved, delivery, ttl)
            if saved.pinned and ttl:
                # They were kept before it was known that the trace is pinned.
                self._blobs.prolong(project, trace_id, delivery.blobs.keys() | shared_blobs, None)
            return _touched(*replaced, saved)

    def _reader_of(self, old: Head) -> str:
        """By which Reader a trace counts as derived once this one has added to it; "" if by several: a process may still
        have an older table than the one that derived the trace."""
        is_alike = not old.is_shown or old.reader == self._reader.version
        return self._reader.version if is_alike else ""

    def _keep_again(self, old: Head, saved: Head, delivery: Delivery, ttl: Item) -> None:
        """Keeps blobs again that the head brought, if the trace was deleted after they were kept."""
        brought = {sha256: blob for sha256, blob in delivery.blobs.items() if sha256 not in old.blobs}
        if not brought:
            return
        project, trace_id = saved.project, saved.trace_id
        lost = self._blobs.keep_again(project, trace_id, brought, ttl)
        if lost:  # or it is deleted only now, and they must not stay
            self._let_go(project, trace_id, lost - self._heads.blobs_now(project, trace_id))

    def _let_go(self, project: str, trace_id: str, hashes: Collection[str]) -> None:
        """Lets blobs go that a trace did not come to need."""
        self._blobs.let_go(project, trace_id, hashes, lambda: self._heads.blobs_now(project, trace_id))

    def _is_new_day(self, old: Head, head: Head) -> bool:
        """Whether what the old head needs has to outlive the new one, and would not.

        By the calendar, not by the time between two deliveries: if something is added to a trace every hour, its first
        bodies would otherwise expire while it lives.
        """
        is_later = old.received // NANOS_A_DAY != head.received // NANOS_A_DAY
        return bool(old.version and is_later and self._heads.ttl(head.received, old.pinned))

    def prolong(self, head: Head) -> None:
        """Sets the time to live of what a head needs according to that of the head; once more if another process has
        pinned or unpinned the trace meanwhile, or added to it."""
        while True:
            self._prolong(head)
            now = self._heads.load(head.project, head.trace_id, consistent=True)
            if now is None or (now.pinned == head.pinned and now.received <= head.received):
                return
            head = replace(now, received=max(now.received, head.received))

    def _prolong(self, head: Head) -> None:
        ttl = self._heads.ttl(head.received, head.pinned, TTL_SLACK_S).get("ttl")
        if ttl is None and not head.pinned:
            return
        partition = keys.trace(head.project, head.trace_id)
        bodies = [key for part in head.parts for key in keys_of(head.project, head.trace_id, part)]
        beside = [key for name in head.outside for key in outside.keys_of(partition, name)]
        for key in (*bodies, *beside):
            self._client.set_ttl(key, None if ttl is None else int(ttl))
        self._blobs.prolong(head.project, head.trace_id, head.blobs, None if ttl is None else int(ttl))

    def replace(self, old: Head, new: Head, bodies: Sequence[tuple[Part, bytes]]) -> Touched:
        """Puts a head whose rows were derived again. Raises Overtaken."""
        return _touched(old, self._save(old, new, bodies))

    def join_waiting(
        self, project: str, trace_id: str, rows: Mapping[str, SpanRow], received: int
    ) -> Touched | None:
        """Merges what waits for responses into the spans that report them; None if nothing does."""
        reported = {
            row.reading.response_id: span_id for span_id, row in rows.items() if row.reading.response_id
        }
        places = {place_of(response_id)[0]: response_id for response_id in reported}
        waiting = self._heads.load_many(project, list(places), consistent=True)
        touched: Touched | None = None
        for place, waits in waiting.items():
            response_id = places[place]
            content = self._waiting_content(waits, response_id)
            if content is None:
                continue
            spans = [
                as_content_of(content, trace_id, span_id)
                for span_id, row in rows.items()
                if row.reading.response_id == response_id
            ]
            by_id = {span.span_id: span for span in spans}
            joined = self.take_in(
                project,
                Delivery(trace_id, spans, by_id, {}, (), {}),
                received,
                waits.blobs,
                is_joined=True,
            )
            touched = joined if touched is None else replace(joined, starts=(*touched.starts, *joined.starts))
        return touched

    def _waiting_content(self, waits: Head, response_id: str) -> SpanData | None:
        place = waits.places().get(place_of(response_id)[1])
        if place is None or place.row is not None:
            return None
        try:
            content = Packs(self._client, waits).span(place)
        except StoreDamaged:
            present = self._heads.load(waits.project, waits.trace_id, consistent=True)
            if present is not None and present.version == waits.version:
                raise
            # It was deleted, or more came, since it was read.
            return None if present is None else self._waiting_content(present, response_id)
        return content if awaited_response(content) == response_id else None

    def _packs(self, old: Head, delivery: Delivery) -> tuple[Sequence[Pack], Collection[str]]:
        """What a head does not have yet, packed, and which of its spans that supersedes."""
        places = old.places()
        if delivery.packs and delivery.merged.keys().isdisjoint(places):
            return delivery.packs, ()
        packs = Packs(self._client, old)
        changed: dict[str, SpanData] = {}
        for span in delivery.spans:
            known = changed.get(span.span_id)
            if known is None and span.span_id in places:
                known = packs.span(places[span.span_id])
            merged = span if known is None else merge(known, span)
            if merged is not known:  # `merge` returns `known` itself if nothing is new
                changed[span.span_id] = merged
        stored = self._blobs.of(old.project)
        rows = rows_of(changed, self._reader, lambda sha256: delivery.blobs.get(sha256) or stored(sha256))
        return pack_spans(
            list(changed.values()), rows, level=zstd.DENSE_LEVEL
        ), changed.keys() & places.keys()

    def _save(self, old: Head, new: Head, bodies: Sequence[tuple[Part, bytes]]) -> Head:
        """Puts bodies, then a head in place of the old one; returns it, and drops what it does not need. Raises
        Overtaken."""
        ttl = self._heads.ttl(new.received, new.pinned, TTL_SLACK_S)
        items = [
            item for part, rest in bodies for item in items_of(new.project, new.trace_id, part, rest, ttl)
        ]
        try:
            saved = self._heads.save(new, old, items)
        except Overtaken as overtaken:
            # The old ones too: if the answer to our own put was lost, the other process may have gone on from it.
            self._drop_bodies([*(part for part, _ in bodies), *old.parts], overtaken.present)
            raise
        self._drop_bodies(old.parts, saved)
        return saved

    def _drop_bodies(self, parts: Sequence[Part], head: Head) -> None:
        """Drops the bodies of those parts that a head does not have."""
        names = {part.name for part in head.parts}
        self._client.delete_many(
            [
                key
                for part in parts
                if part.name not in names
                for key in keys_of(head.project, head.trace_id, part)
            ]
        )


def _is_complete(rows: Mapping[str, SpanRow]) -> bool:
    """Whether a delivery has a root that ended: usually nothing else will arrive for the trace."""
    return any(row.parent_span_id is None and row.end_time_unix_nano is not None for row in rows.values())


def _with_packs(
    old: Head, packs: Sequence[Pack], superseded: Collection[str], is_complete: bool
) -> tuple[Head, list[tuple[Part, bytes]]]:
    """A head with additional packs, and those of their bodies that are kept outside it."""
    head = _without(old, superseded) if superseded else old
    first = packs[0] if len(packs) == 1 else None
    if (
        first is not None
        and is_complete
        and not old.version
        and len(first.head) + len(first.rest) <= INLINE_BYTES_MAX
    ):
        return replace(head, tail=(inline_part(first),), inline=first.rest), []
    bodies = list(zip(parts_of(packs), (pack.rest for pack in packs), strict=True))
    return replace(head, tail=(*head.tail, *(part for part, _ in bodies))), bodies


def _without(head: Head, span_ids: Collection[str]) -> Head:
    """A head in which some spans are dead; a part whose spans all are is dropped, unless other parts need it."""
    needed = {part.base for part in head.parts}

    def change(part: Part) -> Part | None:
        dead = part.dead | {slot for slot, span_id in part.live_slots() if span_id in span_ids}
        if len(dead) == len(part.span_ids) and part.name not in needed:
            return None
        return part if dead == part.dead else replace(part, dead=dead)

    changed = head.with_parts(change)
    has_inline = any(part.name == INLINE for part in changed.parts)
    return changed if has_inline else replace(changed, inline=None)


def _touched(*heads: Head) -> Touched:
    entries = [head.entry for head in heads if head.entry is not None]
    starts = dict.fromkeys(
        entry.summary.start_time_unix_nano for entry in entries if entry.summary is not None
    )
    return Touched(heads[-1].trace_id, tuple(starts))
