"""How figures and previews are written, alike in all parts."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from hashlib import sha256

PREVIEW_CHARS_MAX = 200


def preview(text: str, limit: int = PREVIEW_CHARS_MAX) -> str:
    """One line of at most `limit` characters, with white space folded and an ellipsis if more follows."""
    if text[:1].isspace():
        text = text.lstrip()
    # Only a bounded beginning is folded, since values may have many megabytes. Half as much again as the line holds
    # nearly always fills it, even with indented code.
    for chars in (limit * 8 // 5, limit * 8):
        head = text[:chars].rstrip()
        # The space is the only printable white space, so this check finds in half the time that there is nothing to
        # fold.
        if "  " in head or not head.isprintable():
            head = " ".join(head.split())
        if len(head) > limit or len(text) <= chars:
            break
    is_whole = len(head) <= limit and len(text) <= chars
    return head if is_whole else head[: limit - 1].rstrip() + "…"


def plain(fault: UnicodeError) -> tuple[str, int]:
    """The error handler, for `codecs.register_error`, of an output whose encoding lacks our marks, as a file on Windows:
    `+` for `✓`, `x` for `✕`; `?` for what has no likeness. Raises what is no error of encoding."""
    if not isinstance(fault, UnicodeEncodeError):
        raise fault
    return "".join(_PLAIN.get(each, "?") for each in fault.object[fault.start : fault.end]), fault.end


_PLAIN = {
    "✓": "+", "✕": "x", "✗": "x", "⚠": "!", "◐": "~", "◌": "o", "·": "-", "→": "->", "–": "-", "…": "...", "≥": ">=",
    "µ": "u", "├": "|", "│": "|", "└": "`", "─": "-",
}  # fmt: skip
"""What stands for each mark that commands print."""


def digest(text: str, chars: int = 16) -> str:
    """So many hexadecimal digits that identify a text; lone surrogates are allowed."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:chars]


def duration(ms: float | None) -> str:
    """`850 µs`, `4.2 ms`, `320 ms`, `4.21 s`, `3 m 12 s`, `2 h 5 m`, `3 d 7 h`; `–` where unknown. A second
    unit of zero is left out: `3 d`."""
    if ms is None:
        return "–"
    if ms < 0:  # a clock was set back
        return "-" + duration(-ms)
    if ms == 0:
        return "0 ms"
    # Each limit is where the smaller unit would round up to the next one.
    if ms < 0.9995:
        return f"{_rounded(ms * 1000)} µs"
    if ms < 9.95:
        return f"{_rounded(ms, 1)} ms"
    if ms < 999.5:
        return f"{_rounded(ms)} ms"
    seconds = ms / 1000
    if seconds < 9.995:
        return f"{_rounded(seconds, 2)} s"
    if seconds < 59.95:
        return f"{_rounded(seconds, 1)} s"
    whole = int(_rounded(seconds))
    if whole < 3600:
        return _in_two_units(whole // 60, "m", whole % 60, "s")
    if whole < 86_400:
        return _in_two_units(whole // 3600, "h", whole % 3600 // 60, "m")
    return _in_two_units(whole // 86_400, "d", whole % 86_400 // 3600, "h")


def _in_two_units(more: int, unit: str, less: int, smaller: str) -> str:
    return f"{more} {unit} {less} {smaller}" if less else f"{more} {unit}"


def counted(count: int, what: str) -> str:
    """A number of things; the word is given in the singular: "1 call", "3 calls"."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def count(number: int | None) -> str:
    """`950`, `8.0 k`, `92 k`, `1.2 M`; `–` where unknown."""
    if number is None:
        return "–"
    return str(number) if number < 1000 else _in_units(number, ("k", "M", "G")) or f"{number:.2e}"


def byte_size(size_bytes: float) -> str:
    """`812 B`, `4.2 kB`, `184 kB`, `12 MB`, `5.0 GB`."""
    whole = _rounded(size_bytes)
    return (
        f"{whole} B" if size_bytes < 1000 else _in_units(size_bytes, ("kB", "MB", "GB", "TB")) or f"{whole} B"
    )


def cost(total_usd: float | None, complete: bool = True) -> str:
    """`$0.0213`, `$1.20`, whole dollars from `$1,000` on, `≥$0.412` if a part is unknown, `–` if all of it is. Never
    `$0.00` for unknown."""
    if total_usd is None:
        return "–"
    mark = "" if complete else "≥"
    if total_usd == 0:
        return f"{mark}$0"
    if total_usd < 0.0001:
        return "<$0.0001" if complete else "≥$0"
    if total_usd >= 999.995:
        return f"{mark}${int(_rounded(total_usd)):,}"
    return f"{mark}${_rounded(total_usd, 4 if total_usd < 0.09995 else 3 if total_usd < 0.9995 else 2)}"


def _in_units(number: float, units: Iterable[str]) -> str:
    """In the first of `units`, each a thousand times the one before, in which it has two or three places; empty if
    there is none."""
    scaled = float(number)
    for unit in units:
        scaled = scaled / 1000
        if scaled < 999.5:  # from there on it would round up to 1000
            return f"{_rounded(scaled, 1 if scaled < 9.95 else 0)} {unit}"
    return ""


def _rounded(number: float, digits: int = 0) -> str:
    """A half is rounded up, as by the dashboard's JavaScript: 1.25 is 1.3. Python rounds it to an even digit, 1.2."""
    return str(Decimal(number).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))
