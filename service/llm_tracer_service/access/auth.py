"""Who is asking, and what they may do (docs/api.md, "Who is asking").

loopback, no keys configured    any `project-{id}`; without a key, or with the key of another product: project `dev`
keys configured                 only those keys
beyond loopback, no keys        the service does not start, unless TRACER_ALLOW_ANYONE allows it
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from llm_tracer_service.access.keys import (
    Access,
    BadKey,
    KeyFile,
    KeyRecord,
    find_key,
    project_of_key,
    record_of_setting,
)
from llm_tracer_service.errors import Problem
from llm_tracer_service.settings import BadSetting, Settings, is_loopback

DEFAULT_PROJECT = "dev"

Need: TypeAlias = Literal["none", "read", "write"]

_KEY_HINT = (
    "Send `Authorization: Bearer KEY` or `X-API-Key: KEY`; `llm-tracer keys create PROJECT` creates a key."
)


_KEY_HEADERS = ("x-api-key", "x-confident-api-key")
"""Ours, and those of SDKs of other products, in which one of our keys stands for theirs."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A project, and what the asker may do in it."""

    project: str
    access: Access = "all"

    def allows(self, need: Need) -> bool:
        """Whether something may be done that needs this."""
        return self.access == "all" or need in ("none", self.access)


class Gate:
    """Decides who is admitted."""

    def __init__(self, settings: Settings) -> None:
        """Raises BadSetting for an invalid key in TRACER_API_KEYS."""
        self._settings = settings
        self._takes_anyone = settings.is_loopback or settings.allow_anyone
        self._key_file = KeyFile(settings.keys_file) if settings.keys_file else None
        self._trusted_hosts = frozenset(
            host.lower().strip("[]") for host in (settings.host, *settings.trusted_hosts)
        )
        try:
            self._of_settings = tuple(map(record_of_setting, settings.api_keys))
        except BadKey as fault:
            raise BadSetting(f"TRACER_API_KEYS has an invalid key. {fault}") from None

    def check_start(self) -> None:
        """Raises BadSetting if the service must not start, being reachable from elsewhere without keys. Raises BadKey if it
        could admit nobody, because the file of keys cannot be read."""
        records = self._all_records()
        if not self._takes_anyone and not records:
            raise BadSetting(
                f"Refusing to listen on {self._settings.host} without keys: anyone who can reach it could read every "
                "trace. Create a key with `llm-tracer keys create PROJECT` (or set TRACER_API_KEYS); "
                "TRACER_HOST=127.0.0.1 needs none. If something else keeps strangers out, set TRACER_ALLOW_ANYONE=yes."
            )

    @property
    def is_keyless(self) -> bool:
        """Whether everybody is admitted who can reach the service."""
        return self._takes_anyone and not self._records()

    def keys_of(self, project: str) -> list[KeyRecord]:
        """The keys of a project. Raises Problem 503 if they cannot be read now."""
        return [record for record in self._records() if record.project == project]

    def admit(self, headers: Mapping[str, str], need: Need) -> Grant:
        """The project of a request. Raises Problem 401 without a usable key, 403 if the key does not allow this."""
        grant = self._grant(list(_credentials(headers)))
        if not grant.allows(need):
            raise Problem(403, f"This key may only {grant.access}.", "Use a key without this restriction.")
        return grant

    def check_browser(self, method: str, headers: Mapping[str, str]) -> None:
        """Raises Problem 403 for requests that a foreign web page makes a browser send.

        Without keys, a host name that is not ours is DNS rebinding. With or without keys, a change requested by a page of
        another origin is forged.
        """
        host = _name(headers.get("host", ""))
        if self.is_keyless and host and not self._is_ours(host):
            raise Problem(
                403,
                "A service without keys does not accept this host name.",
                "Use localhost or 127.0.0.1, or add the name to TRACER_TRUSTED_HOSTS.",
            )
        origin = headers.get("origin")
        if method in ("GET", "HEAD", "OPTIONS") or origin is None:
            return
        from_host = _name(origin.partition("://")[2])
        if from_host != host and not self._is_ours(from_host):
            raise Problem(
                403,
                "Web pages from other origins cannot change anything here.",
                "Send the request from a program.",
            )

    def _is_ours(self, host: str) -> bool:
        return is_loopback(host) or host.strip("[]") in self._trusted_hosts

    def _grant(self, candidates: list[str]) -> Grant:
        records = self._records()
        if records or not self._takes_anyone:
            for candidate in candidates:
                if record := find_key(candidate, records):
                    return Grant(record.project, record.access)
            raise _unauthorised("This key is unknown." if candidates else "A key is required.")
        # The SDKs of vendors insist on sending a key of their product. If no keys are configured, that counts as none.
        ours = next((candidate for candidate in candidates if candidate.startswith("project-")), None)
        if ours is None:
            return Grant(DEFAULT_PROJECT)
        try:
            return Grant(project_of_key(ours))
        except BadKey as fault:
            raise _unauthorised(str(fault)) from None

    def _records(self) -> tuple[KeyRecord, ...]:
        try:
            return self._all_records()
        except BadKey as fault:
            raise Problem(
                503, "The keys cannot be read at the moment.", headers={"Retry-After": "5"}
            ) from fault

    def _all_records(self) -> tuple[KeyRecord, ...]:
        return (*self._of_settings, *(self._key_file.records() if self._key_file is not None else ()))


def _unauthorised(detail: str) -> Problem:
    return Problem(401, detail, _KEY_HINT, headers={"WWW-Authenticate": 'Bearer realm="LLM Tracer"'})


def _credentials(headers: Mapping[str, str]) -> Iterator[str]:
    """Every text in the headers that may be a key: Bearer, Basic (password and user), a key without a scheme (Opik's SDKs),
    X-API-Key and its like."""
    scheme, _, value = headers.get("authorization", "").strip().partition(" ")
    value = value.strip()
    if scheme.lower() == "basic":
        yield from _basic(value)
    elif value and scheme.lower() == "bearer":
        yield _bare(value)
    elif scheme and not value:
        yield scheme
    for name in _KEY_HEADERS:
        if key := headers.get(name, "").strip():
            yield _bare(key)


def key_sent_as_basic(headers: Mapping[str, str]) -> str | None:
    """The key of ours that a request has for its password or user name; None for keys of other products, and for others'
    ways to send one."""
    scheme, _, value = headers.get("authorization", "").strip().partition(" ")
    sent = _basic(value.strip()) if scheme.lower() == "basic" else ()
    return next((key for key in sent if key.startswith("project-")), None)


def _bare(key: str) -> str:
    """The key, where somebody wrote `Bearer` into what becomes one: without keys, it would be anybody's."""
    scheme, _, value = key.partition(" ")
    return value.strip() if scheme.lower() == "bearer" else key


def _basic(encoded: str) -> Iterator[str]:
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return
    yield from filter(None, (password, user))


def _name(host: str) -> str:
    """A `Host` without its port."""
    host = host.strip().lower()
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]
