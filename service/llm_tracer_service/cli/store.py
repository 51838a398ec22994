"""`llm-tracer store`: what is stored, whether it is sound, a copy of it, and how to make it smaller."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from llm_tracer.model.text import byte_size, counted

from llm_tracer_service.cli.endings import fail, store_refusals
from llm_tracer_service.cli.opening import opened_store
from llm_tracer_service.cli.serving import settings_from
from llm_tracer_service.cli.terminal import Progress

if TYPE_CHECKING:
    from llm_tracer_service.store.base import Checked, ProjectStorage, StoreInfo

_ONE_OF = {"traces": "trace", "blobs": "blob", "totals": "total", "text": "searchable text"}
"""What `verify` counts, by the part of the store; its structure is not counted."""
_PROBLEMS_SHOWN_MAX = 50

DAMAGED = 3
"""The exit code of `verify` if something is damaged; 1 means that it could not be checked."""


@click.group()
def store() -> None:
    """Inspect, check, copy or shrink the store."""


_store_option = click.option(
    "--store", "url", metavar="URL", help="The store to use: sqlite:PATH or dynamodb:TABLE (TRACER_STORE)."
)
_json_option = click.option("--json", "as_json", is_flag=True, help="For programs: print one JSON document.")


@store.command()
@_store_option
@click.option(
    "--shards",
    type=click.IntRange(1, 32),
    default=1,
    show_default=True,
    help="Of its lists: one takes some 1,000 new traces a second. It cannot be changed.",
)
def create(url: str | None, shards: int) -> None:
    """Create the DynamoDB table that TRACER_STORE names, with its index and time-to-live.

    An existing table is left as it is. Other stores need no such step, and nothing is done.
    """
    from llm_tracer_service.cli.dynamodb import create_table

    settings = settings_from(url, None, None)
    if not settings.store.startswith("dynamodb:"):
        click.echo(f"The store {settings.store} needs no such step.")
        return
    is_new = create_table(settings.store, shards)
    click.echo("The table is ready." if is_new else "The table already exists and is as it should be.")


@store.command()
@_store_option
@_json_option
def info(url: str | None, as_json: bool) -> None:
    """What is stored, by project and by kind. It can run while the Tracer API does."""
    settings = settings_from(url, None, None)
    with opened_store(url, readonly=True) as opened:
        about, projects = opened.info(), list(opened.storage())
    if about.live_bytes is None:
        raise fail(about.problem or "The store cannot be read.", "Run llm-tracer store verify for details.")
    indexes_bytes = about.live_bytes - sum(each.total_bytes for each in projects)
    limits = {"retention_days": settings.retention_days, "max_store_bytes": settings.max_store_bytes}
    if as_json:
        of_projects = [asdict(each) | {"total_bytes": each.total_bytes} for each in projects]
        document = asdict(about) | {"indexes_bytes": indexes_bytes, **limits, "projects": of_projects}
        click.echo(json.dumps(document, indent=2))
        return
    loose_bytes = sum(each.loose_bytes for each in projects)
    limits_set = settings.retention_days, settings.max_store_bytes
    click.echo("\n".join(_about(about, indexes_bytes, loose_bytes, *limits_set)))
    click.echo(_table(projects))


@store.command()
@_store_option
@_json_option
def verify(url: str | None, as_json: bool) -> None:
    """Check everything that is stored: structure, bodies, blobs, and all that is derived from them.

    It can run while the Tracer API does. Exit code 0: sound. 3: something is damaged, and said. 1: it could not be checked.
    """
    from llm_tracer_service.store.base import StoreError

    problems: list[str] = []
    checked: dict[str, int] = {}
    started_s = time.monotonic()
    try:
        with opened_store(url, readonly=True) as opened:
            for step in _with_progress(opened.verify()):
                checked[step.part] = step.done
                problems += step.problems
    except StoreError as fault:
        problems.append(str(fault))
    if as_json:
        click.echo(json.dumps({"sound": not problems, "checked": checked, "problems": problems}, indent=2))
    else:
        for problem in problems[:_PROBLEMS_SHOWN_MAX]:
            click.echo(problem)
        if len(problems) > _PROBLEMS_SHOWN_MAX:
            click.echo(f"… and {len(problems) - _PROBLEMS_SHOWN_MAX} more; --json shows all of them.")
        parts = ", ".join(counted(count, _ONE_OF[part]) for part, count in checked.items() if part in _ONE_OF)
        verdict = f"{counted(len(problems), 'problem')} found" if problems else "Sound"
        click.echo(f"{verdict}: {parts or 'nothing stored'}, in {time.monotonic() - started_s:.1f} s.")
    if problems:
        raise SystemExit(DAMAGED)


@store.command()
@_store_option
@click.argument("file", type=click.Path(path_type=Path))
def backup(url: str | None, file: Path) -> None:
    """Copy the whole store into FILE, as it is at this moment. It can run while the Tracer API does.

    FILE is a store itself: to go back to it, put it in the place of the other one (docs/operating.md).
    """
    with opened_store(url, readonly=True) as opened, store_refusals():
        progress = Progress()
        for share in opened.backup(file.absolute()):
            progress.show(f"{share:.0%} …")
    click.echo(f"Done: {byte_size(file.stat().st_size)} in {file}.")


@store.command()
@_store_option
def vacuum(url: str | None) -> None:
    """Pack everything tightly and write the file anew, without what is free in it.

    The Tracer API must not be running. It does the same by itself, a little at a time.
    """
    with opened_store(url, readonly=False) as opened:
        before = opened.info().size_bytes or 0
        with store_refusals():
            opened.vacuum()
        after = opened.info().size_bytes or 0
    click.echo(f"Done: {byte_size(before)} before, {byte_size(after)} after.")


@store.command("delete-project")
@_store_option
@click.argument("project")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def delete_project(url: str | None, project: str, yes: bool) -> None:
    """Delete all that PROJECT has. While the Tracer API runs: DELETE /api/project."""
    with opened_store(url, readonly=False) as opened:
        (storage,) = opened.storage(project)
        if not storage.total_bytes:
            raise fail(
                f"Nothing is stored for project {project!r}.", "llm-tracer store info lists the projects."
            )
        if not yes:
            click.confirm(
                f"Delete {counted(storage.traces, 'trace')} of {project}, {byte_size(storage.total_bytes)}?",
                abort=True,
            )
        with store_refusals():
            deleted = opened.delete_project(project)
    click.echo(f"Done: {counted(deleted, 'trace')} deleted.")


def _with_progress(steps: Iterator[Checked]) -> Iterator[Checked]:
    progress = Progress()
    for step in steps:
        progress.show(f"{step.part}: {step.done} of {step.total} …")
        yield step


def _about(
    about: StoreInfo, indexes_bytes: int, loose_bytes: int, retention_days: int, max_store_bytes: int | None
) -> Iterator[str]:
    size, live = about.size_bytes or 0, about.live_bytes or 0
    yield f"Store      {about.kind}:{about.location}"
    yield f"State      {'ok' if about.healthy else f'degraded: {about.problem}'}"
    yield f"Size       {byte_size(size)}, of which {byte_size(live)} hold something, {byte_size(indexes_bytes)} of these are indexes"
    yield f"Packing    {byte_size(loose_bytes)} not packed tightly yet: this happens when nobody writes, or with store vacuum"
    yield f"Text index {byte_size(about.text_index_bytes or 0)} in addition"
    yield f"Traces     {about.trace_count or 0}, {counted(about.span_count or 0, 'span')}"
    cap = "no size limit" if max_store_bytes is None else f"at most {byte_size(max_store_bytes)}"
    yield f"Retention  {retention_days} days, {cap} (as set here; the Tracer API may be started with other settings)"
    yield ""


def _table(projects: list[ProjectStorage]) -> str:
    rows: list[tuple[str, ...]] = [
        ("project", "traces", "spans", "pinned", "bodies", "rows", "blobs", "oldest", "newest")
    ]
    for each in projects:
        sizes = (each.bodies_bytes, each.rows_bytes, each.blobs_bytes)
        counts = (each.traces, each.spans, each.pinned)
        times = (_day(each.oldest_unix_nano), _day(each.newest_unix_nano))
        rows.append((each.project, *map(str, counts), *map(byte_size, sizes), *times))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _day(unix_nano: int | None) -> str:
    return "" if unix_nano is None else f"{datetime.fromtimestamp(unix_nano / 1e9, UTC):%Y-%m-%d %H:%M}"
