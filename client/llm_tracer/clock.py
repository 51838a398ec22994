"""The machine's clocks, even where a test sets another time for the program (freezegun, time-machine).

By the program's clock, which may jump by decades and back, the next attempt to send would be due in fifty years, and
what other programs left on the disk would be too old to keep.
"""

from __future__ import annotations

import os
import sys
import time

if sys.platform == "win32":

    def monotonic_s() -> float:
        """Seconds since some moment. Here freezegun sets this one, too."""
        return time.monotonic()

else:

    def monotonic_s() -> float:
        """Seconds since some moment."""
        return time.clock_gettime(time.CLOCK_MONOTONIC)


def file_clock_s(folder: str) -> float:
    """Seconds since 1970, by the clock that dates the files of `folder`. Raises OSError if nothing can be written
    there."""
    path = os.path.join(folder, f"{os.getpid()}-clock")
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        return os.fstat(file).st_mtime
    finally:
        os.close(file)
        os.unlink(path)
