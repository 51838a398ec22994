"""The table: created once, and described for the operator.

Two keys, one index that projects the lines of the list, time-to-live, and pay-per-request. How many shards the lists have is
fixed when the table is created, in an item of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from llm_tracer_service.store.base import StoreError
from llm_tracer_service.store.dynamodb import keys
from llm_tracer_service.store.dynamodb.client import LIST_INDEX, Client, Conflict, NoTable
from llm_tracer_service.store.dynamodb.wire import Item

SHARDS_MAX = 32
_FORMAT = 1
_READY_WITHIN_S = 120.0

DEFINITION: dict[str, Any] = {
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "g", "h")
    ],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": LIST_INDEX,
            "KeySchema": [
                {"AttributeName": "g", "KeyType": "HASH"},
                {"AttributeName": "h", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["m"]},
        }
    ],
}
"""The argument of CreateTable. deploy/aws/template.yaml says the same."""

_TTL = {"Enabled": True, "AttributeName": "ttl"}


def create(client: Client, shards: int = 1, pause: Callable[[float], None] = time.sleep) -> bool:
    """Creates the table with everything it needs, unless it exists; returns whether it was created now. Raises
    StoreError."""
    if not 1 <= shards <= SHARDS_MAX:
        raise StoreError(f"A table has 1 to {SHARDS_MAX} shards, not {shards}.")
    is_new = describe(client) is None
    if is_new:
        client.call("CreateTable", DEFINITION)
    _wait_until_ready(client, pause)
    if client.call("DescribeTimeToLive", {})["TimeToLiveDescription"]["TimeToLiveStatus"] == "DISABLED":
        client.call("UpdateTimeToLive", {"TimeToLiveSpecification": _TTL})
    try:
        client.put_version(_settings(shards), 0)
    except Conflict as there:
        found = int((there.item or {}).get("n", shards))
        if shards not in (1, found):
            raise StoreError(
                f"The table has {found} shards; that cannot be changed.",
                "Create another table and copy the project.",
            ) from None
    return is_new


def describe(client: Client) -> dict[str, Any] | None:
    """The answer of DescribeTable; None if there is no such table."""
    try:
        table: dict[str, Any] = client.call("DescribeTable", {})["Table"]
    except NoTable:
        return None
    return table


def shards_of(client: Client) -> int:
    """How many shards the lists of a table have. Raises StoreError if it is not a table of ours, or a newer one."""
    item = client.get(keys.SETTINGS, consistent=True)
    if item is None:
        # A template creates only the table: whoever opens it first notes that it has one shard.
        with suppress(Conflict):
            client.put_version(_settings(1), 0)
        return 1
    if int(item["f"]) > _FORMAT:
        raise StoreError(
            f"The table {client.table!r} was created by a newer version.", "Update llm-tracer-service."
        )
    return int(item["n"])


def _settings(shards: int) -> Item:
    return {"pk": keys.SETTINGS[0], "sk": keys.SETTINGS[1], "v": 1, "n": shards, "f": _FORMAT}


def _wait_until_ready(client: Client, pause: Callable[[float], None]) -> None:
    deadline_s = time.monotonic() + _READY_WITHIN_S
    while time.monotonic() < deadline_s:
        table = describe(client)
        if table is not None and table["TableStatus"] == "ACTIVE":
            return
        pause(0.5)
    raise StoreError(
        f"The table {client.table!r} was not ready within {_READY_WITHIN_S:.0f} s.", "Try again later."
    )
