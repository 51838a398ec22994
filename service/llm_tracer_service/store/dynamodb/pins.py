"""Which traces are pinned: an item for each, so that nobody has to read the list. The head decides; the item follows it."""

from __future__ import annotations

from llm_tracer_service.store.dynamodb import keys
from llm_tracer_service.store.dynamodb.client import Client
from llm_tracer_service.store.dynamodb.heads import Heads


class Pins:
    """The pins of all projects."""

    def __init__(self, client: Client, heads: Heads) -> None:
        self._client = client
        self._heads = heads

    def of(self, project: str) -> frozenset[str]:
        """The ids of the pinned traces of a project."""
        return frozenset(str(item["sk"]) for item in self._client.query(keys.pins(project), consistent=True))

    def follow(self, project: str, trace_id: str) -> None:
        """Lets the item follow the head, until that has not changed meanwhile."""
        pk, sk = keys.pins(project), trace_id
        noted: bool | None = None
        while True:
            head = self._heads.load(project, trace_id, consistent=True)
            is_pinned = head is not None and head.pinned
            if is_pinned == noted:
                return
            if is_pinned:
                self._client.put({"pk": pk, "sk": sk})
            else:
                self._client.delete((pk, sk))
            noted = is_pinned
