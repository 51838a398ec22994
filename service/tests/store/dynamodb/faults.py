"""Random faults between a client and DynamoDB, put into its transport: seeded, and counted."""

from __future__ import annotations

import json
import random
from collections import Counter
from threading import Lock
from typing import Any

from llm_tracer_service.store.dynamodb.transport import Transport

THROTTLED = json.dumps(
    {
        "__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
        "message": "Slow down.",
    }
).encode()
FAULT = json.dumps({"__type": "com.amazon.coral.service#InternalServerError", "message": "Oops."}).encode()


class Crash(Exception):
    """The process ends here."""


class Faults:
    """A Transport that sometimes fails. `share` is how many requests of a hundred have each kind of fault."""

    def __init__(self, transport: Transport, seed: int, share: int = 4, crashes: int = 0) -> None:
        self._transport = transport
        self._random = random.Random(seed)
        self._share = share
        self._crashes = crashes
        self._lock = Lock()
        self.happened: Counter[str] = Counter()

    def __call__(self, operation: str, body: bytes) -> tuple[int, bytes]:
        fault = self._fault(operation)
        match fault:
            case "throttled":
                return 400, THROTTLED
            case "service fault":
                return 500, FAULT
            case "no connection":
                raise OSError("Connection refused.")
            case "lost answer":
                self._transport(operation, body)
                raise TimeoutError("timed out")
            case "crash before":
                raise Crash
            case "crash after":
                self._transport(operation, body)
                raise Crash
            case "unprocessed":
                return self._in_part(operation, json.loads(body))
        return self._transport(operation, body)

    def _fault(self, operation: str) -> str | None:
        kinds = ["throttled", "service fault", "no connection", "lost answer"]
        if operation.startswith("Batch"):
            kinds.append("unprocessed")
        with self._lock:
            if self._random.randrange(1000) < self._crashes:
                kinds = ["crash before", "crash after"]
            elif self._random.randrange(100) >= self._share * len(kinds):
                return None
            fault = self._random.choice(kinds)
            self.happened[fault] += 1
            return fault

    def _in_part(self, operation: str, request: dict[str, Any]) -> tuple[int, bytes]:
        """Does the first half of a batch, and gives the rest back as unprocessed."""
        ((table, asked),) = request["RequestItems"].items()
        is_read = operation == "BatchGetItem"
        wanted = asked["Keys"] if is_read else asked
        done, left = wanted[: len(wanted) // 2], wanted[len(wanted) // 2 :]
        unprocessed = {table: {**asked, "Keys": left} if is_read else left}
        answer: dict[str, Any] = {"Responses": {table: []}} if is_read else {}
        if done:
            part = {table: {**asked, "Keys": done} if is_read else done}
            status, content = self._transport(
                operation, json.dumps(request | {"RequestItems": part}).encode()
            )
            if status != 200:
                return status, content
            answer = json.loads(content)
        answer["UnprocessedKeys" if is_read else "UnprocessedItems"] = unprocessed
        return 200, json.dumps(answer).encode()


class Lagging:
    """A Transport to a table whose copies know nothing yet: reads that need not be consistent, and the index, find nothing."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.is_behind = True

    def __call__(self, operation: str, body: bytes) -> tuple[int, bytes]:
        if not self.is_behind:
            return self._transport(operation, body)
        request = json.loads(body)
        match operation:
            case "GetItem" if not request.get("ConsistentRead"):
                return 200, b"{}"
            case "Query" if not request.get("ConsistentRead"):
                return 200, b'{"Items": []}'
            case "BatchGetItem":
                ((table, asked),) = request["RequestItems"].items()
                if not asked.get("ConsistentRead"):
                    return 200, json.dumps({"Responses": {table: []}}).encode()
        return self._transport(operation, body)
