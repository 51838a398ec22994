"""The ingest log: an item for each call that kept outcomes, and one with the sums, which also counts them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from itertools import islice

from llm_tracer_service.store.dynamodb import keys
from llm_tracer_service.store.dynamodb.client import Client, Conflict
from llm_tracer_service.store.dynamodb.wire import Item
from llm_tracer_service.store.exact import Loader, dump
from llm_tracer_service.store.outcomes import OUTCOMES_MAX, Outcome, SenderTotals, added

_A_ITEM = 100
"""How many outcomes of 2 KB and more an item of 400 KB takes."""

_MARKS = 8
"""How many calls, the latest ones, are marked in the sums."""

_load_outcomes: Loader[list[Outcome]] = Loader(list[Outcome])
_load_totals: Loader[list[SenderTotals]] = Loader(list[SenderTotals])


class OutcomeLog:
    """The ingest log of all projects."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def keep(self, project: str, outcomes: Sequence[Outcome]) -> None:
        """Adds outcomes, the oldest first."""
        if not outcomes:
            return
        first = self._add_up(project, outcomes)
        partition = keys.outcomes(project)
        kept = outcomes[-OUTCOMES_MAX:]
        first += len(outcomes) - len(kept)
        for at in range(0, len(kept), _A_ITEM):
            item: Item = {
                "pk": partition,
                "sk": f"{first + at:016x}",
                "o": dump(list(kept[at : at + _A_ITEM])),
            }
            self._client.put(item)
        count = first + len(kept)
        if count // OUTCOMES_MAX > first // OUTCOMES_MAX:
            self._trim(partition, count)

    def last(self, project: str, limit: int) -> list[Outcome]:
        """The last outcomes, the newest first."""
        return list(islice(self._newest_first(project), min(limit, OUTCOMES_MAX)))

    def totals(self, project: str) -> list[SenderTotals]:
        """The sums by sender, in the order of the senders' first requests."""
        item = self._client.get((keys.outcomes(project), keys.HEAD), consistent=True)
        return [] if item is None else _load_totals(bytes(item["d"]))  # type: ignore[arg-type]

    def forget(self, project: str) -> None:
        """Removes the ingest log of a project, until nothing has come meanwhile: sums and requests go together."""
        partition = keys.outcomes(project)
        while items := list(self._client.query(partition, consistent=True)):
            self._client.delete_many([(partition, str(item["sk"])) for item in items])

    def _newest_first(self, project: str) -> Iterator[Outcome]:
        rows = self._client.query(keys.outcomes(project), "0", forward=False, limit=10, consistent=True)
        for item in rows:
            yield from reversed(_load_outcomes(bytes(item["o"])))  # type: ignore[arg-type]

    def _add_up(self, project: str, outcomes: Sequence[Outcome]) -> int:
        """Adds to the sums; returns how many outcomes there were before."""
        key = (keys.outcomes(project), keys.HEAD)
        mark = secrets.token_hex(4)
        while True:
            item = self._client.get(key, consistent=True) or {}
            version, count = int(item.get("v", 0)), int(item.get("n", 0))
            known = _load_totals(bytes(item["d"])) if item else []  # type: ignore[arg-type]
            totals = added({each.sender: each for each in known}, outcomes)
            marks = [*str(item.get("k", "")).split(), mark]
            new: Item = {
                "pk": key[0], "sk": key[1], "v": version + 1, "n": count + len(outcomes),
                "d": dump(list(totals.values())), "k": " ".join(marks[-_MARKS:]),
            }  # fmt: skip
            try:
                self._client.put_version(new, version)
            except Conflict as conflict:
                # If the answer to our own put was lost, another process may have added to it since.
                if mark not in str((conflict.item or {}).get("k", "")).split():
                    continue
            return count

    def _trim(self, partition: str, count: int) -> None:
        old = self._client.query(partition, "0", f"{max(0, count - OUTCOMES_MAX - _A_ITEM):016x}")
        self._client.delete_many([(partition, str(item["sk"])) for item in old])
