"""API keys: their form, the ones that a service knows, and the file that `llm-tracer keys` writes.

A key is `project-{project_id}` or `project-{project_id}.{secret}`. In memory and on disk there are only SHA-256 hashes: a
key is shown once, when it is made.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from llm_tracer_service.file_lock import lock

Access: TypeAlias = Literal["all", "read", "write"]

SETTING_ID = "setting"
"""The id of all keys in TRACER_API_KEYS."""

SECRET_BYTES = 24  # 192 random bits
_PROJECT = re.compile(r"[A-Za-z0-9_-]{1,64}")
_KEY = re.compile(rf"project-({_PROJECT.pattern})(?:\.([\x21-\x7e]{{1,256}}))?")


class BadKey(ValueError):
    """A text that is not a key but should be, or a key file that cannot be used."""


class KeyRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """An accepted key. People refer to it by `id` (`keys list`, `keys revoke`), which reveals nothing about the key."""

    id: str
    project: str
    sha256: str
    access: Access = "all"
    created_at: str | None = None
    note: str | None = None


def project_of_key(key: str) -> str:
    """The project that a key names. Raises BadKey."""
    found = _KEY.fullmatch(key)
    if found is None:
        raise BadKey("A key is `project-ID` or `project-ID.SECRET`; ID is 1 to 64 of A-Z a-z 0-9 _ -.")
    return found[1]


def is_project_id(text: str) -> bool:
    """Whether a text can be the id of a project."""
    return _PROJECT.fullmatch(text) is not None


def record_of_setting(text: str) -> KeyRecord:
    """A key from TRACER_API_KEYS; `:read` or `:write` after it limits what it allows. Raises BadKey."""
    access: Access = "all"
    for limit in ("read", "write"):
        if text.endswith(f":{limit}"):
            text, access = text.removesuffix(f":{limit}"), limit
    return KeyRecord(id=SETTING_ID, project=project_of_key(text), sha256=_sha256(text), access=access)


def find_key(key: str, records: Iterable[KeyRecord]) -> KeyRecord | None:
    """The record of a key. Compares with every record, each in constant time, so that timing reveals nothing."""
    presented = _sha256(key)
    found = None
    for record in records:
        if hmac.compare_digest(presented, record.sha256):
            found = record
    return found


def _sha256(key: str) -> str:
    # A plain hash is enough: 192 random bits cannot be guessed.
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


class KeyFile:
    """The keys made by `llm-tracer keys create`. Several processes may use it; a running service sees changes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int, int] | None = None
        self._records: tuple[KeyRecord, ...] = ()

    def records(self) -> Sequence[KeyRecord]:
        """The keys that the file holds now; none if there is no file. Raises BadKey if the file is damaged or may not be
        read."""
        try:
            state = os.stat(self.path)
            seen = (state.st_ino, state.st_mtime_ns, state.st_size)
            if seen != self._seen:
                self._records = self._read()
                self._seen = seen
        except FileNotFoundError:
            self._seen, self._records = None, ()
        except OSError as fault:
            raise BadKey(f"The keys in {self.path} cannot be read: {fault.strerror}.") from fault
        return self._records

    def create(
        self, project: str, access: Access = "all", note: str | None = None, created_at: str | None = None
    ) -> tuple[str, KeyRecord]:
        """A new key: the text for its owner, and the record that is kept. Raises BadKey for an invalid project id, or if
        the record cannot be written."""
        key = f"project-{project}.{secrets.token_urlsafe(SECRET_BYTES)}"
        record = KeyRecord(secrets.token_hex(4), project_of_key(key), _sha256(key), access, created_at, note)
        with self._locked():
            self._write([*self.records(), record])
        return key, record

    def revoke(self, id: str) -> bool:  # noqa: A002
        """Takes a key back, for a running service too; False if no key has this id. Raises BadKey."""
        if all(record.id != id for record in self.records()):
            return False
        with self._locked():
            self._write([record for record in self.records() if record.id != id])
        return True

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Lets no other process change the file between reading and replacing it. Raises BadKey."""
        with ExitStack() as opened:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                # Not the file itself, which is replaced. This one stays: removing it would race with whoever opens it.
                file = os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
                opened.callback(os.close, file)
                lock(file, wait=True)
            except OSError as fault:
                raise self._not_written(fault) from fault
            yield

    def _not_written(self, fault: OSError) -> BadKey:
        return BadKey(f"The keys in {self.path} cannot be written: {fault.strerror}.")

    def _read(self) -> tuple[KeyRecord, ...]:
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=tuple[KeyRecord, ...])
        except msgspec.DecodeError as fault:
            raise BadKey(f"{self.path} is not a key file: {fault}") from fault

    def _write(self, records: Sequence[KeyRecord]) -> None:
        """Replaces the file in one step; only its owner may read it."""
        body = msgspec.json.format(msgspec.json.encode(records), indent=2)
        try:
            handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=".keys-")  # mode 0600
            with os.fdopen(handle, "wb") as file:
                file.write(body + b"\n")
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, self.path)
        except OSError as fault:
            raise self._not_written(fault) from fault
