"""The error of a run of LangSmith, one text, in its parts."""

from __future__ import annotations

import re
from ast import literal_eval
from contextlib import suppress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Failure:
    """An error: its message for people, its type where the text names one, and the whole text, with the stack."""

    message: str
    type: str | None
    text: str

    def attributes(self) -> dict[str, str]:
        """Those of OpenTelemetry's exception event."""
        named = {} if self.type is None else {"exception.type": self.type}
        more = {"exception.stacktrace": self.text} if self.text != self.message else {}
        return {**named, "exception.message": self.message, **more}


def failure_of(text: str) -> Failure:
    """Python's SDK writes `repr` of the exception before its traceback, `ValueError('no such city')`; where its argument is one
    text, that is the message. JavaScript's writes `Error: no such city`, with the stack or without."""
    said = _TRACEBACK.split(text, maxsplit=1)[0].strip() or text
    found = _REPR.fullmatch(said)
    if found is None:
        named = _PREFIX.match(said)
        return Failure(said[named.end() :] if named else said, named[1] if named else None, text)
    with suppress(ValueError, SyntaxError, MemoryError, RecursionError):
        argument = literal_eval(found[2])
        if isinstance(argument, str) and argument:
            return Failure(argument, found[1], text)
    return Failure(said, found[1], text)


_TRACEBACK = re.compile(r"\s*Traceback \(most recent call last\):")
_REPR = re.compile(r"([A-Za-z_][\w.]{0,200})\((.{0,100000})\)", re.DOTALL)
_PREFIX = re.compile(r"([A-Za-z_$][\w.$]{0,200}(?:Error|Exception)): ")
