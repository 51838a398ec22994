"""API keys: their form, the ones a service knows, and the file that `llm-tracer keys` writes.

A key is `project-{project_id}` or `project-{project_id}.{secret}`. Only SHA-256 hashes of keys are kept, in memory and
on disk: a key is shown once, when it is made.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

Access: TypeAlias = Literal["all", "read", "write"]

SETTING_ID = "setting"
"""The id of every key of TRACER_API_KEYS."""

SECRET_BYTES = 24  # 192 random bits
_KEY = re.compile(r"project-([A-Za-z0-9_-]{1,64})(?:\.([\x21-\x7e]{1,256}))?")
_PROJECT = re.compile(r"[A-Za-z0-9_-]{1,64}")


class BadKey(ValueError):
    """A text that should be a key and is none, or a key file that cannot be used."""


class KeyRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """A key that is accepted. `id` names it to people (`keys list`, `keys revoke`); it says nothing of the key."""

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
    """Whether a text can name a project."""
    return _PROJECT.fullmatch(text) is not None


def record_of_setting(text: str) -> KeyRecord:
    """A key as TRACER_API_KEYS has it, with `:read` or `:write` behind it where it may do only that. Raises BadKey."""
    access: Access = "all"
    for limit in ("read", "write"):
        if text.endswith(f":{limit}"):
            text, access = text.removesuffix(f":{limit}"), limit
    return KeyRecord(id=SETTING_ID, project=project_of_key(text), sha256=_sha256(text), access=access)


def find_key(key: str, records: Iterable[KeyRecord]) -> KeyRecord | None:
    """The record of a key. Looks at all of them, each in constant time, so that time tells nothing about any."""
    presented = _sha256(key)
    found = None
    for record in records:
        if hmac.compare_digest(presented, record.sha256):
            found = record
    return found


def _sha256(key: str) -> str:
    # A plain hash is enough for 192 random bits: there is nothing to guess.
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


class KeyFile:
    """The keys made by `llm-tracer keys create`. Several processes may use it; a running service sees changes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int, int] | None = None
        self._records: tuple[KeyRecord, ...] = ()

    def records(self) -> Sequence[KeyRecord]:
        """The keys as the file has them now; none where there is no file. Raises BadKey for a file that is
        damaged or may not be read."""
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
        """A new key, as text for its owner and as the record that is kept. Raises BadKey for a bad project id, and where
        it cannot be kept."""
        key = f"project-{project}.{secrets.token_urlsafe(SECRET_BYTES)}"
        record = KeyRecord(secrets.token_hex(4), project_of_key(key), _sha256(key), access, created_at, note)
        self._write([*self.records(), record])
        return key, record

    def revoke(self, id: str) -> bool:  # noqa: A002
        """Takes a key back, at once for a running service too; False where there is none of this id."""
        left = [record for record in self.records() if record.id != id]
        if len(left) == len(self.records()):
            return False
        self._write(left)
        return True

    def _read(self) -> tuple[KeyRecord, ...]:
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=tuple[KeyRecord, ...])
        except msgspec.DecodeError as fault:
            raise BadKey(f"{self.path} is not a file of keys: {fault}") from fault

    def _write(self, records: Sequence[KeyRecord]) -> None:
        """Replaces the file in one step; only its owner may read it."""
        body = msgspec.json.format(msgspec.json.encode(records), indent=2)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=".keys-")  # mode 0600
            with os.fdopen(handle, "wb") as file:
                file.write(body + b"\n")
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, self.path)
        except OSError as fault:
            raise BadKey(f"The keys in {self.path} cannot be written: {fault.strerror}.") from fault
