"""One process writes a file: an advisory lock on a small file beside it, which ends with the process, however it ends."""

from __future__ import annotations

import os
import sys

from llm_tracer_service.store.base import StoreError


class InUse(StoreError):
    """Another process writes the file."""


class WriterLock:
    """Held from construction until `release`. Raises InUse where another store holds it."""

    def __init__(self, path: str) -> None:
        lock_path = f"{path}.lock"
        self._file = os.open(lock_path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(self._file)
        except OSError:
            owner = os.pread(self._file, 20, 0).decode("ascii", "replace").strip() if _HAS_PREAD else ""
            os.close(self._file)
            raise InUse(
                f"Another process{f' ({owner})' if owner else ''} writes to {path}.",
                "Stop it, or name another file. Commands that only read work beside it.",
            ) from None
        os.ftruncate(self._file, 0)
        os.write(self._file, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Lets the next process write. The file stays: removing it would race with who opens it."""
        os.close(self._file)


_HAS_PREAD = hasattr(os, "pread")

if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
