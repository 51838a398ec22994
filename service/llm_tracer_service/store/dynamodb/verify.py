"""Whether the table holds what it should: every body and blob, and everything derived from them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from llm_tracer.model.reading import Reader

from llm_tracer_service.store.base import ALWAYS, Checked, StoreDamaged
from llm_tracer_service.store.deliveries import rows_of
from llm_tracer_service.store.dynamodb.blobs import Blobs
from llm_tracer_service.store.dynamodb.bodies import Packs
from llm_tracer_service.store.dynamodb.client import Client
from llm_tracer_service.store.dynamodb.heads import Head, Heads
from llm_tracer_service.store.dynamodb.listing import Listing
from llm_tracer_service.store.rows import equal_rows

_TRACES_A_STEP = 100


@dataclass(frozen=True, slots=True, eq=False)
class Verification:
    """Reads all traces and blobs of a project, and changes nothing."""

    _client: Client
    _heads: Heads
    _blobs: Blobs
    _listing: Listing
    _reader: Reader

    def traces(self, project: str) -> Iterator[Checked]:
        """Derives every trace of a project again, and compares the result with what is stored."""
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
        packs = Packs(self._client, head)
        is_derived_alike = head.reader == self._reader.version  # a `remap` derives the others again
        try:
            for part in head.parts:
                spans = packs.spans(part)
                if is_derived_alike:
                    rows = rows_of(spans, self._reader, self._blobs.of(head.project))
                    if not equal_rows([rows.get(span_id) for span_id in part.span_ids], part.live_rows()):
                        yield "its rows are not what its spans say"
        except StoreDamaged as error:
            yield str(error)
        if is_derived_alike and self._heads.entry_of(head) != head.entry:
            yield "its line in the list is not what its rows say"

    def blobs(self, project: str) -> Iterator[Checked]:
        """Compares every blob of a project with its SHA-256."""
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
