"""Signed sessions: a cookie that states when it expires, and nothing else. No I/O; the clock is injected.

The signing key is derived from the password. So a session outlives a restart, is valid in every process with this
password, and a new password ends all sessions. Guessing the password from a cookie costs one scrypt a guess.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Final

SESSION_S: Final = 7 * 24 * 3600
_SALT: Final = b"llm-tracer dashboard session 1"


class SessionCookies:
    """Issues and checks the cookie's value `UNTIL.ID.SIGNATURE`. `now` gives seconds since 1970."""

    def __init__(self, password: str, now: Callable[[], float]) -> None:
        self._password = password.encode()
        self._key = hashlib.scrypt(self._password, salt=_SALT, n=2**14, r=8, p=1, dklen=32)
        self._now = now
        self._ended: dict[str, float] = {}

    def is_password(self, text: str) -> bool:
        """Whether this is the password, in a time that reveals nothing about it."""
        return hmac.compare_digest(self._digest(text.encode()), self._digest(self._password))

    def begin(self) -> str:
        """A new cookie value, valid for SESSION_S."""
        said = f"{int(self._now()) + SESSION_S}.{secrets.token_urlsafe(12)}"
        return f"{said}.{self._digest(said.encode())}"

    def holds(self, value: str) -> bool:
        """Whether a cookie value is one of ours, has not expired, and was not ended."""
        said, _, signature = value.rpartition(".")
        if not hmac.compare_digest(self._digest(said.encode()).encode(), signature.encode()):
            return False
        return float(said.partition(".")[0]) > self._now() and value not in self._ended

    def end(self, value: str) -> None:
        """Sign out: this process no longer accepts the value. It is remembered until it expires."""
        now = self._now()
        self._ended = {one: until for one, until in self._ended.items() if until > now}
        if self.holds(value):
            self._ended[value] = float(value.partition(".")[0])

    def _digest(self, said: bytes) -> str:
        return hmac.new(self._key, said, hashlib.sha256).hexdigest()
