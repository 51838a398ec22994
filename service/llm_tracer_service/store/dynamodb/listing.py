"""Entries in the order of time: the shards of the list, merged."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from itertools import groupby

from llm_tracer_service.store.base import TimeRange
from llm_tracer_service.store.checking import first_and_last
from llm_tracer_service.store.dynamodb import keys, outside
from llm_tracer_service.store.dynamodb.client import LIST_INDEX, Client
from llm_tracer_service.store.dynamodb.entries import Entry, load_entry
from llm_tracer_service.store.dynamodb.heads import Heads
from llm_tracer_service.store.dynamodb.wire import Item


class Listing:
    """The list of a project. `is_expired` says whether a trace is past its time, though not removed yet."""

    def __init__(self, client: Client, shards: int, is_expired: Callable[[Entry], bool]) -> None:
        self._client = client
        self._shards = shards
        self._is_expired = is_expired

    def newest_first(
        self,
        project: str,
        time_range: TimeRange,
        after: tuple[int, str] | None = None,
        page_size: int | None = None,
    ) -> Iterator[Entry]:
        """By start descending, ties by id; `after` is the start and the id of the last entry already known. Without a
        page size, pages are of 1 MB."""
        first, last = first_and_last(time_range)
        if first > last:
            return
        until = keys.list_sort(last, f"{0:032x}")
        if after is not None:
            # The id 0 sorts highest, so what comes after a trace with the same start sorts below it.
            until = min(until, keys.list_sort(*after))
        for entry in self._merged(project, keys.list_sort(first, "f" * 32), until, False, page_size):
            if after is None or _order(entry) > (-after[0], after[1]):
                yield entry

    def oldest_first(
        self,
        project: str,
        time_range: TimeRange,
        after: tuple[int, str] | None = None,
        page_size: int | None = None,
    ) -> Iterator[Entry]:
        """By start ascending, ties by id."""
        first, last = first_and_last(time_range)
        if after is not None:
            first = max(first, after[0])
        if first > last:
            return
        since, until = keys.list_sort(first, "f" * 32), keys.list_sort(last, f"{0:032x}")
        entries = self._merged(project, since, until, True, page_size)
        # The index has entries with the same start in the wrong order.
        for start, of_start in groupby(entries, key=start_of):
            for entry in sorted(of_start, key=lambda each: each.trace_id):
                if after is None or (start, entry.trace_id) > after:
                    yield entry

    def _merged(
        self, project: str, first: str, last: str, forward: bool, page_size: int | None
    ) -> Iterator[Entry]:
        size = None if page_size is None else -(-page_size // self._shards) + (self._shards > 1)
        shards = [
            self._client.query(
                keys.listed(project, shard), first, last, index=LIST_INDEX, forward=forward, limit=size
            )
            for shard in range(self._shards)
        ]
        items = shards[0] if len(shards) == 1 else heapq.merge(*shards, key=_sort_key, reverse=not forward)
        for item in items:
            entry = self._entry(str(item["pk"]), bytes(item["m"]))  # type: ignore[arg-type]
            if entry is not None and not self._is_expired(entry):
                yield entry

    def _entry(self, partition: str, line: bytes) -> Entry | None:
        """The entry of a line, wherever the line is kept; None if the trace was deleted since."""
        while (name := outside.named_in(line)) is not None:
            found = outside.load(self._client, partition, [name], consistent=True).get(name)
            if found is not None:
                line = found
                continue
            head = self._client.get((partition, keys.HEAD), consistent=True)
            if head is None or head["m"] == line:
                return None
            line = bytes(head["m"])  # type: ignore[arg-type]  # replaced since
        return load_entry(keys.trace_of(partition), line)

    def fragments(self, project: str) -> Iterator[str]:
        """The ids of traces of only fragments."""
        return (str(item["h"]) for item in self._client.query(keys.fragments(project), index=LIST_INDEX))


def start_of(entry: Entry) -> int:
    """The start of an entry that is shown."""
    assert entry.summary is not None, "only traces with rows are in the list"
    return entry.summary.start_time_unix_nano


def fragment_entries(listing: Listing, heads: Heads, project: str) -> list[Entry]:
    """The entries of the traces of only fragments, which no list shows."""
    found = heads.load_many(project, list(listing.fragments(project)))
    return [head.entry for head in found.values() if head.entry is not None]


def _order(entry: Entry) -> tuple[int, str]:
    return -start_of(entry), entry.trace_id


def _sort_key(item: Item) -> str:
    return str(item["h"])
