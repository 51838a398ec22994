"""Redaction: removes secrets from content before it reaches a disk or a network.

It runs on the sender's thread, when a span is packed for the first time (wire.py), so it costs the app nothing. A
mark stands in the place of what was removed, and the attribute `llm_tracer.redacted` of the span lists it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    import re

MARK = "[REDACTED]"
"""Replaces a whole value. Within a text it is `[REDACTED: jwt]`, and the rest of the text stays."""

SECRET_KEYS = (
    "password", "passwd", "pwd", "secret", "client_secret", "api_key", "apikey", "x-api-key", "token", "access_token",
    "refresh_token", "id_token", "auth_token", "session_token", "authorization", "proxy-authorization", "cookie",
    "set-cookie", "private_key", "secret_key", "aws_secret_access_key", "credentials",
)  # fmt: skip
"""Keys whose values are secrets, wherever they occur. Letter case, `-` and `_` do not matter."""

SECRET_PATTERNS = {
    "private key": r"-----BEGIN (?:[A-Z ]+ )?PRIVATE KEY-----[\s\S]*?(?:-----END (?:[A-Z ]+ )?PRIVATE KEY-----|\Z)",
    "jwt": r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*",
    "bearer token": r"(?i:\bbearer\s+)[\w.~+/=-]{16,}",
    "aws access key": r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b",
    "api key": (
        r"\b(?:sk|pk|rk)[-_](?:[A-Za-z0-9]+[-_])*[A-Za-z0-9_-]{16,}|\bgh[pousr]_\w{30,}|\bgithub_pat_\w{30,}"
        r"|\bglpat-[\w-]{20,}|\bxox[abeoprs]-[\w-]{10,}|\bAIza[\w-]{35}|\bhf_[A-Za-z0-9]{30,}|\bnpm_\w{30,}"
        r"|\bproject-[\w-]{1,64}\.[\x21-\x7e]{16,}"
    ),
    "card number": r"\b(?:\d[ -]?){12,18}\d\b",
}
"""What looks like a secret in any text. Card numbers must also pass the Luhn check."""

EMAIL_PATTERN = r"\b[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+\b"

# `"password": "…"` and `password=…` inside a text: JSON in a string, a URL, a command line.
_ASSIGNMENT = (
    r"""(?i)(\b(?:%s)\\*["']?\s*[:=]\s*)(\\+"[^"\\]*\\+"|"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"',;&}\]\\]+)"""
)

RedactFunction: TypeAlias = Callable[[str, Any], Any]


class Redact(NamedTuple):
    """What to remove, for `Tracer(redact=…)`.

    `keys` are further names whose values are secrets, in addition to SECRET_KEYS. `patterns` are further regular
    expressions, in addition to SECRET_PATTERNS, by the name that replaces what they match. `secrets=False` leaves out
    both built-in tables; `emails=True` adds e-mail addresses. `function(place, value)` is called first, with "input",
    "output" or the key of an attribute, and returns the value to go on with; if it raises, the whole value is
    removed. It runs on the sender's thread.
    """

    keys: tuple[str, ...] = ()
    patterns: Mapping[str, str] = {}
    function: RedactFunction | None = None
    secrets: bool = True
    emails: bool = False


def as_redact(
    wish: bool | str | Redact | RedactFunction | tuple[str, ...] | list[str] | None,
) -> Redact | None:
    """Convert what `Tracer(redact=…)` accepts: True, names of keys, a function, or a Redact."""
    if wish is None or isinstance(wish, Redact):
        return wish
    if isinstance(wish, bool):
        return Redact() if wish else None
    if callable(wish):
        return Redact(function=wish)
    return Redact(keys=(wish,) if isinstance(wish, str) else tuple(wish))


class Redactor:
    """Removes what a Redact describes. Raises ValueError for an invalid pattern."""

    def __init__(self, redact: Redact) -> None:
        import re

        keys = (*redact.keys, *(SECRET_KEYS if redact.secrets else ()))
        patterns = {
            **(SECRET_PATTERNS if redact.secrets else {}),
            **({"e-mail": EMAIL_PATTERN} if redact.emails else {}),
            **redact.patterns,
        }
        self._keys = frozenset(map(_plain, keys))
        try:
            self._patterns = [(name, re.compile(pattern)) for name, pattern in patterns.items()]
        except re.error as error:
            raise ValueError(f"{error.pattern!r} is no regular expression: {error}") from error
        spelled = "|".join(re.escape(key).replace("_", "[-_]?").replace(r"\-", "[-_]?") for key in keys)
        self._assignment = re.compile(_ASSIGNMENT % spelled) if keys else None
        self._function = redact.function

    def session(self) -> Cleaning:
        """A new Cleaning, for one span."""
        return Cleaning(self)

    def clean(self, place: str, value: Any, found: set[str]) -> Any:
        """`value` without secrets. What was removed is added to `found` as `place: what`."""
        if value is None:
            return None
        if self._function is not None:
            try:
                changed = self._function(place, value)
            except Exception as error:
                found.add(f"{place}: the function raised {type(error).__name__}")
                return MARK
            if changed is not value and changed != value:
                found.add(f"{place}: by the function")
            value = changed
        return self._item(place, place.rpartition(".")[2], value, found)

    def _walk(self, place: str, value: Any, found: set[str]) -> Any:
        if isinstance(value, str):
            return self._text(place, value, found)
        if isinstance(value, Mapping):
            return {
                self._text(place, key, found) if isinstance(key, str) else key: self._item(
                    place, key, item, found
                )
                for key, item in value.items()
            }
        if isinstance(value, list | tuple):
            return [self._walk(place, item, found) for item in value]
        return value

    def _item(self, place: str, key: Any, item: Any, found: set[str]) -> Any:
        if item is not None and not isinstance(item, bool) and self._is_secret_key(key):
            found.add(f"{place}: {key}")
            return MARK
        return self._walk(place, item, found)

    def _text(self, place: str, text: str, found: set[str]) -> str:
        for name, pattern in self._patterns:
            text = pattern.sub(partial(self._replaced, place, name, found), text)
        if self._assignment is not None:
            text = self._assignment.sub(partial(self._assigned, place, found), text)
        return text

    def _replaced(self, place: str, name: str, found: set[str], match: re.Match[str]) -> str:
        if name == "card number" and not _passes_luhn(match[0]):
            return match[0]
        found.add(f"{place}: {name}")
        return f"[REDACTED: {name}]"

    def _assigned(self, place: str, found: set[str], match: re.Match[str]) -> str:
        """The key and the quotes around the value stay, so JSON stays JSON."""
        if "[REDACTED" in match[2]:
            return match[0]
        found.add(f"{place}: a value by its key")
        quote = match[2][: len(match[2]) - len(match[2].lstrip("\\"))]
        quote += match[2][len(quote)] if match[2][len(quote)] in "\"'" else ""
        return f"{match[1]}{quote}{MARK}{quote}"

    def _is_secret_key(self, key: Any) -> bool:
        return isinstance(key, str) and _plain(key) in self._keys


class Cleaning:
    """`cleaning(place, value)` is the value without secrets; `found` collects what was removed from one span."""

    __slots__ = ("_redactor", "found")

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self.found: set[str] = set()

    def __call__(self, place: str, value: Any) -> Any:
        return self._redactor.clean(place, value, self.found)


def _plain(key: str) -> str:
    return key.lower().replace("-", "").replace("_", "").replace(" ", "")


_ENDINGS = tuple(map(_plain, SECRET_KEYS))


def is_named_as_a_secret(name: object) -> bool:
    """Whether the name of a field or header is one of SECRET_KEYS or ends with one: `api_key`, `openai_api_key`,
    `Authorization`."""
    text = name.decode("latin-1") if isinstance(name, bytes) else name
    return isinstance(text, str) and _ends_as_a_secret(text)


@lru_cache(1024)
def _ends_as_a_secret(name: str) -> bool:
    return _plain(name).endswith(_ENDINGS)


def _passes_luhn(text: str) -> bool:
    digits = [int(character) for character in text if character.isdigit()]
    doubled = [
        digit if place % 2 == 0 else sum(divmod(2 * digit, 10))
        for place, digit in enumerate(reversed(digits))
    ]
    return len(set(digits)) > 1 and sum(doubled) % 10 == 0
