"""An advisory lock on an open file, between processes. It ends when the file is closed, so with the process in any case."""

from __future__ import annotations

import sys

if sys.platform == "win32":
    import msvcrt

    def lock(file: int, wait: bool = False) -> None:
        """Locks an open file. Raises OSError if another holds it, with `wait` only if that lasts (10 s)."""
        msvcrt.locking(file, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def lock(file: int, wait: bool = False) -> None:
        """Locks an open file. Raises OSError if another holds it; with `wait`, waits until nobody does."""
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
