"""Room on the disk kept for the day when it is full, since deletions must be written to the log first.

On a full disk the log cannot be emptied: the file would have to grow by the pages that are new in it. So a file as large
as the log may become lies beside the store. When the disk is full it is given up, which lets the log go into the file, and
it is made again as soon as there is room. Until then no spans are accepted, so that deleting has the room to itself.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from llm_tracer_service.store.sqlite import space

BYTES = space.LOG_BYTES_MAX
_SPARE_BYTES = 1024 * 1024
"""The reserve is not made if it would leave less than this."""

_CHUNK = bytes(1024 * 1024)


class Reserve:
    """The file `NAME.reserve` beside a store, once it was taken. Without it, as on a small disk, the store works too, until
    it is full."""

    def __init__(self, path: Path) -> None:
        self._path = path.with_name(f"{path.name}.reserve")
        self.is_lent = False
        """It was given up, and could not be made again yet."""

    def take(self) -> bool:
        """Makes the reserve if there is room; returns whether it exists."""
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
        """Gives its room to the disk; returns whether there was any."""
        if not self._is_whole():
            return False
        self._remove()
        self.is_lent = True
        return True

    def make_way(self) -> None:
        """Gives its room up if nothing else is left: even a store that is only opened needs some."""
        with suppress(OSError):
            if _free_bytes(self._path.parent) < _SPARE_BYTES:
                self.lend()

    def restore(self) -> bool:
        """Makes the reserve again if it was given up; False if there is no room yet."""
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
    """Writes a file of zeros whose room is really allocated. Raises OSError."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file, 0, BYTES)
        else:
            for _ in range(BYTES // len(_CHUNK)):
                os.write(file, _CHUNK)
    finally:
        os.close(file)
