"""DynamoDB for the commands: DynamoDB Local beside the Tracer API, and the table of a store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import quote

import click

from llm_tracer_service.cli.endings import fail, store_refusals
from llm_tracer_service.settings import Settings, cache_dir, data_dir

DYNAMODB_LOCAL = "dynamodb-local"
"""Given instead of a store url: DynamoDB Local is fetched, started, and stopped at the end."""

LOCAL_PORT = 8000
_LOCAL_TABLE = "llm-tracer"


@contextmanager
def local_store(settings: Settings) -> Iterator[Settings]:
    """The settings with the url of a running store instead of DYNAMODB_LOCAL; any other settings as they are."""
    if settings.store != DYNAMODB_LOCAL:
        yield settings
        return
    from llm_tracer_service.cli.dynamodb_local import DynamoDBLocal, FetchError

    data = data_dir() / DYNAMODB_LOCAL
    try:
        server = DynamoDBLocal(cache_dir() / DYNAMODB_LOCAL, LOCAL_PORT, data, click.echo)
    except (FetchError, OSError) as fault:
        raise fail(
            f"DynamoDB Local cannot be started. {fault}", "See docs/dynamodb.md for what it needs."
        ) from None
    try:
        url = f"dynamodb:{_LOCAL_TABLE}?endpoint={quote(server.endpoint, safe=':/')}"
        create_table(url, shards=1)
        click.echo(f"DynamoDB Local on {server.endpoint}, its data in {data}")
        yield replace(settings, store=url)
    finally:
        server.stop()


def create_table(url: str, shards: int) -> bool:
    """Creates the table of a store url, unless it exists; returns whether it was created now. Ends the command if that is
    not possible."""
    from llm_tracer_service.store.dynamodb import table
    from llm_tracer_service.store.dynamodb.opening import parse_location

    with store_refusals():
        return table.create(parse_location(url.partition(":")[2]).client(), shards)
