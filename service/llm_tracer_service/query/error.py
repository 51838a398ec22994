"""The one error of the query text."""

from __future__ import annotations


class QueryError(ValueError):
    """The text is not a query. Says where, what was expected there, and what to do.

    `position` is the index of the character in the text, from 0; if the text ended too early, its length. `expected`
    completes "expected …"; `hint` says what to do: what was meant, if that can be guessed, or how it is written.
    """

    def __init__(self, position: int, expected: str, hint: str) -> None:
        self.position = position
        self.expected = expected
        self.hint = hint
        super().__init__(f"at character {self.character}: expected {expected} ({hint})")

    @property
    def character(self) -> int:
        """Which character it is, as people count: from 1."""
        return self.position + 1
