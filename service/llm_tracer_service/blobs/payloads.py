"""Base64 within a text: found in linear time, decoded, and written again exactly as it was.

It is searched for in the text as it stands, not in what the text means, and so found anywhere: in a data URL, in JSON, in
JSON within JSON. Prose takes 0.1 µs a kilobyte. Text without spaces takes 0.4 µs, because only every N/2-th position is
tried: any run of N characters contains one whole stretch between two of them.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Iterator
from dataclasses import dataclass

from llm_tracer_service.blobs import mime

PAYLOAD_BYTES_MIN = 1025
RUN_CHARS_MIN = (PAYLOAD_BYTES_MIN * 4 + 2) // 3
"""A shorter run of base64 stays where it is: it holds at most 1 KB."""

_STRIDE = RUN_CHARS_MIN // 2
_ALPHABET = "A-Za-z0-9+/_-"
_LONG = re.compile(rf"[\\{_ALPHABET}]{{{_STRIDE}}}")
# The lookbehind keeps it linear: no match begins within a run.
_RUN = re.compile(rf"(?<![{_ALPHABET}])[{_ALPHABET}]{{{RUN_CHARS_MIN},}}={{0,2}}")
_RUN_ESCAPED = re.compile(r"(?<![A-Za-z0-9+_-])(?:[A-Za-z0-9+_-]++|\\/)++={0,2}")
_DATA_URL = re.compile(r"data:([^,;\s]{0,128})(?:;[^,;\s]{0,64}){0,3};base64,\Z", re.IGNORECASE)
_DATA_URL_CHARS_MAX = 400

_DIFFERENT_MIN = 32
"""Base64 of anything but silence has more different characters than hexadecimal digits or a word have."""


@dataclass(frozen=True, slots=True)
class Payload:
    """Base64 at a place in a text. `how` is its spelling, as a marker gives it."""

    start: int
    end: int
    data: bytes
    how: str
    mime_type: str


def may_hold_payloads(text: str) -> bool:
    """Whether a text contains a run that is long enough. Quick; True means that a search is worth while."""
    # A run contains no space, and in prose the last space of a stretch is near its end, so that few are tried.
    at, last = 0, len(text) - RUN_CHARS_MIN
    while at <= last:
        space = text.rfind(" ", at, at + RUN_CHARS_MIN)
        if space < 0:
            return _has_long(text, at)
        at = space + 1
    return False


def _has_long(text: str, start: int) -> bool:
    match = _LONG.match
    for at in range(start, len(text) - _STRIDE + 1, _STRIDE):  # noqa: SIM110  # twice as fast as any()
        if match(text, at) is not None:
            return True
    return False


def payloads_in(text: str) -> Iterator[Payload]:
    """The payloads in a text, from left to right: those that `written` reproduces exactly."""
    pattern = _RUN_ESCAPED if "\\/" in text else _RUN
    for found in pattern.finditer(text):
        start = found.start() + _escape_chars(text, found.start())
        if (
            found.end() - start >= RUN_CHARS_MIN
            and (payload := _payload(text, start, found.end())) is not None
        ):
            yield payload


def written(data: bytes, how: str) -> str:
    """Bytes as base64, in the spelling that `how` names."""
    text = (urlsafe_b64encode if how[0] == "u" else b64encode)(data).decode()
    if "n" in how:
        text = text.rstrip("=")
    return text.replace("/", "\\/") if "e" in how else text


def _escape_chars(text: str, start: int) -> int:
    """How many characters at the start of a run belong to a JSON escape that began before it: `\\n`, `\\u000a`, `\\\\/`."""
    if start == 0 or text[start - 1] != "\\":
        return 0
    return {"u": 5, "\\": 2}.get(text[start], 1)


def _payload(text: str, start: int, end: int) -> Payload | None:
    run = text[start:end]
    before = text[max(0, start - _DATA_URL_CHARS_MAX) : start]
    url = _DATA_URL.search(before)
    if url is None and not _looks_like_base64(run):
        return None
    how = "u" if "-" in run or "_" in run else "b"
    plain = run.replace("\\/", "/")
    padding = -len(plain) % 4
    if padding:
        how += "n"
    if plain is not run and plain != run:
        how += "e"
    try:
        decode = urlsafe_b64decode if how[0] == "u" else b64decode
        data = decode(plain + "=" * padding)
    except (Error, ValueError):
        return None
    if len(data) < PAYLOAD_BYTES_MIN or written(data, how) != run:
        return None
    named = mime.checked(url.group(1)) if url else None
    return Payload(start, end, data, how, named or mime.mime_type_of(data))


def _looks_like_base64(run: str) -> bool:
    start = set(run[:2048])
    if len(start) < _DIFFERENT_MIN:
        return _known_start(run)
    return any(map(str.isupper, start)) and any(map(str.islower, start)) and any(map(str.isdigit, start))


def _known_start(run: str) -> bool:
    """A monotonous picture or sound still has the beginning of its type."""
    try:
        return mime.mime_type_of(b64decode(run[:64].replace("\\/", "/")[:24])) != mime.UNKNOWN
    except Error:
        return False
