"""A remap, step by step: which traces another version of the Reader derived, project by project, the oldest first."""

from __future__ import annotations

from collections.abc import Sequence

from llm_tracer_service.store.base import ALWAYS, RemapPage
from llm_tracer_service.store.dynamodb.journal import Journal
from llm_tracer_service.store.dynamodb.listing import Listing, start_of
from llm_tracer_service.store.dynamodb.upkeep import Upkeep
from llm_tracer_service.store.dynamodb.writer import Touched
from llm_tracer_service.store.paging import read_cursor, write_cursor

LOOKED_AT_MAX = 2_000
"""After so many traces a step ends even where nothing was to be done."""


def remap_step(
    listing: Listing,
    keeping: Upkeep,
    journal: Journal,
    version: str,
    names: Sequence[str],
    project: str | None,
    cursor: str | None,
    limit: int,
    everything: bool,
) -> tuple[RemapPage, list[str]]:
    """One step over the projects `names`, and in which of them something changed."""
    question = ("" if project is None else f"={project}", str(everything))
    after: tuple[str, int, str] | None = None
    if cursor is not None:
        name, start, trace_id = read_cursor("remap", question, cursor, (bytes, int, str))
        after = name.decode("utf-8", "surrogatepass"), start, trace_id
    looked_at = derived = 0
    changed: dict[str, list[Touched]] = {}

    def page(next_cursor: str | None) -> tuple[RemapPage, list[str]]:
        for of, touched in changed.items():
            journal.append(of, touched)
        return RemapPage(looked_at, derived, next_cursor), list(changed)

    for name in names:
        if after is not None and name < after[0]:
            continue
        last = None if after is None or name != after[0] else after[1:]
        for entry in listing.oldest_first(name, ALWAYS, last):
            stale = everything or entry.reader != version
            if (stale and derived == limit) or looked_at == LOOKED_AT_MAX:
                assert after is not None, "something was looked at"
                key = after[0].encode("utf-8", "surrogatepass"), after[1], after[2]
                return page(write_cursor("remap", question, key))
            after = name, start_of(entry), entry.trace_id
            looked_at += 1
            if stale:
                derived += 1
                touched = keeping.derive_again(name, entry.trace_id)
                if touched is not None:
                    changed.setdefault(name, []).append(touched)
    return page(None)
