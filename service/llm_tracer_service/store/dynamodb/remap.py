"""A remap, step by step: the traces derived by another version of the Reader, project by project, the oldest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from llm_tracer.model.reading import Reader

from llm_tracer_service.store.base import ALWAYS, RemapPage, StoreDamaged, StoreError
from llm_tracer_service.store.deliveries import rows_of
from llm_tracer_service.store.dynamodb.blobs import Blobs
from llm_tracer_service.store.dynamodb.bodies import Packs, load_body, part_like
from llm_tracer_service.store.dynamodb.client import Client
from llm_tracer_service.store.dynamodb.heads import INLINE, Head, Heads, Overtaken, Part
from llm_tracer_service.store.dynamodb.journal import Journal
from llm_tracer_service.store.dynamodb.listing import Listing, start_of
from llm_tracer_service.store.dynamodb.writer import Touched, Writer
from llm_tracer_service.store.packing import with_rows
from llm_tracer_service.store.paging import read_cursor, write_cursor
from llm_tracer_service.store.rows import equal_rows

LOOKED_AT_MAX = 2_000
"""After so many traces a step ends even if there was nothing to do."""


@dataclass(frozen=True, slots=True, eq=False)
class Remap:
    """Derives rows again with the present Reader."""

    _client: Client
    _heads: Heads
    _blobs: Blobs
    _listing: Listing
    _writer: Writer
    _journal: Journal
    _reader: Reader

    def step(
        self, names: Sequence[str], project: str | None, cursor: str | None, limit: int, everything: bool
    ) -> RemapPage:
        """One step over the projects `names`. Raises BadCursor."""
        question = ("" if project is None else f"={project}", str(everything))
        after: tuple[str, int, str] | None = None
        if cursor is not None:
            name, start, trace_id = read_cursor("remap", question, cursor, (bytes, int, str))
            after = name.decode("utf-8", "surrogatepass"), start, trace_id
        looked_at = derived = 0
        changed: dict[str, list[Touched]] = {}

        def page(next_cursor: str | None) -> RemapPage:
            for of, touched in changed.items():
                self._journal.append(of, touched)
            return RemapPage(looked_at, derived, next_cursor)

        try:
            for name in names:
                if after is not None and name < after[0]:
                    continue
                last = None if after is None or name != after[0] else after[1:]
                for entry in self._listing.oldest_first(name, ALWAYS, last):
                    stale = everything or entry.reader != self._reader.version
                    if (stale and derived == limit) or looked_at == LOOKED_AT_MAX:
                        assert after is not None, "a trace was examined before"
                        key = after[0].encode("utf-8", "surrogatepass"), after[1], after[2]
                        return page(write_cursor("remap", question, key))
                    after = name, start_of(entry), entry.trace_id
                    looked_at += 1
                    if stale:
                        derived += 1
                        touched = self._derive_again(name, entry.trace_id)
                        if touched is not None:
                            changed.setdefault(name, []).append(touched)
        except StoreError:
            # The next step finds what was derived as it should be, and will not tell of it. The last trace may be derived.
            if after is not None:
                changed.setdefault(after[0], []).append(Touched(after[2], (after[1],)))
            with suppress(StoreError):
                page(None)
            raise
        return page(None)

    def _derive_again(self, project: str, trace_id: str) -> Touched | None:
        """Derives the rows of a trace; None if none of them changed."""
        is_changed = False
        damaged: int | None = None
        while True:
            head = self._heads.load(project, trace_id, consistent=True)
            if head is None:
                return None
            try:
                derived = {part.name: self._derived(head, part) for part in head.parts}
            except StoreDamaged:
                if head.version == damaged:
                    raise
                # The body belongs to a head that another process has replaced since.
                damaged = head.version
                continue
            changed = {name: each for name, each in derived.items() if each is not None}
            new = replace(head, reader=self._reader.version)
            # If it is overtaken, its put may still have been done, its answer lost: then nothing is left to change.
            is_changed = is_changed or bool(changed)
            if changed:
                new = _with_changed(new, {name: part for name, (part, _) in changed.items()})
                if INLINE in changed:
                    new = replace(new, inline=changed[INLINE][1])
            bodies = [(part, rest) for name, (part, rest) in changed.items() if name != INLINE]
            try:
                touched = self._writer.replace(head, new, bodies)
            except Overtaken:
                continue
            return touched if is_changed else None

    def _derived(self, head: Head, part: Part) -> tuple[Part, bytes] | None:
        """A part with its rows as they are read now, and its body; None if they are the same."""
        spans = Packs(self._client, head).spans(part)
        rows = rows_of(spans, self._reader, self._blobs.of(head.project))
        by_slot = [rows.get(span_id) if span_id in spans else None for span_id in part.span_ids]
        if equal_rows(by_slot, part.live_rows()):
            return None
        head_bytes, rest = with_rows(part.head, load_body(self._client, head, part), by_slot)
        # Under another name: whoever has read the old head still finds the old body.
        return part_like(part, head_bytes, rest), rest


def _with_changed(head: Head, changed: Mapping[str, Part]) -> Head:
    """A head with other parts under the names of the old ones, also as bases of further parts."""

    def change(part: Part) -> Part:
        new = changed.get(part.name, part)
        base = None if new.base is None else changed.get(new.base)
        return new if base is None else replace(new, base=base.name)

    return head.with_parts(change)
