"""`llm-tracer keys`: the API keys kept beside the store."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

import click

from llm_tracer_service.access.keys import Access, BadKey, KeyFile
from llm_tracer_service.cli.endings import fail
from llm_tracer_service.cli.serving import settings_from

STORE_OPTION = click.option(
    "--store", metavar="URL", help="The store that the keys belong to (TRACER_STORE)."
)


@click.group()
def keys() -> None:
    """Create, list and revoke API keys. A service that is reachable from other machines starts only with keys."""


@keys.command()
@click.argument("project")
@click.option(
    "--access",
    type=click.Choice(["all", "read", "write"]),
    default="all",
    show_default=True,
    help="What the key may do.",
)
@click.option("--note", help="What it is for; shown by `keys list`.")
@STORE_OPTION
def create(project: str, access: str, note: str | None, store: str | None) -> None:
    """Create a key for PROJECT and print it. It is shown only once; only a hash of it is kept."""
    file = _file(store)
    try:
        key, record = file.create(project, cast(Access, access), note, _today())
        is_first = len(file.records()) == 1
    except BadKey as fault:
        raise fail(str(fault)) from None
    click.echo(key)
    click.echo(f"Kept as {record.id}. Set it as TRACER_API_KEY in your programs.", err=True)
    if is_first:
        click.echo(
            "It is the first one: from now on the Tracer API asks everybody for a key, also the dashboard. "
            f"A key of {project} shows only the traces of {project}.",
            err=True,
        )


@keys.command("list")
@STORE_OPTION
def list_keys(store: str | None) -> None:
    """List the keys: id, project, access, day, note. The keys themselves are not kept."""
    try:
        records = _file(store).records()
    except BadKey as fault:
        raise fail(str(fault)) from None
    if not records:
        click.echo("No keys. `llm-tracer keys create PROJECT` creates one.", err=True)
    for record in records:
        made = record.created_at or "–"
        click.echo(
            f"{record.id}  {record.project:<24}  {record.access:<5}  {made}  {record.note or ''}".rstrip()
        )


@keys.command()
@click.argument("key_id", metavar="ID")
@STORE_OPTION
def revoke(key_id: str, store: str | None) -> None:
    """Revoke a key, with immediate effect on a running service too. ID is what `keys list` shows."""
    try:
        is_revoked = _file(store).revoke(key_id)
    except BadKey as fault:
        raise fail(str(fault)) from None
    if not is_revoked:
        raise fail(f"There is no key {key_id}.", "`llm-tracer keys list` shows the ids.")
    click.echo(f"Revoked {key_id}.")


def _file(store: str | None) -> KeyFile:
    path = settings_from(store, None, None).keys_file
    if path is None:
        raise fail("This store has no key file.", "Set the keys in TRACER_API_KEYS.")
    return KeyFile(path)


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
