"""A body that cannot be read, or takes too much to read. Decoders raise it, and every way in answers it."""

from __future__ import annotations


class MalformedBody(ValueError):
    """A body that is not what its content type says. Nothing of it can be kept.

    `what` is the fault in words; `where` is a byte offset or a path such as `$.resourceSpans[0]`, "" where unknown;
    `hint` says what to do, "" where that is only to send the right body.
    """

    def __init__(self, what: str, where: str = "", hint: str = "") -> None:
        super().__init__(f"{what} (at {where})" if where else what)
        self.what = what
        self.where = where
        self.hint = hint


class TooManyObjects(ValueError):
    """A body with more than `objects_max` objects and lists, or twice as many other values. Nothing of it can be kept."""

    def __init__(self, objects_max: int) -> None:
        super().__init__(
            f"The body has more than {objects_max:,} objects and lists. Two other values count as one."
        )
        self.objects_max = objects_max
