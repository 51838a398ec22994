"""Bodies in items of their own, and their spans. A body over CHUNK_BYTES takes several items."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from llm_tracer.model.span import SpanData

from llm_tracer_service.blobs import BlobOf
from llm_tracer_service.store.base import StoreDamaged
from llm_tracer_service.store.dynamodb import keys
from llm_tracer_service.store.dynamodb.client import Client, Key
from llm_tracer_service.store.dynamodb.heads import INLINE, Head, Part, Place
from llm_tracer_service.store.dynamodb.outside import CHUNK_BYTES
from llm_tracer_service.store.dynamodb.wire import Item
from llm_tracer_service.store.packing import DAMAGE_HINT, Pack, PackReader, encoded_spans

_PACKS_OPEN_MAX = 2


def inline_part(pack: Pack) -> Part:
    """A pack whose body is in the head. It needs no other pack."""
    return _part(INLINE, pack.span_ids, pack.head, pack.rest)


def parts_of(packs: Sequence[Pack]) -> list[Part]:
    """Packs as parts under new names. Some may be compressed against an earlier one of them."""
    names: dict[int, str] = {}
    parts = []
    for pack in packs:
        part = _part(secrets.token_hex(4), pack.span_ids, pack.head, pack.rest)
        if pack.own is not None and pack.base is None:
            names[id(pack.own)] = part.name
        parts.append(part if pack.base is None else replace(part, base=names[id(pack.base)]))
    return parts


def part_like(part: Part, head: bytes, rest: bytes) -> Part:
    """A part that replaces another one: the same spans, under a new name if the old one has one."""
    name = part.name if part.name == INLINE else secrets.token_hex(4)
    return replace(_part(name, part.span_ids, head, rest), dead=part.dead, base=part.base)


def _part(name: str, span_ids: tuple[str, ...], head: bytes, rest: bytes) -> Part:
    chunks = 0 if name == INLINE else max(1, -(-len(rest) // CHUNK_BYTES))
    return Part(name, span_ids, head, chunks, len(rest))


def items_of(project: str, trace_id: str, part: Part, rest: bytes, ttl: Item) -> list[Item]:
    """The items of the body of a part."""
    return [
        {"pk": pk, "sk": sk, "b": rest[at * CHUNK_BYTES : (at + 1) * CHUNK_BYTES], **ttl}
        for at, (pk, sk) in enumerate(keys_of(project, trace_id, part))
    ]


def keys_of(project: str, trace_id: str, part: Part) -> list[Key]:
    """The keys of the items of the body of a part."""
    partition = keys.trace(project, trace_id)
    return [(partition, f"B#{part.name}#{chunk:04d}") for chunk in range(part.chunks)]


def load_body(client: Client, head: Head, part: Part) -> bytes:
    """The body of a part. Raises StoreDamaged."""
    if part.name == INLINE and head.inline is not None:
        return head.inline
    wanted = keys_of(head.project, head.trace_id, part)
    found = client.get_many(wanted)
    if len(found) < len(wanted):
        found = client.get_many(wanted, consistent=True)
    if len(found) < len(wanted) or not wanted:
        raise StoreDamaged(f"A body of trace {head.trace_id} is missing.", DAMAGE_HINT)
    return b"".join(bytes(found[key]["b"]) for key in wanted)  # type: ignore[arg-type]


class Packs:
    """The packs of one trace, the last ones kept open: a trace is mostly read in the order in which it was packed."""

    def __init__(self, client: Client, head: Head) -> None:
        self._client = client
        self._head = head
        self._open: OrderedDict[str, PackReader] = OrderedDict()
        self._base: tuple[str, bytes] | None = None

    def of(self, part: Part) -> PackReader:
        """The opened pack of a part. Raises StoreDamaged."""
        pack = self._open.pop(part.name, None)
        if pack is None:
            pack = PackReader(part.head, load_body(self._client, self._head, part), self._base_of(part))
        self._open[part.name] = pack
        if len(self._open) > _PACKS_OPEN_MAX:
            self._open.popitem(last=False)
        return pack

    def _base_of(self, part: Part) -> bytes | None:
        """The spans against which a part is compressed."""
        if part.base is None:
            return None
        if self._base is None or self._base[0] != part.base:
            base = next((each for each in self._head.parts if each.name == part.base), None)
            if base is None:
                raise StoreDamaged(f"A body of trace {self._head.trace_id} has lost its base.", DAMAGE_HINT)
            self._base = part.base, encoded_spans(base.head, load_body(self._client, self._head, base))
        return self._base[1]

    def spans(self, part: Part) -> dict[str, SpanData]:
        """The spans in the live slots of a part, by id, in the form `kept`. Raises StoreDamaged."""
        pack = self.of(part)
        return {span_id: pack.span(slot) for slot, span_id in part.live_slots()}

    def span(self, place: Place) -> SpanData:
        """The span at a place, in the form `kept`."""
        return self.of(place.part).span(place.slot)


class LazySpans(Mapping[str, SpanData]):
    """The spans of a trace by id, in the form `read`, without fragments; each is unpacked on demand."""

    def __init__(self, load: Callable[[], Head | None], client: Client, blob_of: BlobOf) -> None:
        self._load = load
        self._client = client
        self._blob_of = blob_of
        self._places: dict[str, Place] | None = None
        self._packs: Packs | None = None

    def __getitem__(self, span_id: str) -> SpanData:
        place, packs = self._known()[span_id], self._packs
        assert packs is not None, "a place was found in it"
        try:
            pack = packs.of(place.part)
        except StoreDamaged:
            # It may have been deleted since, or a later delivery may have superseded the part.
            raise KeyError(span_id) from None
        return pack.span_as_read(place.slot, self._blob_of)

    def __iter__(self) -> Iterator[str]:
        return iter(self._known())

    def __len__(self) -> int:
        return len(self._known())

    def _known(self) -> Mapping[str, Place]:
        if self._places is None:
            head = self._load()
            places = {} if head is None else head.places()
            shown = [(span_id, place) for span_id, place in places.items() if place.row is not None]
            shown.sort(key=lambda each: (each[1].row.start_time_unix_nano, each[0]))  # type: ignore[union-attr]
            self._places = dict(shown)
            self._packs = None if head is None else Packs(self._client, head)
        return self._places
