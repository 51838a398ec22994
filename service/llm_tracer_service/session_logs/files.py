"""Where session logs lie, and whose a file is: found by its content."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple, Protocol, TypeAlias

import msgspec

from llm_tracer_service.receiving.importing import whole_lines
from llm_tracer_service.session_logs import (
    claude_code,
    codex,
    gemini_cli,
    opencode,
    opencode_database,
    qwen_code,
)
from llm_tracer_service.session_logs.spans import LoggedSpan, Report

Opener: TypeAlias = Callable[[Path], AbstractContextManager[Iterable[bytes]]]
"""The lines of a file, decompressed where it is compressed."""


class Program(Protocol):
    """A module that knows the logs of one program."""

    NAME: str

    def recognises(self, members: dict[str, msgspec.Raw]) -> bool:
        """Whether a line with these members is one of its logs."""

    def companions(self, path: Path) -> list[Path]:
        """The files that belong to the log of a session: those of its sub-agents."""

    def turns(self, lines: Iterable[tuple[int, bytes]], report: Report) -> Iterator[list[LoggedSpan]]:
        """The spans of each turn of a session."""


PROGRAMS: tuple[Program, ...] = (claude_code, codex, gemini_cli, qwen_code, opencode)

_LINES_LOOKED_AT = 50
_NAMES = re.compile(rf"\.jsonl?(\.gz|\.zst)?$|^{re.escape(opencode_database.FILE)}$")
"""How logs are called: a folder may hold other files of any size."""

_TIME = re.compile(rb'"(?:timestamp|startTime)"\s*:\s*"([^"]*)"')
_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Recognised(NamedTuple):
    """Whose log some lines are (None: none that is known), when it begins as it is written there, and all of the lines."""

    program: Program | None
    begins: bytes
    lines: Iterator[bytes]


def recognised(lines: Iterable[bytes]) -> Recognised:
    """Whose session log these lines are; only the first ones are read for that."""
    rest = whole_lines(lines)
    head = list(islice(rest, _LINES_LOOKED_AT))
    time = _TIME.search(b"".join(head))
    program = next(filter(None, map(_program_of, head)), None)
    return Recognised(program, time[1] if time else b"", chain(head, rest))


def _program_of(line: bytes) -> Program | None:
    try:
        members = _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return next((program for program in PROGRAMS if program.recognises(members)), None)


class Below(NamedTuple):
    """The session logs below a folder, earliest first; how many files there are something else, and how many were not
    looked into, since nothing was written to them in the time that is asked for."""

    logs: list[Path]
    others: int
    unchanged: int = 0


def logs_below(folder: Path, opened: Opener, since: int | None = None) -> Below:
    """What is to be imported of a folder; `since`, in nanoseconds since 1970, leaves out what was last written before. Files
    of sub-agents come with the log of their session."""
    begun: list[tuple[bytes, float, Path]] = []
    parts: set[Path] = set()
    others = unchanged = 0
    for path in folder.rglob("*"):
        if not path.is_file():
            continue
        if not _NAMES.search(path.name):
            others += 1
            continue
        if since is not None and _written(path) < since:
            unchanged += 1
            continue
        with opened(path) as file:
            program, begins, _ = recognised(file)
        if program is None:
            others += 1
        else:
            # A fork repeats the log that it was made of, which was written to last before.
            begun.append((begins, path.stat().st_mtime, path))
            parts.update(program.companions(path))
    return Below([path for *_, path in sorted(begun) if path not in parts], others, unchanged)


def _written(path: Path) -> int:
    """When something was last written to a file, in nanoseconds since 1970; to a database, that is to its log."""
    log = path.with_name(f"{path.name}-wal")
    return max(each.stat().st_mtime_ns for each in (path, log) if each.exists())
