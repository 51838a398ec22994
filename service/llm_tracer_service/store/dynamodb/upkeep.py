"""What is due from time to time: age, another Reader, and whether all is as it should be."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from llm_tracer.model.reading import Reader
from llm_tracer.model.row import SpanRow
from llm_tracer.model.span import SpanData

from llm_tracer_service.store.base import ALWAYS, Checked, ProjectStorage, StoreDamaged
from llm_tracer_service.store.checking import TIME_UNIX_NANO_MAX
from llm_tracer_service.store.deliveries import rows_of
from llm_tracer_service.store.dynamodb.blobs import Blobs
from llm_tracer_service.store.dynamodb.bodies import Packs, load_body, part_like
from llm_tracer_service.store.dynamodb.client import Client, Conflict
from llm_tracer_service.store.dynamodb.entries import Entry
from llm_tracer_service.store.dynamodb.heads import INLINE, Head, Heads, Part
from llm_tracer_service.store.dynamodb.listing import Listing, start_of
from llm_tracer_service.store.dynamodb.writer import Touched, Writer
from llm_tracer_service.store.packing import with_rows
from llm_tracer_service.store.rows import dump_rows, load_rows

_TRACES_A_STEP = 100


class Upkeep:
    """What looks at every trace of a project."""

    def __init__(
        self, client: Client, heads: Heads, blobs: Blobs, listing: Listing, writer: Writer, reader: Reader
    ) -> None:
        self._client = client
        self._heads = heads
        self._blobs = blobs
        self._listing = listing
        self._writer = writer
        self._reader = reader

    def silent_since(self, project: str, before_unix_nano: int) -> tuple[int, list[str]]:
        """The traces of which nothing arrived since a time, pinned ones left out, and when something last arrived of the
        one that was silent longest of the others."""
        entries = [*self._listing.newest_first(project, ALWAYS), *self._fragment_entries(project)]
        unpinned = [entry for entry in entries if not entry.pinned]
        left = [entry.received for entry in unpinned if entry.received >= before_unix_nano]
        silent = [entry.trace_id for entry in unpinned if entry.received < before_unix_nano]
        return min(left, default=TIME_UNIX_NANO_MAX), silent

    # --- another Reader ---------------------------------------------------------------------------------------------

    def derive_again(self, project: str, trace_id: str) -> Touched | None:
        """Derives the rows of a trace with the present Reader; None where none of them changed."""
        while True:
            head = self._heads.load(project, trace_id, consistent=True)
            if head is None:
                return None
            derived = {part.name: self._derived(head, part) for part in head.parts}
            changed = {name: each for name, each in derived.items() if each is not None}
            new = replace(head, reader=self._reader.version)
            if changed:
                new = _with_changed(new, {name: part for name, (part, _) in changed.items()})
                if INLINE in changed:
                    new = replace(new, inline=changed[INLINE][1])
            bodies = [(part, rest) for name, (part, rest) in changed.items() if name != INLINE]
            try:
                touched = self._writer.replace(head, new, bodies)
            except Conflict:
                continue
            return touched if changed else None

    def _derived(self, head: Head, part: Part) -> tuple[Part, bytes] | None:
        """A part with its rows as they are read now, and its body; None where they are the same."""
        rest = load_body(self._client, head, part)
        spans = _spans(self._client, head, part)
        rows = rows_of(spans, self._reader, self._blobs.of(head.project))
        by_slot = [rows.get(span_id) if span_id in spans else None for span_id in part.span_ids]
        if not _differ(part, by_slot):
            return None
        head_bytes, rest = with_rows(part.head, rest, by_slot)
        # Under another name: whoever has read the old head still finds the old body.
        renamed = part_like(part, head_bytes, rest)
        return renamed, rest

    # --- what is taken ----------------------------------------------------------------------------------------------

    def storage(self, project: str) -> ProjectStorage:
        """What a project takes."""
        entries = list(self._listing.newest_first(project, ALWAYS))
        fragments = self._fragment_entries(project)
        every = [*entries, *fragments]
        return ProjectStorage(
            project,
            traces=len(entries),
            spans=sum(entry.summary.span_count for entry in entries if entry.summary is not None),
            pinned=sum(entry.pinned for entry in entries),
            oldest_unix_nano=start_of(entries[-1]) if entries else None,
            newest_unix_nano=start_of(entries[0]) if entries else None,
            bodies_bytes=sum(entry.bodies_bytes for entry in every),
            rows_bytes=sum(entry.rows_bytes for entry in every),
            blobs_bytes=sum(size for _, size in self._blobs.all_of(project)),
        )

    def _fragment_entries(self, project: str) -> list[Entry]:
        heads = self._heads.load_many(project, list(self._listing.fragments(project)))
        return [head.entry for head in heads.values() if head.entry is not None]

    # --- verification -----------------------------------------------------------------------------------------------

    def verify_traces(self, project: str) -> Iterator[Checked]:
        """Reads every span of a project again, and compares what was derived."""
        ids = [entry.trace_id for entry in self._listing.newest_first(project, ALWAYS)]
        ids += self._listing.fragments(project)
        for first in range(0, len(ids), _TRACES_A_STEP):
            step = ids[first : first + _TRACES_A_STEP]
            problems = [
                f"Trace {trace_id} of project {project}: {problem}"
                for trace_id, head in self._heads.load_many(project, step, consistent=True).items()
                for problem in self._problems(head)
            ]
            yield Checked("traces", first + len(step), len(ids), tuple(problems))

    def _problems(self, head: Head) -> Iterator[str]:
        try:
            for part in head.parts:
                spans = _spans(self._client, head, part)
                if head.reader == self._reader.version:
                    rows = rows_of(spans, self._reader, self._blobs.of(head.project))
                    by_slot = [rows.get(span_id) for span_id in part.span_ids]
                    if _differ(part, by_slot):
                        yield "its rows are not what its spans say"
        except StoreDamaged as error:
            yield str(error)
        if self._heads.entry_of(head) != head.entry:
            yield "its line in the list is not what its rows say"

    def verify_blobs(self, project: str) -> Iterator[Checked]:
        """Reads every blob of a project, and compares what it is."""
        hashes = [sha256 for sha256, _ in self._blobs.all_of(project)]
        for done, sha256 in enumerate(hashes, start=1):
            problems: tuple[str, ...] = ()
            try:
                blob = self._blobs.find(project, sha256)
                if blob is not None and hashlib.sha256(blob.data).hexdigest() != sha256:
                    problems = (f"Blob {sha256} of project {project} is another one.",)
            except StoreDamaged as error:
                problems = (str(error),)
            yield Checked("blobs", done, len(hashes), problems)


def _differ(part: Part, by_slot: Sequence[SpanRow | None]) -> bool:
    """Whether rows by slot, None for what is dead or a fragment, are other ones than those of a part."""
    old = [row if slot not in part.dead else None for slot, row in enumerate(part.rows())]
    # As they come back: a whole number in the place of a fraction is one then. And as bytes: what is not a number
    # equals nothing, not even itself.
    new = load_rows(part.span_ids, dump_rows(by_slot))
    return dump_rows(new) != dump_rows(old)


def _with_changed(head: Head, changed: Mapping[str, Part]) -> Head:
    """A head with other parts under the names of the old ones, and what is kept against them."""

    def change(part: Part) -> Part:
        new = changed.get(part.name, part)
        base = None if new.base is None else changed.get(new.base)
        return new if base is None else replace(new, base=base.name)

    return head.with_parts(change)


def _spans(client: Client, head: Head, part: Part) -> dict[str, SpanData]:
    pack = Packs(client, head).of(part)
    return {span_id: pack.span(slot) for slot, span_id in part.live_slots()}
