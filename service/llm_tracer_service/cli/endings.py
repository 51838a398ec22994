"""How a command ends that cannot do what it was asked: what is wrong, what to do, and the exit code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click


class NotUnderstood(click.ClickException):
    """The request was not understood."""

    exit_code = 2


class Unreachable(click.ClickException):
    """No Tracer API answers, or it refuses this key."""

    exit_code = 3


@contextmanager
def store_refusals() -> Iterator[None]:
    """Ends the command if a store refuses something in the block."""
    from llm_tracer_service.store.base import StoreError

    try:
        yield
    except StoreError as refusal:
        raise fail(str(refusal), refusal.hint) from None


def in_words(fault: Exception) -> str:
    """What went wrong with a file, without the number of the error and the path, which the message names already."""
    return getattr(fault, "strerror", None) or str(fault)


def fail(
    message: str, hint: str = "", ending: type[click.ClickException] = click.ClickException
) -> click.ClickException:
    """The error that ends a command: what is wrong and, on the next line, what to do. Exit code 1 unless `ending` has
    another."""
    return ending(f"{message}\n{hint}" if hint else message)
