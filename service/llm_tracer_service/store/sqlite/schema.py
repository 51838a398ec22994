"""The version of a file: a new file is created, an older one migrated step by step, a newer or foreign one refused."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from functools import partial
from importlib.resources import files
from pathlib import Path

import apsw

from llm_tracer_service.store.base import StoreError
from llm_tracer_service.store.records import DERIVATION
from llm_tracer_service.store.sqlite.connection import roll_back

APPLICATION_ID = 0x4C4C4D54
"""`LLMT`, in the header of the file, by which we and the command `file` recognize it."""


def _create(connection: apsw.Connection) -> None:
    _run_file(connection, "schema.sql")
    connection.execute(
        "INSERT INTO store (id, identity, revision, derivation) VALUES (1, ?, 0, ?)",
        (secrets.token_bytes(8), DERIVATION),
    )


def _run_file(connection: apsw.Connection, name: str) -> None:
    connection.execute(files(__package__).joinpath(name).read_text("utf-8"))


Migrations = Mapping[int, Callable[[apsw.Connection], None]]

MIGRATIONS: Migrations = {
    0: _create,
    1: partial(_run_file, name="schema_2.sql"),  # blobs
    2: partial(_run_file, name="schema_3.sql"),  # repeats
    3: partial(_run_file, name="schema_4.sql"),  # keeping
    4: partial(_run_file, name="schema_5.sql"),  # roll-ups of groups
    5: partial(_run_file, name="schema_6.sql"),  # rows packed with their spans
    6: partial(_run_file, name="schema_7.sql"),  # bundles
}
"""The step from each version to the next. The last key plus one is the version that this code reads and writes."""

VERSION = max(MIGRATIONS) + 1


def prepare(connection: apsw.Connection, path: Path, migrations: Migrations = MIGRATIONS) -> None:
    """Brings the file to our version, in one transaction. Raises StoreError, having changed nothing."""
    version = check(connection, path, migrations)
    latest = max(migrations) + 1
    if version == latest:
        return
    if version == 0:
        # Small pages, since a commit writes every page it touches in full: the log is half as long as with 4 KB, and the
        # file 4 % smaller. Pages freed by deletions can go back to the disk. Both must be set before there is a table,
        # and VACUUM applies them to a file that already has a header.
        connection.execute("PRAGMA page_size = 2048; PRAGMA auto_vacuum = INCREMENTAL; VACUUM")
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    try:
        for step in range(version, latest):
            migrations[step](connection)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {latest}")
        connection.execute("COMMIT")
    except apsw.SQLError as error:  # its tables are not those of any release
        roll_back(connection)
        raise StoreError(
            f"{path} cannot be upgraded from schema {version}: {error}.",
            "It was left untouched. Open it with the version that wrote it, or name another file.",
        ) from error
    except BaseException:
        roll_back(connection)
        raise


def check(connection: apsw.Connection, path: Path, migrations: Migrations = MIGRATIONS) -> int:
    """The version of the file, 0 for an empty one. Raises StoreError if we must not touch it."""
    latest = max(migrations) + 1
    try:
        application_id = connection.pragma("application_id")
        version = connection.pragma("user_version")
        table_count = connection.execute("SELECT count(*) FROM sqlite_schema").get
    except (apsw.NotADBError, apsw.CorruptError) as error:
        raise StoreError(
            f"{path} is damaged, or not an LLM Tracer file.", "Name another file, or move this one away."
        ) from error
    if application_id != APPLICATION_ID and (table_count or application_id):
        raise StoreError(f"{path} is another program's database.", "Name another file.")
    if version > latest:
        raise StoreError(
            f"{path} was written by a newer version of LLM Tracer (schema {version}, this one knows {latest}).",
            "Update LLM Tracer, or name another file. This file was left untouched.",
        )
    return int(version)
