"""Only one process writes a file: an advisory lock on a small file beside it, which ends with the process in any case."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime

from llm_tracer_service.file_lock import lock
from llm_tracer_service.store.base import StoreError


class InUse(StoreError):
    """Another process writes the file."""


class WriterLock:
    """Held from construction until `release`. Raises InUse if another store holds it.

    The file says who holds it: the process id, since when, and `holder`, how the process describes itself.
    """

    def __init__(self, path: str, since_unix_nano: int, holder: str = "") -> None:
        lock_path = f"{path}.lock"
        try:
            self._file = os.open(lock_path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StoreError(
                f"{lock_path} cannot be opened for writing: {error.strerror}.",
                "Make the folder of the store writable.",
            ) from error
        try:
            lock(self._file)
        except OSError:
            owner = (
                os.pread(self._file, _BYTES_READ, 0).decode("utf-8", "replace").strip() if _HAS_PREAD else ""
            )
            os.close(self._file)
            raise InUse(
                f"Another process writes to {path}{f': {owner}' if owner else ''}.",
                "Stop it, or name another file. Commands that only read work beside it.",
            ) from None
        with suppress(
            OSError
        ):  # on a full disk the file cannot say who holds it; the lock holds all the same
            os.ftruncate(self._file, 0)
            os.write(self._file, f"{_who(since_unix_nano, holder)}\n".encode())

    def release(self) -> None:
        """Lets another process write. The file stays: removing it would race with a process that opens it."""
        os.close(self._file)


def _who(since_unix_nano: int, holder: str) -> str:
    since = datetime.fromtimestamp(since_unix_nano // 1_000_000_000, UTC)
    return f"process {os.getpid()}, since {since:%Y-%m-%d %H:%M:%S} UTC{f', {holder}' if holder else ''}"


_BYTES_READ = 200
_HAS_PREAD = hasattr(os, "pread")
