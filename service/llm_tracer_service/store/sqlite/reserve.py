"""Room on the disk that is kept for the day when it is full, since what is deleted has to be written to the log first.

On a full disk the log cannot be emptied: the file would have to grow by the pages that are new in it. So a file lies beside
the store, as large as the log may be. It is given up where the disk is full, which lets the log go into the file, and is
made again as soon as there is room. Until then nothing new is taken in, so that deleting has it for itself.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from llm_tracer_service.store.sqlite import space

BYTES = space.LOG_BYTES_MAX
_SPARE_BYTES = 1024 * 1024
"""Where the disk has no more than this besides, nothing is kept of it."""

_CHUNK = bytes(1024 * 1024)


class Reserve:
    """The file `NAME.reserve` beside a store. Without it, as on a small disk, the store works as well, until it is full."""

    def __init__(self, path: Path) -> None:
        self._path = path.with_name(f"{path.name}.reserve")
        self.is_lent = False
        """It was given up, and could not be made again."""
        self.take()

    def take(self) -> bool:
        """Makes it, where there is room; whether it is there."""
        if self._is_whole():
            return True
        try:
            if _free_bytes(self._path.parent) < BYTES + _SPARE_BYTES:
                return False
            _fill(self._path)
        except OSError:
            self._remove()
            return False
        self.is_lent = False
        return True

    def lend(self) -> bool:
        """Gives its room to the disk; whether there was any."""
        if not self._is_whole():
            return False
        self._remove()
        self.is_lent = True
        return True

    def restore(self) -> bool:
        """Makes it again where it was given up; False where there is no room yet."""
        return not self.is_lent or self.take()

    def _is_whole(self) -> bool:
        try:
            return self._path.stat().st_size == BYTES
        except OSError:
            return False

    def _remove(self) -> None:
        with suppress(OSError):
            self._path.unlink(missing_ok=True)


def _free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def _fill(path: Path) -> None:
    """Writes a file of zeros whose room is really taken. Raises OSError."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file, 0, BYTES)
        else:
            for _ in range(BYTES // len(_CHUNK)):
                os.write(file, _CHUNK)
    finally:
        os.close(file)
