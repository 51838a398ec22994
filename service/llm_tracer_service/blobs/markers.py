"""The marker: the short text that replaces a blob in its span.

`$blob{SHA256;BYTES;HOW;MIME}` stands for the blob with this SHA-256, spelled as HOW says. It contains no quote and no
backslash, so it can stand within JSON text. If a sender writes something that looks like a marker, it is escaped: `$blob{`
becomes `$blob{$}`.

HOW is, for base64, `b` (the alphabet of RFC 4648 §4) or `u` (§5, for URLs), then `n` if the padding was left out, then `e`
if every "/" is written "\\/"; `r` for bytes; `t` for a text. The last two replace a whole value; the marker of a text is
followed by the text's beginning, to be shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

OPENING = "$blob{"
BYTES, TEXT = "r", "t"
TEXT_MIME_TYPE = "text/plain"

MARKER = re.compile(r"\$blob\{(?:([0-9a-f]{64});([0-9]{1,19});([a-z]{1,3});([a-z0-9!#&^_.+/-]{3,128})|\$)\}")
"""A marker, or an escape (all groups are then None)."""

_DATA_URL = re.compile(r"data:[^,]{0,200};base64,\Z", re.IGNORECASE)
_LOOKED_AT = 512


@dataclass(frozen=True, slots=True)
class Reference:
    """What a marker says. `size_bytes` is the size of the blob."""

    sha256: str
    size_bytes: int
    how: str
    mime_type: str

    def marker(self) -> str:
        """The text that stands in the span."""
        return f"{OPENING}{self.sha256};{self.size_bytes};{self.how};{self.mime_type}}}"


def reference_of(found: re.Match[str]) -> Reference | None:
    """What a match of MARKER refers to; None for an escape."""
    sha256, size, how, mime_type = found.groups()
    return None if sha256 is None else Reference(sha256, int(size), how, mime_type)


def escaped(text: str) -> str:
    """A sender's text, changed so that nothing in it reads as a marker."""
    return text.replace(OPENING, f"{OPENING}$}}") if OPENING in text else text


def leading_reference(text: str) -> Reference | None:
    """The reference at the beginning of a text, which replaces a whole value: bytes or a long text."""
    found = MARKER.match(text) if text.startswith(OPENING) else None
    return None if found is None else reference_of(found)


def as_media_ref(value: Any) -> dict[str, Any] | None:
    """The blob that a value of a stored span stands for, as the `ref` of a media part:
    `{"blob_id", "mime_type", "bytes"}`.

    That is a value that is a marker, or a data URL whose payload is one. None for everything else, including long texts,
    which a Reader is given in full.
    """
    if not isinstance(value, str) or OPENING not in value[:_LOOKED_AT]:
        return None
    found = MARKER.search(value, 0, _LOOKED_AT)
    reference = None if found is None else reference_of(found)
    if found is None or reference is None or reference.how == TEXT or found.end() != len(value):
        return None
    if found.start() and not _DATA_URL.match(value[: found.start()]):
        return None
    return {"blob_id": reference.sha256, "mime_type": reference.mime_type, "bytes": reference.size_bytes}
