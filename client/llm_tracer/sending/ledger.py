"""How many spans of a process ended, and of how many the fate is known: two numbers that outlive a killed process.

A process that is killed, or leaves by `os._exit`, loses the spans it has not handed over. Its ledger stays: two
numbers in memory shared through a file (on Linux in /dev/shm, where a write costs 0.1 µs and cannot fail because of a
full disk). The next process that sends to the same destination, or the Tracer API when it starts, finds a ledger
whose owner no longer holds its lock, and reports the difference as lost.
"""

from __future__ import annotations

import json
import mmap
import os
import sys
from collections.abc import Callable, Iterator, MutableSequence
from contextlib import suppress
from typing import NamedTuple

from ..clock import file_clock_s
from .spool import LIMIT_AGE_S, is_private, public_url, try_lock

ENDED = 0
"""Spans that the program has ended."""

SETTLED = 1
"""Spans that the server or the spool has, and lost spans whose loss was reported."""

_NUMBERS_BYTES = 16
_SUFFIX = ".ledger"


class Unfinished(NamedTuple):
    """A ledger of a process that is gone."""

    api_url: str
    project: str | None
    lost_spans: int


class Ledger:
    """The numbers of this process: `counts[ENDED]`, `counts[SETTLED]`. Raises OSError if it cannot be created."""

    def __init__(self, folder: str, destination: str, *, api_url: str, project: str | None) -> None:
        self._path = os.path.join(folder, f"{os.getpid()}-{os.urandom(4).hex()}.{destination}{_SUFFIX}")
        who = json.dumps({"api_url": public_url(api_url), "project": project}).encode()
        # Locked before it gets its name, so that nobody can think that its owner is dead.
        part = f"{self._path}.part"
        self._file = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            # Written, not only extended, so that the memory exists and no later write can fail.
            os.write(self._file, bytes(_NUMBERS_BYTES) + who)
            try_lock(self._file)
            self._shared = mmap.mmap(self._file, _NUMBERS_BYTES)
            os.replace(part, self._path)
        except BaseException:
            os.close(self._file)
            with suppress(OSError):
                os.unlink(part)
            raise
        self.counts: MutableSequence[int] = memoryview(self._shared).cast("Q")  # type: ignore[assignment]

    def close(self) -> None:
        """For the orderly end of the process: the file is removed, unless there is something to report."""
        is_even = self.counts[ENDED] == self.counts[SETTLED]
        self.let_go()
        if is_even:
            with suppress(OSError):
                os.unlink(self._path)

    def let_go(self) -> None:
        """Give the ledger up. A forked child does this with that of its parent, which the parent continues to use."""
        numbers = list(self.counts)
        self.counts.release()  # type: ignore[attr-defined]
        self.counts = numbers
        self._shared.close()
        with suppress(OSError):  # the program may have closed all files
            os.close(self._file)


def take_unfinished(
    folder: str,
    destination: str | None = None,
    *,
    is_wanted: Callable[[Unfinished], bool] = lambda gone: True,
) -> Iterator[Unfinished]:
    """The ledgers of processes that are gone and lost spans; each is given once and removed. `destination` None means
    all."""
    ending = f".{destination}{_SUFFIX}" if destination else _SUFFIX
    now_s = file_clock_s(folder)
    own = f"{os.getpid()}-"  # locks are per process: this one would get its own
    for name in os.listdir(folder):
        if name.startswith(own):
            continue
        path = os.path.join(folder, name)
        if name.endswith(ending):
            found = _take(path, is_wanted)
            if found is not None and found.lost_spans > 0:
                yield found
        elif now_s - _written_s(path, now_s) > LIMIT_AGE_S:  # nobody sends to that place any more
            _take(path, lambda gone: True)


def _written_s(path: str, default_s: float) -> float:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return default_s


def _take(path: str, is_wanted: Callable[[Unfinished], bool]) -> Unfinished | None:
    try:
        file = os.open(path, os.O_RDWR)
    except OSError:
        return None
    try:
        # Another one may have taken and removed it between our opening and our lock.
        if not try_lock(file) or not os.path.exists(path):
            return None
        os.lseek(file, 0, os.SEEK_SET)
        content = os.read(file, 65_536)
        ended, settled = memoryview(content[:_NUMBERS_BYTES]).cast("Q")
        who = json.loads(content[_NUMBERS_BYTES:])
        found = Unfinished(who["api_url"], who["project"], ended - settled)
        if not is_wanted(found):
            return None
        os.unlink(path)
        return found
    except (OSError, ValueError, KeyError, TypeError):
        return None
    finally:
        os.close(file)


def ledger_folder() -> str | None:
    """The folder for this user's ledgers, in the system's memory; None if it has no such place.

    macOS and Windows have none. A file on disk would work, but a full disk would then kill the program (SIGBUS on a
    write to mapped memory that cannot be stored), which is worse than a missing number.
    """
    if sys.platform != "linux":
        return None
    folder = f"/dev/shm/llm-tracer-{os.geteuid()}"  # noqa: S108 - private, and checked
    try:
        with suppress(FileExistsError):
            os.mkdir(folder, 0o700)
        return folder if is_private(folder) else None
    except OSError:
        return None
