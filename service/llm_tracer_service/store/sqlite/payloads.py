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
from llm_tracer_service.store.sqlite.bodies import Place

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
    it is then."""

    def __init__(self, reading: Reading, trace: int, blob_of: BlobOf) -> None:
        self._reading = reading
        self._trace = trace
        self._blob_of = blob_of
        self._places: dict[str, Place] | None = None
        self._numbers: set[int] = set()
        self._packs: OrderedDict[int, PackReader] = OrderedDict()

    def __getitem__(self, span_id: str) -> SpanData:
        found = self._find(span_id)
        if found is None:
            # A later delivery may have superseded the body since the places were read.
            self._places = None
            found = self._find(span_id)
        if found is None:
            raise KeyError(span_id)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._known_places())

    def __len__(self) -> int:
        return len(self._known_places())

    def body_numbers(self) -> set[int]:
        """The numbers of the bodies that hold these spans."""
        self._known_places()
        return self._numbers

    def likely(self, word: str) -> Iterator[str]:
        """The spans whose bytes have a word in them: a hint, since what is read is decoded from what was sent."""
        needle = _needle(word)
        by_body: dict[int, list[tuple[int, str]]] = {}
        for span_id, (body, slot) in self._known_places().items():
            by_body.setdefault(body, []).append((slot, span_id))
        for body, places in by_body.items():
            pack = self._pack(body)
            for slot, span_id in places:
                if pack is not None and needle in pack.values(slot).lower():
                    yield span_id

    def is_likely(self, span_id: str, word: str) -> bool:
        """Whether the bytes of a span have a word in them."""
        place = self._known_places().get(span_id)
        pack = None if place is None else self._pack(place[0])
        return place is not None and pack is not None and _needle(word) in pack.values(place[1]).lower()

    def _find(self, span_id: str) -> SpanData | None:
        place = self._known_places().get(span_id)
        if place is None:
            return None
        body, slot = place
        pack = self._pack(body)
        return None if pack is None else read_form(pack, slot, self._blob_of)

    def _known_places(self) -> dict[str, Place]:
        if self._places is None:
            with self._reading() as connection:
                of_trace = bodies.of_trace(connection, self._trace)
                rows = sorted(bodies.rows(connection, self._trace), key=sibling_order)
            places = bodies.places(of_trace)
            self._places = {row.span_id: places[row.span_id] for row in rows}
            self._numbers = {body.number for body in of_trace}
        return self._places

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


def _needle(word: str) -> bytes:
    return word.casefold().encode("utf-8", "surrogatepass")
