"""Text for a terminal: colour only if there is one, lines no wider than it, and nothing that could control it."""

from __future__ import annotations

import math
import os
import shutil
import sys
import textwrap
import time
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import click

from llm_tracer_service.steering import STEERING

_NAME_WIDTH_MIN = 16
_PROGRESS_EVERY_S = 0.5
_AROUND_CHARS = 30

STATUS = {"ok": ("✓", "green"), "error": ("✕", "red"), "running": ("◐", "blue"), "abandoned": ("◌", "yellow")}
"""A mark and a colour for each status of a trace; the mark is enough without the colour."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table; `right` aligns numbers. If a line is too long, the one that `shrinks` gives way. Where that is not
    enough, those that go `below` have a line of their own; if there are none, the one that shrinks has one, above."""

    text: str
    colour: str | None = None
    right: bool = False
    shrinks: bool = False
    below: bool = False
    dim: bool = False


class Progress:
    """Says on standard error how far a long command is, twice a second; the first time `at_once`, or after that time."""

    def __init__(self, at_once: bool = False) -> None:
        self._shown_s = -math.inf if at_once else time.monotonic()

    def show(self, text: str) -> None:
        """Prints the text if it is time for it."""
        now_s = time.monotonic()
        if now_s - self._shown_s >= _PROGRESS_EVERY_S:
            self._shown_s = now_s
            click.echo(text, err=True)


def width() -> int | None:
    """How many columns a line may have; None if the output goes to a file or a program, which want whole lines."""
    if sys.stdout.isatty() or "COLUMNS" in os.environ:
        return shutil.get_terminal_size().columns
    return None


def coloured(text: str, colour: str | None = None, *, bold: bool = False, dim: bool = False) -> str:
    """The text in a colour; plain if standard output is not a terminal, or NO_COLOR is set."""
    if os.environ.get("NO_COLOR") or not (sys.stdout.isatty() or os.environ.get("FORCE_COLOR")):
        return text
    return click.style(text, fg=colour, bold=bold or None, dim=dim or None)


def echo(line: str = "") -> None:
    """Prints a line whose colours were decided by `coloured`."""
    click.echo(line, color=True)


def clean(text: str) -> str:
    """One line without control characters: sent text must not move the cursor or reverse the direction of writing."""
    return STEERING.sub(" ", text)


def columns_of(text: str) -> int:
    """How many columns a text takes: two for a wide character, none for a combining one."""
    return sum(
        0 if unicodedata.combining(each) else 2 if unicodedata.east_asian_width(each) in "WF" else 1
        for each in text
    )


def fitted(text: str, columns: int) -> str:
    """The text in at most so many columns, with an ellipsis if it was cut."""
    if columns_of(text) <= columns:
        return text
    taken = 0
    for index, each in enumerate(text):
        taken += columns_of(each)
        if taken > columns - 1:
            return text[:index] + "…"
    return text


def wrapped(text: str, indent: int = 0) -> Sequence[str]:
    """The text in lines as wide as the terminal, broken between words; in one if there is none."""
    columns, before = width(), " " * indent
    if columns is None:
        return [before + text]
    return textwrap.wrap(
        text, columns, initial_indent=before, subsequent_indent=f"{before}  ", break_long_words=False, break_on_hyphens=False
    )  # fmt: skip


def pointed(text: str, at: int) -> str:
    """A text and, in the line below, a mark under its character `at` (from 0; its length: behind it); of a long text what is
    around it. Each line is indented by two."""
    first, last = max(0, at - _AROUND_CHARS), at + _AROUND_CHARS
    before = ("…" if first else "") + clean(text[first:at])
    after = clean(text[at:last]) + ("…" if last < len(text) else "")
    return f"  {before}{after}\n  {' ' * columns_of(before)}^"


def padded(text: str, columns: int, right: bool = False) -> str:
    """The text padded to at least so many columns."""
    space = " " * (columns - columns_of(text))
    return space + text if right else text + space


def table(
    rows: Sequence[Sequence[Cell]], heads: Sequence[str] = (), least: Sequence[int] = ()
) -> Iterable[str]:
    """Lines with aligned columns, two spaces apart; the one that shrinks takes what the line has left.

    `least` are widths of the first columns, for lines that are printed one by one.
    """
    if not rows:
        return
    head = [Cell(name, dim=True, right=cell.right) for name, cell in zip(heads, rows[0], strict=False)]
    lines = [head, *rows] if head else [*rows]
    widths = [max(pair) for pair in zip_longest(widths_of(lines), least, fillvalue=0)]
    limit = width()
    shrinking = next((at for at, cell in enumerate(rows[0]) if cell.shrinks), None)
    beside: Sequence[int] = range(len(widths))
    above: Sequence[int] = ()
    below: Sequence[int] = ()
    if limit is not None and shrinking is not None:
        others = sum(widths) - widths[shrinking] + 2 * (len(widths) - 1)
        if others + min(widths[shrinking], _NAME_WIDTH_MIN) > limit:
            below = [at for at in beside if rows[0][at].below]
            beside = [at for at in beside if at not in below]
            others -= sum(widths[at] + 2 for at in below)
            if not below:
                above, beside, others = [shrinking], [at for at in beside if at != shrinking], 0
        widths[shrinking] = min(widths[shrinking], max(_NAME_WIDTH_MIN, limit - others))
    for line in lines:
        if above and line is not head:
            yield _line([(line[at], widths[at]) for at in above])
        yield ("   " if above else "") + _line([(line[at], widths[at]) for at in beside])
        if below and line is not head:
            yield "   " + _line([(line[at], widths[at]) for at in below])


def widths_of(lines: Sequence[Sequence[Cell]]) -> list[int]:
    """How many columns each column of these lines needs; the lines are equally long."""
    return [max(columns_of(clean(cell.text)) for cell in column) for column in zip(*lines, strict=True)]


def _line(cells: Iterable[tuple[Cell, int]]) -> str:
    """Cells with their widths beside each other."""
    shown = []
    for cell, columns in cells:
        text = padded(fitted(clean(cell.text), columns), columns, cell.right)
        shown.append(coloured(text, cell.colour, dim=cell.dim) if cell.colour or cell.dim else text)
    return "  ".join(shown).rstrip()
