"""What every list has beside its items."""

from __future__ import annotations

from msgspec import Struct


class ListPage(Struct, frozen=True, kw_only=True):
    """A page of a list: `count` items, and how to go on; of how many the items were chosen, and whether those were all."""

    next_cursor: str | None
    has_more: bool
    count: int
    scanned: int
    scanned_until: str | None
    complete: bool
