"""The one error of the query text."""

from __future__ import annotations


class QueryError(ValueError):
    """The text is not a query. Says where, what was expected there and, if it can be guessed, what was meant.

    `position` is the index of the character in the text, from 0; if the text ended too early, its length. `expected`
    completes "expected …"; `hint` is a sentence of its own, or None.
    """

    def __init__(self, position: int, expected: str, hint: str | None = None) -> None:
        self.position = position
        self.expected = expected
        self.hint = hint
        super().__init__(f"at character {position}: expected {expected}" + (f" ({hint})" if hint else ""))
