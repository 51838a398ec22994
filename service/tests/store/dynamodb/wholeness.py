"""Whether a table is whole: everything that is needed is there for long enough, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from llm_tracer_service.store.dynamodb import blobs, keys, outside
from llm_tracer_service.store.dynamodb.bodies import keys_of
from llm_tracer_service.store.dynamodb.client import Key
from llm_tracer_service.store.dynamodb.store import DynamoStore
from llm_tracer_service.store.dynamodb.wire import Value, from_wire

Items = dict[Key, dict[str, Value]]


def faults_of(store: DynamoStore) -> list[str]:
    """What is wrong with a table in which no call is under way."""
    found = [problem for step in store.verify() for problem in step.problems]
    items = _items(store)
    needed: set[Key] = set()
    for key, item in items.items():
        if key[0].startswith("T#") and key[1] == keys.HEAD:
            of_trace = set(_needed(store, key, items))
            needed |= of_trace
            for each in sorted(of_trace):
                if each not in items:
                    found.append(f"{each} is missing")
                elif each != key and int(items[each].get("ttl", 1 << 60)) <= int(
                    item.get("ttl", (1 << 60) - 1)
                ):
                    found.append(f"{each} expires before its head")
    belongings = ("T#", "X#", "D#", "N#")
    return found + [
        f"{key} belongs to nothing"
        for key, item in items.items()
        if key[0].startswith(belongings) and key not in needed and "ttl" not in item
    ]


def _items(store: DynamoStore) -> Items:
    items = [from_wire(item) for item in store._client.call("Scan", {})["Items"]]
    return {(str(item["pk"]), str(item["sk"])): item for item in items}


def _needed(store: DynamoStore, key: Key, items: Items) -> Iterator[Key]:
    """The keys of everything that a trace needs."""
    _, of_project, trace_id = key[0].split("#")
    project = keys.project_of(of_project)
    head = store._heads.load(project, trace_id, consistent=True)
    assert head is not None
    yield key
    for part in head.parts:
        yield from keys_of(project, trace_id, part)
    for name in head.outside:
        yield from outside.keys_of(key[0], name)
    for sha256 in head.blobs:
        blob = keys.blob(project, sha256)
        yield from [(blob, keys.HEAD), (blob, f"T#{trace_id}")]
        if (blob, keys.HEAD) in items:
            yield from blobs._chunks(blob, blobs._kept(items[blob, keys.HEAD]))
    if head.pinned:
        yield keys.pins(project), trace_id
