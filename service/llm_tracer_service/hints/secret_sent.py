"""Keys of providers among the parameters of a call: some instrumentations send all that the program gave to the client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from llm_tracer_service.hints.steps import Hint, Steps, ids
from llm_tracer_service.reading.redacted import is_redacted

CALLS_MAX = 50
"""So many calls are looked at: a program sends all of them alike."""

SECRET_CHARS_MIN = 16
"""Shorter ones are `EMPTY`, `none` and `sk-local`, which servers of one's own are given."""

_NAMES = frozenset({
    "api_key", "apikey", "x_api_key", "authorization", "access_token", "aws_secret_access_key", "aws_session_token",
})  # fmt: skip
"""In lower case, with `_` for `-`."""


def hints(steps: Steps) -> Iterator[Hint]:
    """One for all calls with a key in it."""
    looked_at = [(step, set(_secrets(steps.content(step).params))) for step in steps.calls[:CALLS_MAX]]
    found = [step for step, names in looked_at if names]
    if not found:
        return
    names = sorted(set().union(*(names for _, names in looked_at)))
    yield Hint(
        "secret_sent",
        "A key was sent with a model call"
        if len(found) == 1
        else f"A key was sent with {len(found):,} model calls",
        f"The parameters contain {', '.join(f'`{name}`' for name in names)} in plain text, for everyone who can see this trace. "
        "Stop sending it, delete the trace, and replace the key.",
        ids(found),
        {"calls": len(found), "names": names},
    )


def _secrets(params: Any) -> Iterator[str]:
    """The names in it of what looks like a secret: also in objects in it, such as the headers."""
    for name, value in params.items() if isinstance(params, dict) else ():
        if isinstance(value, dict):
            yield from _secrets(value)
        elif name.lower().replace("-", "_") in _NAMES and _is_secret(value):
            yield name


def _is_secret(value: Any) -> bool:
    """Not so: what was taken out or masked before it was sent."""
    return (
        isinstance(value, str)
        and len(value) >= SECRET_CHARS_MIN
        and "*" not in value
        and not is_redacted(value)
    )
