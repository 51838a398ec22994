"""Requests that could not be delivered, kept as files that outlive the process and arrive later.

A file holds one or more requests, each as one line of JSON (its `Label`) followed by the body. Whoever finds a file
can post it as it is: this process, the next one that sends to the same destination, or the Tracer API itself when it
starts (which is why this module needs only the standard library).

Files appear complete (written under another name, then renamed) and are private: folder 0700, file 0600. A lock in
the folder lets one process deliver at a time; it is the kernel's, so it is released when its holder dies. Delivering
a file twice does no harm, since spans replace themselves.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ..clock import file_clock_s

LIMIT_BYTES = 64 * 1024 * 1024
"""For all files together, whoever wrote them."""

LIMIT_AGE_S = 7 * 24 * 3600
"""Files that nobody took for so long, and that did not change, are deleted."""

SMALL_BYTES = 64 * 1024
FILES_TO_JOIN = 50
"""So many small files of one process are joined: an outage of a day must not leave ten thousand."""

_SUFFIX = ".spool"
_LEFTOVER_AGE_S = 3600
_PROJECT = re.compile(r"project-([A-Za-z0-9_-]{1,64})(?:\..*)?")


class Label(NamedTuple):
    """What can be known about a request without reading its body.

    `project` is the one in the key, None if it is not a key of ours; the key itself is never written. `ended_count`
    is how many spans are lost if the request is (spans that are only announced as running do not count).
    `reports_lost` is how many earlier lost spans it reports to the server.
    """

    api_url: str
    project: str | None
    path: str
    content_type: str
    content_encoding: str
    span_count: int
    ended_count: int
    reports_lost: int
    body_bytes: int


class Spooled(NamedTuple):
    label: Label
    body: bytes


def destination_of(api_url: str, api_key: str | None) -> str:
    """A name for an address and a key: only a process that has both delivers what was meant for them."""
    return hashlib.sha256(f"{api_url}\n{api_key or ''}".encode()).hexdigest()[:16]


def project_of_key(api_key: str | None) -> str | None:
    found = _PROJECT.fullmatch(api_key or "")
    return found[1] if found else None


def public_url(api_url: str) -> str:
    """The address without what only its owner should know: user, password, query. Also if it is not a valid
    address."""
    try:
        parts = urlsplit(api_url)
    except ValueError:
        parts = None
    if parts is None or not parts.netloc:
        return api_url.partition("?")[0].rpartition("@")[2]
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


class Spool:
    """The files in one folder. With `destination` None it sees those of all destinations, but cannot write.

    Not thread-safe; several processes may share the folder. `clock` gives nanoseconds since 1970, to name files by.
    Methods raise OSError if the disk fails.
    """

    def __init__(
        self,
        folder: str,
        destination: str | None,
        *,
        limit_bytes: int = LIMIT_BYTES,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self.folder = folder
        self._destination = destination
        self._limit_bytes = limit_bytes
        self._clock = clock
        self._written = 0
        self._own: dict[str, None] = {}
        self._small: list[str] = []

    def put(self, request: Spooled) -> int:
        """Keep a request. Returns how many spans had to be deleted to stay within the limit, oldest first; the caller
        has to report them."""
        assert self._destination is not None
        content = _written_out(request)
        self._written += 1
        name = f"{self._clock():020d}-{os.getpid()}-{self._written:06d}.{self._destination}{_SUFFIX}"
        self._write(name, content)
        self._own[name] = None
        # Only now, so that nothing is deleted for a request that a full disk cannot take.
        lost = self._make_room_for(name)
        if len(content) < SMALL_BYTES:
            self._small.append(name)
        if len(self._small) >= FILES_TO_JOIN:
            with suppress(OSError):
                self._join_small()
        return lost

    def files(self) -> list[str]:
        """Names of the files for this destination, the oldest first."""
        ending = f".{self._destination}{_SUFFIX}" if self._destination else _SUFFIX
        return [name for name in self._all() if name.endswith(ending)]

    def read(self, name: str) -> list[Spooled]:
        """The requests of a file, up to a broken one; none if the file is gone or is not one of ours."""
        requests: list[Spooled] = []
        with suppress(FileNotFoundError, ValueError, TypeError, KeyError, RecursionError):
            with open(os.path.join(self.folder, name), "rb") as file:
                content = file.read()
            requests.extend(_read_out(content))
        return requests

    def remove(self, name: str) -> bool:
        """Delete a file. False if somebody else has done so."""
        self._own.pop(name, None)
        try:
            os.unlink(os.path.join(self.folder, name))
        except FileNotFoundError:
            return False
        return True

    def replace(self, name: str, requests: Sequence[Spooled]) -> None:
        """What is left of a file of which some requests were delivered: they must not report their losses twice. One that
        another process has forced out meanwhile, and counted as lost, does not come back."""
        if not requests:
            self.remove(name)
        elif len(self.read(name)) > len(requests):
            self._write(name, b"".join(map(_written_out, requests)))

    def has_own(self) -> bool:
        """Whether something that this process wrote is still there."""
        for name in list(self._own):
            if not os.path.exists(os.path.join(self.folder, name)):
                del self._own[name]
        return bool(self._own)

    def drop_old(self) -> int:
        """Let go what is too old, and what killed processes left half written. Returns how many spans that were."""
        now_s = file_clock_s(self.folder)
        for name, found in self._found(".part"):
            if now_s - found.st_mtime > _LEFTOVER_AGE_S:
                self.remove(name)
        return sum(
            self._evict(name) for name, found in self._found(_SUFFIX) if now_s - found.st_mtime > LIMIT_AGE_S
        )

    @contextmanager
    def claim(self) -> Iterator[bool]:
        """A block in which this process alone delivers, joins and evicts. False: another one does, come again."""
        file = os.open(os.path.join(self.folder, "lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            yield try_lock(file)
        finally:
            os.close(file)  # gives the lock back

    def _all(self) -> list[str]:
        return sorted(name for name in os.listdir(self.folder) if name.endswith(_SUFFIX))

    def _write(self, name: str, content: bytes) -> None:
        part = os.path.join(self.folder, f"{name}.part")
        if not os.path.exists(self.folder):
            # Creates it again: temporary files may be cleaned up while a program runs.
            _is_usable(self.folder)
        file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        try:
            with open(file, "wb") as writer:
                writer.write(content)
            os.replace(part, os.path.join(self.folder, name))
        except BaseException:
            with suppress(OSError):
                os.unlink(part)
            raise

    def _found(self, ending: str) -> Iterator[tuple[str, os.stat_result]]:
        """Existing files; other processes may remove some meanwhile."""
        for entry in list(os.scandir(self.folder)):
            if entry.name.endswith(ending):
                with suppress(FileNotFoundError):
                    yield entry.name, entry.stat()

    def _make_room_for(self, newest: str) -> int:
        """Never raises, since what was deleted already has to be counted."""
        lost = 0
        with suppress(OSError):
            sizes = {name: found.st_size for name, found in self._found(_SUFFIX)}
            left = sum(sizes.values()) - self._limit_bytes
            for name in sorted(sizes):
                if left <= 0:
                    break
                if name != newest:
                    left -= sizes[name]
                    lost += self._evict(name)
        return lost

    def _evict(self, name: str) -> int:
        """Only the process that really removed the file counts its spans."""
        labels = [request.label for request in self.read(name)]
        return sum(label.ended_count + label.reports_lost for label in labels) if self.remove(name) else 0

    def _join_small(self) -> None:
        """Join many files into one. A process that dies half way leaves both, and delivering twice does no harm."""
        with self.claim() as is_ours:
            if not is_ours:
                return
            found = [(name, self.read(name)) for name in self._small]
            self._small = []
            names = [name for name, requests in found if requests]
            if not names:
                return
            first, _, ending = names[0].partition(".")
            joined = f"{first}+.{ending}"
            self._write(joined, b"".join(_written_out(one) for _, requests in found for one in requests))
            self._own[joined] = None
            for name in names:
                self.remove(name)


def _written_out(request: Spooled) -> bytes:
    return json.dumps(request.label._asdict(), separators=(",", ":")).encode() + b"\n" + request.body


def _read_out(content: bytes) -> Iterator[Spooled]:
    position = 0
    while position < len(content):
        end = content.index(b"\n", position)
        stated: dict[str, Any] = json.loads(content[position:end])
        label = Label(**{name: stated[name] for name in Label._fields})
        body = content[end + 1 : end + 1 + label.body_bytes]
        if len(body) != label.body_bytes:
            raise ValueError("the file ends too early")
        yield Spooled(label, body)
        position = end + 1 + label.body_bytes


# ---- where it is


def default_folders() -> list[str]:
    """Where the spool may be, the best place first: with the user's state, or among the temporary files if that
    cannot be written (a read-only home, AWS Lambda) or the user has no home (a container with any user id)."""
    import tempfile

    home = os.path.expanduser("~")
    if sys.platform == "win32":
        state = os.environ.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local")
    elif sys.platform == "darwin":
        state = os.path.join(home, "Library", "Application Support")
    else:
        state = os.environ.get("XDG_STATE_HOME") or os.path.join(home, ".local", "state")
    temporary = os.path.join(tempfile.gettempdir(), f"llm-tracer-{_user()}", "spool")
    # Without a home, `~` stays as it is, and would become a folder of that name in the working directory.
    return [os.path.join(state, "llm-tracer", "spool"), temporary] if os.path.isabs(state) else [temporary]


def usable_folder(folders: Iterable[str]) -> str | None:
    """The first folder that exists or can be created, is private to this user, and is writable."""
    return next((folder for folder in folders if _is_usable(folder)), None)


def _is_usable(folder: str) -> bool:
    try:
        os.makedirs(os.path.dirname(folder), mode=0o700, exist_ok=True)
        with suppress(FileExistsError):
            os.mkdir(folder, 0o700)
        return is_private(folder) and os.access(folder, os.W_OK | os.X_OK)
    except OSError:
        return False


def is_private(folder: str) -> bool:
    """Whether it is a folder of this user that nobody else may enter. Anybody can create a temporary folder."""
    found = os.lstat(folder)
    if not stat.S_ISDIR(found.st_mode):
        return False
    if sys.platform == "win32":
        return True  # the user's profile is
    return found.st_uid == os.geteuid() and not found.st_mode & 0o077


def _user() -> str:
    return str(os.geteuid()) if sys.platform != "win32" else os.environ.get("USERNAME", "user")


def try_lock(file: int) -> bool:
    """Lock an open file for this process until it is closed. False if another process has the lock. Never waits."""
    try:
        if sys.platform == "win32":
            import msvcrt

            # Far from what is read: Windows locks bytes for everybody.
            os.lseek(file, 0x7FFFFFFF, os.SEEK_SET)
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            # Not flock, which a forked child would inherit and hold as long as it lives.
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
