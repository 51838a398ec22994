"""The `If-None-Match` header (RFC 9110 §13.1.2)."""

from __future__ import annotations


def is_known(if_none_match: str, etag: str) -> bool:
    """Whether the client has what an ETag stands for. Weak and strong tags are compared alike."""
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return "*" in tags or etag.removeprefix("W/") in tags
