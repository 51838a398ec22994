"""The head of a trace: one item with a version that knows everything that belongs to the trace.

Its spans are in parts, as they were packed. The rows of a part are in the head; its body is in the head too (the first
delivery of a complete trace, which one request writes whole), or in items of its own. Above PAGE_BYTES the rows move into
pages, items that never change; a head of 25,000 spans has some forty of them.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from llm_tracer.model.place import placed
from llm_tracer.model.row import SpanRow
from llm_tracer.model.trace import Trace

from llm_tracer_service.store.base import StoreDamaged
from llm_tracer_service.store.dynamodb import keys, outside
from llm_tracer_service.store.dynamodb.client import Client, Conflict, Key
from llm_tracer_service.store.dynamodb.entries import Entry, facts_of, load_entry
from llm_tracer_service.store.dynamodb.wire import Item, Value
from llm_tracer_service.store.packing import DAMAGE_HINT, rows_of_head

PAGE_BYTES = 100 * 1024
INLINE_BYTES_MAX = 250 * 1024
TTL_SLACK_S = 2 * 86_400
"""Bodies outlive their head by this much, so that not every delivery has to touch them."""

INLINE = ""
"""The name of the part whose body is in the head."""


@dataclass(frozen=True, slots=True)
class Part:
    """A pack without its body. `name` and `chunks` say where the body is; `dead` slots are of spans in another part."""

    name: str
    span_ids: tuple[str, ...]
    head: bytes
    chunks: int
    body_bytes: int
    dead: frozenset[int] = frozenset()
    base: str | None = None
    """The part that is needed to read the body."""

    def live_slots(self) -> Iterable[tuple[int, str]]:
        """The slots that are not dead, and their spans."""
        return ((slot, span_id) for slot, span_id in enumerate(self.span_ids) if slot not in self.dead)

    def rows(self) -> list[SpanRow | None]:
        """The rows by slot; None for a fragment."""
        return rows_of_head(self.span_ids, self.head)

    def live_rows(self) -> list[SpanRow | None]:
        """The rows by slot; None for a fragment and in a dead slot."""
        return [None if slot in self.dead else row for slot, row in enumerate(self.rows())]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a span is, and its row; None for a fragment."""

    part: Part
    slot: int
    row: SpanRow | None


@dataclass(frozen=True, slots=True)
class RowPage:
    """Parts kept outside the head; without a name, they have not been written yet."""

    parts: tuple[Part, ...]
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The head of one trace at one version; version 0 is a trace that does not exist yet."""

    project: str
    trace_id: str
    version: int = 0
    received: int = 0
    reader: str = ""
    pinned: bool = False
    pages: tuple[RowPage, ...] = ()
    tail: tuple[Part, ...] = ()
    inline: bytes | None = None
    blobs: frozenset[str] = frozenset()
    long_line: str | None = None
    long_blobs: str | None = None
    """The names under which the line and the blobs are kept outside the head, if they are too long for it."""
    entry: Entry | None = None
    """As it was stored; a changed head has a new one."""

    @property
    def key(self) -> Key:
        """The key of its item."""
        return keys.trace(self.project, self.trace_id), keys.HEAD

    @property
    def outside(self) -> frozenset[str]:
        """The names of everything kept outside it, bodies and blobs apart."""
        names = {page.name for page in self.pages} | {self.long_line, self.long_blobs}
        return frozenset(name for name in names if name is not None)

    @property
    def is_shown(self) -> bool:
        """Whether it is stored and in the list: a trace of only fragments is not."""
        return self.entry is not None and self.entry.summary is not None

    @property
    def parts(self) -> Sequence[Part]:
        """All parts, in order of arrival."""
        return [part for page in self.pages for part in page.parts] + list(self.tail)

    def places(self) -> dict[str, Place]:
        """Every span by id, fragments included."""
        return {
            span_id: Place(part, slot, row) for part in self.parts for (slot, span_id), row in _live(part)
        }

    def rows(self) -> Sequence[SpanRow]:
        """The rows by start, as those of a Trace."""
        rows = [row for part in self.parts for _, row in _live(part) if row is not None]
        rows.sort(key=lambda row: (row.start_time_unix_nano, row.span_id))
        return placed(self.trace_id, tuple(rows))

    def with_parts(self, change: Callable[[Part], Part | None]) -> Head:
        """The head with each part changed; None removes a part. Pages in which nothing changes stay as they are."""
        pages = []
        for page in self.pages:
            changed = _changed(page.parts, change)
            pages.append(page if changed == page.parts else RowPage(changed))
        return replace(
            self, pages=tuple(page for page in pages if page.parts), tail=_changed(self.tail, change)
        )


def _live(part: Part) -> Iterable[tuple[tuple[int, str], SpanRow | None]]:
    rows = part.rows()
    return ((place, rows[place[0]]) for place in part.live_slots())


def _changed(parts: Sequence[Part], change: Callable[[Part], Part | None]) -> tuple[Part, ...]:
    return tuple(part for part in map(change, parts) if part is not None)


class Overtaken(Exception):
    """Another process was faster. `present` is the head that is there now, of version 0 if there is none."""

    def __init__(self, present: Head) -> None:
        super().__init__("The head has another version.")
        self.present = present


# --- as an item -----------------------------------------------------------------------------------------------------

_KeptPart = tuple[str, bytes, bytes, int, int, list[int], str | None]
_encode = msgspec.msgpack.Encoder().encode
_decode_parts = msgspec.msgpack.Decoder(list[_KeptPart]).decode
_decode_names = msgspec.msgpack.Decoder(list[str]).decode


def _dump_parts(parts: Sequence[Part]) -> bytes:
    return _encode(
        [
            (
                part.name,
                bytes.fromhex("".join(part.span_ids)),
                part.head,
                part.chunks,
                part.body_bytes,
                sorted(part.dead),
                part.base,
            )
            for part in parts
        ]
    )


def _load_parts(data: bytes) -> tuple[Part, ...]:
    return tuple(
        Part(name, _split_ids(ids), head, chunks, size, frozenset(dead), base)
        for name, ids, head, chunks, size, dead, base in _decode_parts(data)
    )


def _split_ids(ids: bytes) -> tuple[str, ...]:
    text = ids.hex()
    return tuple(text[at : at + 16] for at in range(0, len(text), 16))


class Heads:
    """Reads and writes heads. `ttl_of` says when what arrived at a time expires, in seconds; None for never."""

    def __init__(self, client: Client, shards: int, ttl_of: Callable[[int], int | None]) -> None:
        self._client = client
        self._shards = shards
        self._ttl_of = ttl_of

    def load(self, project: str, trace_id: str, consistent: bool = False) -> Head | None:
        """One head with its pages; None if there is none. Raises StoreDamaged."""
        version = 0
        while True:
            item = self._client.get((keys.trace(project, trace_id), keys.HEAD), consistent)
            if item is None:
                return None
            head = self.of_item(project, trace_id, item, consistent)
            if head is not None:
                return head
            if consistent and item["v"] == version:
                raise StoreDamaged(f"The line of trace {trace_id} is missing.", DAMAGE_HINT)
            version, consistent = int(item["v"]), True

    def load_many(self, project: str, trace_ids: Sequence[str], consistent: bool = False) -> dict[str, Head]:
        """Those of the heads that exist, by trace id."""
        items = self._client.get_many(
            [(keys.trace(project, trace_id), keys.HEAD) for trace_id in trace_ids], consistent
        )
        heads = {
            trace_id: self.of_item(project, trace_id, item, consistent)
            or self.load(project, trace_id, consistent=True)
            for trace_id in trace_ids
            if (item := items.get((keys.trace(project, trace_id), keys.HEAD))) is not None
        }
        return {trace_id: head for trace_id, head in heads.items() if head is not None}

    def of_item(self, project: str, trace_id: str, item: Item, consistent: bool = True) -> Head | None:
        """The head in an item, its pages loaded. None if its line is gone: the head was replaced since."""
        fields: dict[str, Any] = dict(item)
        line, hashes = fields["m"], fields.get("x", b"")
        long_line, long_blobs = outside.named_in(line), fields.get("y")
        pages = _decode_names(fields["k"]) if "k" in fields else []
        long = [name for name in (long_line, long_blobs) if name is not None]
        found = outside.load(self._client, keys.trace(project, trace_id), [*pages, *long], consistent)
        if not found.keys() >= set(long):
            return None
        entry = load_entry(trace_id, line if long_line is None else found[long_line])
        blobs = (hashes if long_blobs is None else found[long_blobs]).hex()
        return Head(
            project=project,
            trace_id=trace_id,
            version=fields["v"],
            received=entry.received,
            reader=entry.reader,
            pinned=entry.pinned,
            # A missing page was replaced since: a writer will find the version changed, a reader may miss it for a
            # moment.
            pages=tuple(RowPage(_load_parts(found[name]), name) for name in pages if name in found),
            tail=_load_parts(fields["d"]),
            inline=fields.get("b"),
            blobs=frozenset(blobs[at : at + 64] for at in range(0, len(blobs), 64)),
            long_line=long_line,
            long_blobs=long_blobs,
            entry=entry,
        )

    def save(self, head: Head, old: Head, bodies: Sequence[Item] = ()) -> Head:
        """Puts a changed head in place of the old one, after the items of its new `bodies`; returns the new one. Raises
        Overtaken; then the bodies are left to the caller, and nothing else changed."""
        entry = self.entry_of(head)
        tail, pages = head.tail, list(head.pages)
        if len(_dump_parts(tail)) > PAGE_BYTES:
            pages += [RowPage(tuple(parts)) for parts in _in_pages(tail)]
            tail = ()
        partition = keys.trace(head.project, head.trace_id)
        new: dict[str, Sequence[Item]] = {}

        def beside(data: bytes) -> str:
            name, new[name] = outside.items_of(partition, data)
            return name

        line, hashes = entry.dump(), _dump_hashes(head.blobs)
        long_blobs = None
        if len(hashes) > outside.LONG_BYTES:
            is_known = old.long_blobs is not None and old.blobs == head.blobs
            long_blobs = old.long_blobs if is_known else beside(hashes)
        saved = replace(
            head,
            version=old.version + 1 if old.version else _first_version(),
            pages=tuple(
                page if page.name else RowPage(page.parts, beside(_dump_parts(page.parts))) for page in pages
            ),
            tail=tail,
            long_line=beside(line) if len(line) > outside.LONG_BYTES else None,
            long_blobs=long_blobs,
            entry=entry,
        )
        late = self.ttl(head.received, head.pinned, TTL_SLACK_S)
        needed = [*bodies, *({**item, **late} for items in new.values() for item in items)]
        item = self._item(saved, entry) | self.ttl(head.received, head.pinned)
        try:
            self._client.put_version(item, old.version, needed)
        except Conflict as conflict:
            if conflict.item != item:
                present = self._present(head, conflict)
                # If the answer to our own put was lost, the other process may have gone on from it. What the old head had
                # then goes here, unless the trace was deleted: a note may still need it.
                unneeded = new.keys() | (old.outside if present.version else frozenset())
                self._delete_outside(partition, unneeded - present.outside)
                raise Overtaken(present) from None
            # The answer to our own put was lost, but the item is there.
        self._delete_outside(partition, old.outside - saved.outside)
        return saved

    def blobs_now(self, project: str, trace_id: str) -> frozenset[str]:
        """The blobs that a trace needs at present."""
        head = self.load(project, trace_id, consistent=True)
        return frozenset() if head is None else head.blobs

    def _present(self, head: Head, conflict: Conflict) -> Head:
        project, trace_id = head.project, head.trace_id
        present = conflict.item and self.of_item(project, trace_id, conflict.item)
        return (
            present
            or self.load(project, trace_id, consistent=True)
            or Head(project=project, trace_id=trace_id)
        )

    def _delete_outside(self, partition: str, names: Collection[str]) -> None:
        self._client.delete_many([key for name in names for key in outside.keys_of(partition, name)])

    def intent(self, head: Head) -> Item:
        """A note that a head is to be deleted, with everything that belongs to it but the inline body."""
        assert head.entry is not None, "only what is stored can be deleted"
        item = self._item(head, head.entry)
        item |= {"pk": keys.deletions(head.project), "sk": head.trace_id}
        return {name: value for name, value in item.items() if name not in ("g", "h", "b")}

    def ttl(self, received: int, pinned: bool = False, slack_s: int = 0) -> dict[str, Value]:
        """The field that says when an item of a trace expires. What a head needs expires `slack_s` later than the head."""
        ttl = None if pinned else self._ttl_of(received)
        return {} if ttl is None else {"ttl": ttl + slack_s}

    def entry_of(self, head: Head) -> Entry:
        """The entry of a head, derived from its rows."""
        places = head.places()
        sent = tuple(place.row for place in places.values() if place.row is not None)
        rows = placed(head.trace_id, sent)
        facts: Any = facts_of(Trace(head.trace_id, rows, head.received)) if rows else {"summary": None}
        return Entry(
            trace_id=head.trace_id,
            received=head.received,
            reader=head.reader,
            pinned=head.pinned,
            has_fragments=len(sent) < len(places),
            bodies_bytes=sum(part.body_bytes for part in head.parts),
            rows_bytes=sum(len(part.head) for part in head.parts),
            **facts,
        )

    def _item(self, head: Head, entry: Entry) -> dict[str, Value]:
        item: dict[str, Value] = {
            "pk": keys.trace(head.project, head.trace_id),
            "sk": keys.HEAD,
            "v": head.version,
            "m": entry.dump() if head.long_line is None else outside.standing_for(head.long_line),
            "d": _dump_parts(head.tail),
        }
        if entry.summary is None:
            item |= {"g": keys.fragments(head.project), "h": head.trace_id}
        else:
            item["g"] = keys.listed(head.project, keys.shard_of(head.trace_id, self._shards))
            item["h"] = keys.list_sort(entry.summary.start_time_unix_nano, head.trace_id)
        if head.pages:
            item["k"] = _encode([page.name for page in head.pages])
        if head.inline is not None:
            item["b"] = head.inline
        if head.long_blobs is not None:
            item["y"] = head.long_blobs
        elif head.blobs:
            item["x"] = _dump_hashes(head.blobs)
        return item


_VERSIONS_OF_A_LIFE = 1 << 20


def _first_version() -> int:
    """Another one for each new trace: whoever read the head of a trace that was deleted, and came again meanwhile, must not
    put another one in place of the new head."""
    return secrets.randbelow(1 << 40) + 1


def is_same_life(before: int, after: int) -> bool:
    """Whether a head of version `after` goes on from one of version `before`, rather than that the trace was deleted and
    began anew in between; wrong once in a million times that it began anew."""
    return 0 <= after - before < _VERSIONS_OF_A_LIFE


def _dump_hashes(blobs: Iterable[str]) -> bytes:
    return bytes.fromhex("".join(sorted(blobs)))


def _in_pages(parts: Sequence[Part]) -> Iterable[list[Part]]:
    page: list[Part] = []
    size = 0
    for part in parts:
        if page and size + len(part.head) > PAGE_BYTES:
            yield page
            page, size = [], 0
        page.append(part)
        size += len(part.head) + 8 * len(part.span_ids)
    if page:
        yield page
