"""The spans of a Trace, loaded on demand."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import TypeAlias

import apsw
from llm_tracer.model.span import SpanData
from llm_tracer.model.tree import sibling_order

from llm_tracer_service.blobs import BlobOf
from llm_tracer_service.store.packing import PackReader
from llm_tracer_service.store.sqlite import bodies
from llm_tracer_service.store.sqlite.bodies import Body, Place

_PACKS_OPEN_MAX = 8
"""A trace is mostly read in the order in which it was packed, or in that of the few programs that wrote it together: with
2, an export that alternated between 3 packs took 7 s for 10,000 spans, instead of 1. An open pack is some 256 KB."""

Reading: TypeAlias = Callable[[], AbstractContextManager[apsw.Connection]]
"""Lends a connection for reading."""


class LazySpans(Mapping[str, SpanData]):
    """The spans of a trace by id, in the form `read`, without fragments. Each is unpacked on demand, as it is then. Only
    the rows say which are fragments; they are read only when all spans are wanted."""

    def __init__(self, reading: Reading, trace: int, revision: int, blob_of: BlobOf) -> None:
        self.trace = trace
        """Its number in the file."""
        self.revision = revision
        """The revision of the trace when it was found."""
        self._reading = reading
        self._blob_of = blob_of
        self._known: tuple[dict[int, Body], dict[str, Place]] | None = None
        """The bodies, and the places of spans in them: set together, since several threads may look at one trace."""
        self._in_order: list[str] | None = None
        self._packs: OrderedDict[int, PackReader] = OrderedDict()

    def __getitem__(self, span_id: str) -> SpanData:
        found = self._find(span_id)
        if found is None:
            # A later delivery may have superseded the body since the places were read.
            self._known = self._in_order = None
            found = self._find(span_id)
        if found is None:
            raise KeyError(span_id)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids())

    def __len__(self) -> int:
        return len(self._ids())

    @property
    def bodies(self) -> Collection[Body]:
        """The bodies that hold these spans, in order of arrival."""
        return self._bodies_and_places()[0].values()

    def place(self, span_id: str) -> tuple[Body, int]:
        """The body of a span and its slot there. Raises KeyError."""
        bodies_by_id, places = self._bodies_and_places()
        body, slot = places[span_id]
        return bodies_by_id[body], slot

    def slots_with(self, body: Body, word: str) -> tuple[int, ...]:
        """The slots of a body, dead ones included, whose bytes contain a word: a hint, since texts are decoded before
        they are searched."""
        pack = self._pack(body.id)
        assert pack is not None, "the same transaction found it"
        needle = word.casefold().encode("utf-8", "surrogatepass")
        return tuple([slot for slot in range(len(pack)) if needle in pack.values(slot).lower()])

    def _find(self, span_id: str) -> SpanData | None:
        place = self._bodies_and_places()[1].get(span_id)
        if place is None:
            return None
        body, slot = place
        pack = self._pack(body)
        span = None if pack is None else pack.span_as_read(slot, self._blob_of)
        return None if span is None or span.is_fragment else span

    def _bodies_and_places(self) -> tuple[dict[int, Body], dict[str, Place]]:
        known = self._known
        if known is None:
            with self._reading() as connection:
                found = bodies.of_trace(connection, self.trace)
            known = self._known = {body.id: body for body in found}, bodies.places(found)
        return known

    def _ids(self) -> list[str]:
        in_order = self._in_order
        if in_order is None:
            with self._reading() as connection:
                rows = bodies.rows(connection, self.trace)
            in_order = self._in_order = [row.span_id for row in sorted(rows, key=sibling_order)]
        return in_order

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
