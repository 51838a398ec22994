"""A copy of the file, made while another process writes it. Copying the files themselves would mix two moments."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import apsw

from llm_tracer_service.store.base import StoreError
from llm_tracer_service.store.sqlite.connection import STORE_FILE, make_private_file, readable_errors

_PAGES_A_STEP = 4_096
"""8 MB."""


def copy(connection: apsw.Connection, path: Path) -> Iterator[float]:
    """Copies what a connection reads inside its transaction into a new file; yields how much is there, from 0 to 1.

    Until it is complete, the file is called NAME.part. Raises StoreError if there is such a file, or it cannot be written.
    """
    if path.exists():
        raise StoreError(f"{path} exists.", "Name a file that does not exist yet.")
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)  # of one that was interrupted
    make_private_file(part)
    try:
        with readable_errors(STORE_FILE._replace(name=f"The file {part}")):
            yield from _fill(part, connection)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _fill(part: Path, connection: apsw.Connection) -> Iterator[float]:
    # The transaction must have begun: a copy begins anew if somebody writes between two steps without one.
    connection.execute("SELECT 1 FROM store").fetchall()
    target = apsw.Connection(str(part))
    try:
        with target.backup("main", connection, "main") as copying:
            while not copying.done:
                copying.step(_PAGES_A_STEP)
                yield 1 - copying.remaining / max(1, copying.page_count)
    finally:
        target.close()
