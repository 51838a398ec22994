"""Ids as bytes: half the size of their hex digits, in the same order."""

from __future__ import annotations


def trace_key(trace_id: str) -> bytes | None:
    """The 16 bytes of a trace id; None for an invalid one."""
    return _key(trace_id, 16)


def span_key(span_id: str) -> bytes | None:
    """The 8 bytes of a span id; None for an invalid one."""
    return _key(span_id, 8)


def blob_key(sha256: str) -> bytes | None:
    """The 32 bytes of the SHA-256 of a blob; None for an invalid one."""
    return _key(sha256, 32)


def _key(text: str, length: int) -> bytes | None:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        return None
    # `fromhex` accepts capitals and spaces too, which no id has.
    return key if len(key) == length and key.hex() == text else None
