"""What a head has no room for, in items of their own beside it: pages of rows, a long line of the list, very many blobs.

Such items never change. A name such as `a1b2c3d4.3` says how many items hold the bytes; a name without a number is one.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence

from llm_tracer_service.store.dynamodb.client import Client, Key
from llm_tracer_service.store.dynamodb.wire import Item, Value

CHUNK_BYTES = 390 * 1024
"""An item holds 400 KB, its keys and names included."""

LONG_BYTES = 20 * 1024
"""A line or a list of blobs that is longer is not kept in the head, which may have a body of 250 KB and rows of 100 KB."""

_ELSEWHERE = b"\0"
"""Begins what stands for a long line, followed by a name. Compressed bytes begin otherwise."""


def keys_of(partition: str, name: str) -> list[Key]:
    """The keys of the items under a name."""
    _, _, chunks = name.partition(".")
    if not chunks:
        return [(partition, f"K#{name}")]
    return [(partition, f"K#{name}#{chunk:04d}") for chunk in range(int(chunks))]


def items_of(partition: str, data: bytes) -> tuple[str, list[dict[str, Value]]]:
    """A new name, and the items under it that hold these bytes."""
    name = secrets.token_hex(4)
    chunks = -(-len(data) // CHUNK_BYTES)
    if chunks > 1:
        name = f"{name}.{chunks}"
    return name, [
        {"pk": pk, "sk": sk, "d": data[at * CHUNK_BYTES : (at + 1) * CHUNK_BYTES]}
        for at, (pk, sk) in enumerate(keys_of(partition, name))
    ]


def load(client: Client, partition: str, names: Sequence[str], consistent: bool) -> dict[str, bytes]:
    """The bytes under each name, except names that are gone."""
    wanted = {name: keys_of(partition, name) for name in names}
    found = client.get_many([key for keys in wanted.values() for key in keys], consistent)
    return {name: _joined(keys, found) for name, keys in wanted.items() if found.keys() >= set(keys)}


def _joined(keys: Sequence[Key], found: Mapping[Key, Item]) -> bytes:
    return b"".join(bytes(found[key]["d"]) for key in keys)  # type: ignore[arg-type]


def standing_for(name: str) -> bytes:
    """What is written in place of a line that is kept elsewhere."""
    return _ELSEWHERE + name.encode()


def named_in(line: bytes) -> str | None:
    """The name written in place of a line; None if it is a line."""
    return line[1:].decode() if line.startswith(_ELSEWHERE) else None
