"""Tables in the DynamoDB Local of the tests, and a client into which tests can put faults."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from llm_tracer_service.cli.dynamodb_local import DynamoDBLocal
from llm_tracer_service.store.dynamodb import table
from llm_tracer_service.store.dynamodb.client import Client
from llm_tracer_service.store.dynamodb.signing import Keys
from llm_tracer_service.store.dynamodb.transport import HttpTransport, Transport

__all__ = ["DynamoDBLocal", "client_of", "new_store", "new_table"]


@contextmanager
def new_table(server: DynamoDBLocal, shards: int = 1) -> Iterator[str]:
    """The store url of a table that is there as long as the block.

    DynamoDB Local takes away by real time what is past its time-to-live, and tests have a time of their own: there, it
    may not.
    """
    name = f"traces-{secrets.token_hex(6)}"
    client = client_of(server, name)
    table.create(client, shards)
    never = {"Enabled": False, "AttributeName": "ttl"}
    client.call("UpdateTimeToLive", {"TimeToLiveSpecification": never})
    yield f"dynamodb:{name}?endpoint={server.endpoint}"
    client.call("DeleteTable", {})


@contextmanager
def new_store(kind: str, folder: Path, server: DynamoDBLocal | None) -> Iterator[str]:
    """The url of an empty store of any kind, that is there as long as the block; `server` is for DynamoDB."""
    match kind:
        case "memory":
            yield "memory:"
        case "sqlite":
            yield f"sqlite:{folder / 'traces.db'}"
        case "dynamodb":
            assert server is not None
            with new_table(server) as url:
                yield url


def client_of(
    server: DynamoDBLocal, name: str, through: Callable[[Transport], Transport] = lambda transport: transport
) -> Client:
    """A client whose requests go `through` something. It does not wait between attempts."""
    transport = HttpTransport(server.endpoint, "us-east-1", lambda: Keys("local", "local"))
    return Client(name, through(transport), pause=lambda seconds: None)
