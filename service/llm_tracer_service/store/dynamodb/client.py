"""The requests that the store makes of its table: the one place where answers are read, faults retried, units counted.

Throttling, faults of the service, lost answers and unprocessed parts of a batch are retried, with growing pauses and
jitter, for at most RETRY_S. So a write may happen twice: a put with a version then ends in a Conflict whose item is the
one that was put, or the one that another process made of it. Where the item was deleted in between, the put happens again.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeAlias

import msgspec

from llm_tracer_service.store.base import StoreError, StoreUnavailable
from llm_tracer_service.store.dynamodb.transport import Transport
from llm_tracer_service.store.dynamodb.wire import Item, Value, from_wire, to_wire

Key: TypeAlias = tuple[str, str]
"""Partition key and sort key."""

LIST_INDEX = "list"

RETRY_S = 20.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.025, 2.0
_GETS_A_BATCH = 100
_WRITES_A_BATCH = 25
_BATCH_BYTES_MAX = 4 * 1024 * 1024

THROTTLED = frozenset(
    {"ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"}
)
"""Refusals that are retried, like every fault of the service, which has a status of 500 or more."""

_OF_CREDENTIALS = frozenset(
    {
        "AccessDeniedException",
        "ExpiredTokenException",
        "IncompleteSignatureException",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "UnrecognizedClientException",
    }
)
_OF_REQUESTS = frozenset({"SerializationException", "ValidationException"})
"""Refusals of the request itself: it would be refused again."""

READS = frozenset({"GetItem", "BatchGetItem", "Query"})
WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"})
"""The operations that are billed, by kind."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class NoTable(StoreUnavailable):
    """The table does not exist, or not yet."""


class Conflict(Exception):
    """The item does not have the expected version; `item` is the one that is there, None if there is none."""

    def __init__(self, item: dict[str, Value] | None) -> None:
        super().__init__("The item has another version.")
        self.item = item


@dataclass(frozen=True, slots=True)
class Page:
    """Some items of a query, and the key after which the next ones begin."""

    items: Sequence[dict[str, Value]]
    after: Mapping[str, Any] | None


class Client:
    """One table. `pause` sleeps; tests pass one that does not."""

    def __init__(self, table: str, transport: Transport, pause: Callable[[float], None] = time.sleep) -> None:
        self.table = table
        self._transport = transport
        self._pause = pause
        self._lock = Lock()
        self._units: Counter[tuple[str, str]] = Counter()
        self.requests: Counter[str] = Counter()

    def consumed_units(self) -> Mapping[tuple[str, str], float]:
        """Capacity units since the start of the process, by operation and kind ("read", "write")."""
        with self._lock:
            return dict(self._units)

    # --- one item ---------------------------------------------------------------------------------------------------

    def get(self, key: Key, consistent: bool = False) -> dict[str, Value] | None:
        """One item; None if there is none."""
        answer = self.call("GetItem", {"Key": _key(key), "ConsistentRead": consistent})
        item = answer.get("Item")
        return None if item is None else from_wire(item)

    def put(self, item: Item) -> None:
        """Puts an item, whatever is there."""
        self.call("PutItem", {"Item": to_wire(item)})

    def put_version(self, item: Item, expected: int, needed: Sequence[Item] = ()) -> None:
        """Puts what an item needs, then the item, if the present one has this version `v`; 0 stands for no item. Raises
        Conflict; then what it needs is there all the same."""
        self.put_many(needed)
        request = {"Item": to_wire(item), **_if_version(expected)}
        _, is_certain = self._answered("PutItem", request)
        if expected == 0 and not is_certain:
            # An attempt without an answer may have put it, and another process may have deleted it with what it needs.
            self.put_many(needed)

    def delete(self, key: Key) -> None:
        """Deletes an item, if it is there."""
        self.call("DeleteItem", {"Key": _key(key)})

    def delete_version(self, key: Key, expected: int) -> None:
        """Deletes an item if it still has this version. Raises Conflict."""
        self.call("DeleteItem", {"Key": _key(key), **_if_version(expected)})

    def set_ttl(self, key: Key, ttl: int | None) -> None:
        """Sets when an item expires, in seconds since 1970; None for never. Does nothing if there is no such item, or if it
        expires later: another process had a reason."""
        change: dict[str, Any] = {"UpdateExpression": "REMOVE #t"}
        condition = "attribute_exists(#k)"
        values: dict[str, Any] = {}
        if ttl is not None:
            change = {"UpdateExpression": "SET #t = :t"}
            condition += " AND (attribute_not_exists(#t) OR #t < :t)"
            values = {"ExpressionAttributeValues": to_wire({":t": ttl})}
        names = {"#t": "ttl", "#k": "pk"}
        try:
            self.call(
                "UpdateItem",
                {"Key": _key(key), "ExpressionAttributeNames": names,
                 "ConditionExpression": condition, **change, **values},
            )  # fmt: skip
        except Conflict:
            return

    # --- many items -------------------------------------------------------------------------------------------------

    def get_many(self, keys: Collection[Key], consistent: bool = False) -> dict[Key, dict[str, Value]]:
        """Those of the items that exist."""
        found: dict[Key, dict[str, Value]] = {}
        distinct = list(dict.fromkeys(keys))
        for first in range(0, len(distinct), _GETS_A_BATCH):
            waiting: Any = [_key(key) for key in distinct[first : first + _GETS_A_BATCH]]
            for _ in self._attempts("BatchGetItem"):
                part = {"Keys": waiting, "ConsistentRead": consistent}
                answer = self.call("BatchGetItem", {"RequestItems": {self.table: part}})
                for each in answer["Responses"].get(self.table, []):
                    item = from_wire(each)
                    found[str(item["pk"]), str(item["sk"])] = item
                left = answer.get("UnprocessedKeys", {}).get(self.table)
                if not left:
                    break
                waiting = left["Keys"]
        return found

    def put_many(self, items: Sequence[Item]) -> None:
        """Puts items, in no particular order; if it fails, some may have been put."""
        self._write_many(
            [{"PutRequest": {"Item": to_wire(item)}} for item in items], [_size(item) for item in items]
        )

    def delete_many(self, keys: Collection[Key]) -> None:
        """Deletes items, in no particular order."""
        requests = [{"DeleteRequest": {"Key": _key(key)}} for key in dict.fromkeys(keys)]
        self._write_many(requests, [1_000] * len(requests))

    def _write_many(self, requests: Sequence[dict[str, Any]], sizes: Sequence[int]) -> None:
        for batch in _batches(requests, sizes):
            waiting = batch
            for _ in self._attempts("BatchWriteItem"):
                answer = self.call("BatchWriteItem", {"RequestItems": {self.table: waiting}})
                waiting = answer.get("UnprocessedItems", {}).get(self.table, [])
                if not waiting:
                    break

    # --- queries ----------------------------------------------------------------------------------------------------

    def page(
        self,
        partition: str,
        first: str = "",
        last: str | None = None,
        *,
        index: str | None = None,
        forward: bool = True,
        limit: int | None = None,
        after: Mapping[str, Any] | None = None,
        consistent: bool = False,
    ) -> Page:
        """Items of a partition with `first <= sort key <= last`, at most `limit` or 1 MB of them."""
        if last is not None and first > last:
            return Page([], None)
        condition, names, values = _key_condition(partition, first, last, index)
        request: dict[str, Any] = {
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": to_wire(values),
            "ScanIndexForward": forward,
        }
        if index:
            request["IndexName"] = index
        elif consistent:
            request["ConsistentRead"] = True
        if limit is not None:
            request["Limit"] = limit
        if after is not None:
            request["ExclusiveStartKey"] = after
        answer = self.call("Query", request)
        return Page([from_wire(item) for item in answer["Items"]], answer.get("LastEvaluatedKey"))

    def query(
        self, partition: str, first: str = "", last: str | None = None, **how: Any
    ) -> Iterator[dict[str, Value]]:
        """All items of a query, page by page on demand. `how` is as for `page`."""
        after = None
        while True:
            page = self.page(partition, first, last, after=after, **how)
            yield from page.items
            after = page.after
            if after is None:
                return

    # --- the request itself -----------------------------------------------------------------------------------------

    def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a request. Raises Conflict, StoreUnavailable, or StoreError if no retry would help."""
        return self._answered(operation, request)[0]

    def _answered(self, operation: str, request: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
        """The answer, and whether it is certain that the request was done only once."""
        is_certain = True
        body = _encode(self._complete(operation, request))
        problems = [""]
        for _ in self._attempts(operation, lambda: problems[-1]):
            try:
                status, content = self._transport(operation, body)
            except OSError as error:
                problems.append(str(error))
                is_certain = False
                continue
            self.requests[operation] += 1
            if status == 200:
                answer = _decode(content)
                self._count(operation, answer.get("ConsumedCapacity"))
                return answer, is_certain
            fault = _fault(content)
            kind = str(fault.get("__type", "")).rpartition("#")[2]
            problem = f"{kind or status}: {fault.get('message') or fault.get('Message') or ''}".rstrip(": ")
            problems.append(problem)
            if kind == "ConditionalCheckFailedException":
                raise Conflict(from_wire(fault["Item"]) if fault.get("Item") else None)
            if kind not in THROTTLED and status < 500:
                raise self._refusal(kind, problem)
            is_certain = is_certain and status < 500
        raise AssertionError("the last attempt raises")

    def _complete(self, operation: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        if operation in READS | WRITES:
            request = {**request, "ReturnConsumedCapacity": "TOTAL"}
        return request if operation.startswith("Batch") else {"TableName": self.table, **request}

    def _attempts(
        self, operation: str, problem: Callable[[], str] = lambda: "it was not done whole"
    ) -> Iterator[int]:
        """Attempts with pauses in between. Raises StoreUnavailable when the time is up."""
        deadline_s = time.monotonic() + RETRY_S
        attempt = 0
        while True:
            yield attempt
            if time.monotonic() > deadline_s:
                raise StoreUnavailable(
                    f"DynamoDB did not complete {operation}: {problem()}.", "Try again later."
                )
            pause_s = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2**attempt)
            self._pause(random.uniform(0, pause_s))  # noqa: S311  # jitter
            attempt += 1

    def _refusal(self, kind: str, problem: str) -> StoreError:
        if kind == "ResourceNotFoundException":
            return NoTable(f"There is no table {self.table!r}.", "`llm-tracer store create` makes it.")
        if kind in _OF_CREDENTIALS:
            return StoreUnavailable(
                f"DynamoDB refuses these credentials: {problem}",
                "See docs/dynamodb.md, IAM; a signature is also refused if the clock is five minutes off.",
            )
        if kind in _OF_REQUESTS:
            return StoreError(f"DynamoDB refused the request: {problem}")
        # Whatever it is, the sender's spans are not to blame: they may be sent again.
        return StoreUnavailable(f"DynamoDB refused the request: {problem}", "Try again later.")

    def _count(self, operation: str, consumed: Any) -> None:
        if not consumed:
            return
        parts = consumed if isinstance(consumed, list) else [consumed]
        units = sum(float(part.get("CapacityUnits", 0)) for part in parts)
        with self._lock:
            self._units[operation, "read" if operation in READS else "write"] += units  # type: ignore[assignment]


def _key_condition(
    partition: str, first: str, last: str | None, index: str | None
) -> tuple[str, dict[str, str], dict[str, Value]]:
    """A condition on the sort keys of a partition, with the names and the values in it."""
    names = {"#p": "g", "#s": "h"} if index else {"#p": "pk", "#s": "sk"}
    values: dict[str, Value] = {":p": partition}
    if first and last is not None:
        return "#p = :p AND #s BETWEEN :first AND :last", names, values | {":first": first, ":last": last}
    if first:
        return "#p = :p AND #s >= :first", names, values | {":first": first}
    if last is not None:
        return "#p = :p AND #s <= :last", names, values | {":last": last}
    del names["#s"]
    return "#p = :p", names, values


def _key(key: Key) -> dict[str, dict[str, Any]]:
    return to_wire({"pk": key[0], "sk": key[1]})


def _if_version(expected: int) -> dict[str, Any]:
    condition: dict[str, Any] = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    if expected == 0:
        return condition | {"ConditionExpression": "attribute_not_exists(pk)"}
    return condition | {
        "ConditionExpression": "v = :v",
        "ExpressionAttributeValues": to_wire({":v": expected}),
    }


def _fault(content: bytes) -> dict[str, Any]:
    try:
        return _decode(content)
    except msgspec.DecodeError:
        return {}


def _size(item: Item) -> int:
    return 200 + sum(len(value) * 4 // 3 for value in item.values() if isinstance(value, bytes))


def _batches(requests: Sequence[dict[str, Any]], sizes: Sequence[int]) -> Iterator[list[dict[str, Any]]]:
    """Batches of at most 25 requests and 4 MB, so that the answer comes within the time-out on a slow line."""
    batch: list[dict[str, Any]] = []
    size = 0
    for request, its_size in zip(requests, sizes, strict=True):
        if batch and (len(batch) == _WRITES_A_BATCH or size + its_size > _BATCH_BYTES_MAX):
            yield batch
            batch, size = [], 0
        batch.append(request)
        size += its_size
    if batch:
        yield batch
