"""The spans of a Trace, loaded when somebody looks."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import TypeAlias

import apsw
from llm_tracer.model.span import SpanData
from llm_tracer.model.tree import sibling_order

from llm_tracer_service.blobs import BlobOf, in_form
from llm_tracer_service.blobs.markers import OPENING
from llm_tracer_service.store.packing import PackReader
from llm_tracer_service.store.sqlite import bodies
from llm_tracer_service.store.sqlite.bodies import Body, Place

_PACKS_OPEN_MAX = 2
"""A trace is mostly read in the order in which it was packed. An open pack is some 256 KB."""

_OPENING = OPENING.encode()

Reading: TypeAlias = Callable[[], AbstractContextManager[apsw.Connection]]
"""Lends a connection for reading."""


def read_form(pack: PackReader, slot: int, blob_of: BlobOf) -> SpanData:
    """A span in the form `read`. Most spans have no marker, which their bytes tell ten times faster than their values."""
    span = pack.span(slot)
    return in_form(span, "read", blob_of) if _OPENING in pack.values(slot) else span


class LazySpans(Mapping[str, SpanData]):
    """The spans of a trace by their id, in the form `read`, fragments left out. Each is unpacked when it is asked for, as
    it is then; which of them are fragments is read only by who wants to know all, since their rows tell it."""

    def __init__(self, reading: Reading, trace: int, blob_of: BlobOf) -> None:
        self._reading = reading
        self._trace = trace
        self._blob_of = blob_of
        self._bodies: list[Body] | None = None
        self._places: dict[str, Place] = {}
        self._in_order: list[str] | None = None
        self._packs: OrderedDict[int, PackReader] = OrderedDict()

    def __getitem__(self, span_id: str) -> SpanData:
        found = self._find(span_id)
        if found is None:
            # A later delivery may have superseded the body since the places were read.
            self._bodies = self._in_order = None
            found = self._find(span_id)
        if found is None:
            raise KeyError(span_id)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids())

    def __len__(self) -> int:
        return len(self._ids())

    def body_numbers(self) -> set[int]:
        """The numbers of the bodies that hold these spans."""
        return {body.number for body in self._known_bodies()}

    def likely(self, word: str) -> list[str]:
        """The spans whose bytes have a word in them, the first one first: a hint, since what is read is decoded from what
        was sent."""
        needle = _needle(word)
        found = []
        for body in self._known_bodies():
            pack = self._pack(body.id)
            if pack is not None:
                found += [span_id for slot, span_id in body.live_slots() if _has(pack, slot, needle)]
        # Mostly it is one, and then their order, for which the rows are read, does not matter.
        return found if len(found) < 2 else [span_id for span_id in self._ids() if span_id in found]

    def is_likely(self, span_id: str, word: str) -> bool:
        """Whether the bytes of a span have a word in them."""
        place = self._place(span_id)
        pack = None if place is None else self._pack(place[0])
        return place is not None and pack is not None and _has(pack, place[1], _needle(word))

    def _find(self, span_id: str) -> SpanData | None:
        place = self._place(span_id)
        if place is None:
            return None
        body, slot = place
        pack = self._pack(body)
        span = None if pack is None else read_form(pack, slot, self._blob_of)
        return None if span is None or span.is_fragment else span

    def _place(self, span_id: str) -> Place | None:
        self._known_bodies()
        return self._places.get(span_id)

    def _known_bodies(self) -> list[Body]:
        if self._bodies is None:
            with self._reading() as connection:
                self._bodies = bodies.of_trace(connection, self._trace)
            self._places = bodies.places(self._bodies)
        return self._bodies

    def _ids(self) -> list[str]:
        if self._in_order is None:
            with self._reading() as connection:
                rows = bodies.rows(connection, self._trace)
            self._in_order = [row.span_id for row in sorted(rows, key=sibling_order)]
        return self._in_order

    def _pack(self, body: int) -> PackReader | None:
        pack = self._packs.pop(body, None)
        if pack is None:
            with self._reading() as connection:
                pack = bodies.open_pack(connection, body)
            if pack is None:
                return None
        self._packs[body] = pack
        if len(self._packs) > _PACKS_OPEN_MAX:
            self._packs.popitem(last=False)
        return pack


def _has(pack: PackReader, slot: int, needle: bytes) -> bool:
    return needle in pack.values(slot).lower()


def _needle(word: str) -> bytes:
    return word.casefold().encode("utf-8", "surrogatepass")
