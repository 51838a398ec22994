"""`llm-tracer import`: sends the spans in files to a running Tracer API."""

from __future__ import annotations

import gzip
import io
import sys
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

import click
import msgspec
import zstandard
from llm_tracer.model.text import counted

from llm_tracer_service.cli.api_client import ApiClient, Refused, api_options
from llm_tracer_service.cli.endings import fail, in_words
from llm_tracer_service.cli.terminal import Progress
from llm_tracer_service.media import NDJSON
from llm_tracer_service.receiving.importing import BadLine, ImportRequest, requests_of, requests_of_spans
from llm_tracer_service.session_logs import opencode_database
from llm_tracer_service.session_logs.files import Program, logs_below, recognised
from llm_tracer_service.session_logs.spans import LoggedSpan
from llm_tracer_service.times import parse_time

_UNREADABLE = (OSError, EOFError, zlib.error, zstandard.ZstdError)


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option(
    "--from",
    "--since",
    "start",
    default="",
    metavar="TIME",
    help="Of session logs, only prompts at or after: -7d, today, …",
)
@api_options
def import_files(files: tuple[str, ...], start: str, url: str, key: str | None) -> None:
    """Send the spans in files to a running Tracer API: what `llm-tracer export` wrote, and OTLP JSON with one TracesData a
    line, as the file exporter of the OpenTelemetry Collector writes it. FILE is `-` for standard input; files that end
    in .gz or .zst are decompressed.

    The session logs of Claude Code, Codex, Gemini CLI, Qwen Code and opencode become traces, one for each prompt: FILE is one of
    them, or a folder such as ~/.claude/projects, of which all logs are taken.

    The same span again replaces itself: an import that was stopped is run again from its beginning and does no harm.
    """
    run = _Import(ApiClient(url, key, "llm-tracer-import"), _since(start))
    for file in files:
        if Path(file).is_dir():
            run.folder(Path(file))
        else:
            run.file(file)
    unread = f"{counted(run.unread, 'line')} could not be read" if run.unread else ""
    rejected = f"{run.rejected:,} of the spans were refused" if run.rejected else ""
    if unread or rejected:
        raise fail(f"{' and '.join(filter(None, (unread, rejected)))}; the others were imported.")


def _since(start: str) -> int | None:
    """The time that was given, in nanoseconds since 1970; None if none was. Raises BadParameter."""
    try:
        return parse_time(start, time.time_ns()) if start else None
    except ValueError as fault:
        raise click.BadParameter(f"{start!r} is not a time: {fault}.", param_hint="'--from'") from None


class _Import:
    """One run of the command, of turns of session logs only those that began at `since` (in nanoseconds since 1970) or
    later. `rejected` counts spans that were refused, `unread` lines of logs that are no records."""

    def __init__(self, api: ApiClient, since: int | None) -> None:
        self._api = api
        self._since = since
        self._turns: dict[str, int] = {}
        self._unit = "line"
        self.rejected = 0
        self.unread = 0

    def folder(self, folder: Path) -> None:
        """Sends all session logs below a folder."""
        try:
            found = logs_below(folder, _opened, self._since)
        except _UNREADABLE as fault:
            raise fail(f"{folder} cannot be read: {in_words(fault)}.") from None
        spans = sum(self._sent(str(log)) for log in found.logs)
        others = f"; {counted(found.others, 'other file')} left alone" if found.others else ""
        earlier = f"; {counted(found.unchanged, 'file')} not changed since then" if found.unchanged else ""
        told = (
            f"{counted(spans, 'span')} of {counted(len(found.logs), 'session log')} imported{others}{earlier}"
        )
        click.echo(f"{folder}: {told}.", err=True)
        if not found.logs and not found.unchanged:
            raise fail(f"No session logs were found in {folder}.", "Name files of spans one by one.")

    def file(self, name: str) -> None:
        """Sends one file, or standard input."""
        sent = self._sent(name)
        click.echo(f"{name}: {counted(sent, self._unit)} imported.", err=True)

    def _sent(self, name: str) -> int:
        """Sends one file; how many lines of it, or of a session log spans."""
        try:
            with _opened(name) as file:
                program, _, lines = recognised(file)
                self._unit = "line" if program is None else "span"
                if program is None:
                    if self._since is not None:
                        raise fail(
                            f"{name} is not a session log: --from is for these only.", "Leave --from out."
                        )
                    return self._send(name, requests_of(lines))
                turns = program.turns(*self._log(program, name, lines))
                spans = (logged for turn in turns if self._is_wanted(turn) for logged in turn)
                return self._send(name, requests_of_spans(spans))
        except BadLine as bad:
            raise fail(f"{name}, line {bad.number}: {bad}", _GO_ON) from None
        except _UNREADABLE as fault:
            raise fail(f"{name} cannot be read: {in_words(fault)}.", "Nothing from it was sent.") from None

    def _send(self, name: str, requests: Iterator[ImportRequest]) -> int:
        sent = 0
        progress = Progress()
        request: ImportRequest | None = None
        try:
            for request in requests:
                answer = self._api.json_of(self._api.post(request.path, request.body(), request.content_type))
                for count, where, reason in _refusals(request, answer):
                    self.rejected += count
                    click.echo(f"{name}, {where}: {reason}", err=True)
                sent += len(request.numbers)
                progress.show(f"{name}: {counted(sent, self._unit)} sent …")
        except Refused as refused:
            assert request is not None, "only what was sent is refused"
            raise fail(f"{name}, {_where(request.numbers)}: {refused}", refused.hint) from None
        except _UNREADABLE as fault:
            raise fail(
                f"{name} cannot be read: {in_words(fault)}.", f"Sent from it: {counted(sent, self._unit)}."
            ) from None
        except KeyboardInterrupt:
            raise fail(
                f"Stopped after {counted(sent, self._unit)} of {name}.", "Run it again to continue."
            ) from None
        return sent

    def _log(
        self, program: Program, name: str, lines: Iterable[bytes]
    ) -> tuple[Iterator[tuple[int, bytes]], Callable[[int, str], None]]:
        """The lines of a log and of the files that belong to it, each with its number, and who takes their faults."""
        at = name

        def numbered() -> Iterator[tuple[int, bytes]]:
            nonlocal at
            yield from whole_records(lines)
            for part in program.companions(Path(name)) if name != "-" else ():
                at = str(part)
                with _opened(part) as file:
                    yield from whole_records(file)

        def whole_records(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
            for number, line in enumerate(lines, start=1):
                if not line.endswith(b"\n") and not _is_json(line):
                    click.echo(
                        f"{at}, line {number} is incomplete: a later import will pick it up.", err=True
                    )
                elif line.strip():
                    yield number, line

        def report(number: int, reason: str) -> None:
            self.unread += 1
            click.echo(f"{at}, line {number}: {reason}", err=True)

        return numbered(), report

    def _is_wanted(self, turn: list[LoggedSpan]) -> bool:
        """Whether a turn is late enough, and says more than a log before has said of it: a fork repeats what it was made
        of."""
        if self._since is not None and (turn[0].span.start_time_unix_nano or 0) < self._since:
            return False
        first = turn[0].span.span_id
        is_more = len(turn) > self._turns.get(first, 0)
        if is_more:
            self._turns[first] = len(turn)
        return is_more


def _is_json(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


_GO_ON = "The lines before it were sent. Correct it and run the import again: what was already imported does no harm."


def _refusals(request: ImportRequest, answer: Any) -> Iterator[tuple[int, str, str]]:
    """How many spans were refused, where in the file, and why; or none, and what is odd about them."""
    partial = answer.get("partialSuccess") or {}
    if partial:
        count = int(partial.get("rejectedSpans") or partial.get("rejectedLogRecords") or 0)
        yield count, _where(request.numbers), str(partial.get("errorMessage", ""))
    if note := answer.get("note"):
        yield 0, _where(request.numbers), note
    for each in answer.get("rejected", ()):
        is_line = request.content_type == NDJSON
        where = [request.numbers[each["index"]]] if is_line else request.numbers
        yield 1, _where(where), each["reason"]


def _where(numbers: list[int]) -> str:
    return f"line {numbers[0]}" if len(numbers) == 1 else f"lines {numbers[0]} to {numbers[-1]}"


@contextmanager
def _opened(path: str | Path) -> Iterator[Iterable[bytes]]:
    name = str(path)
    if name == "-":
        yield sys.stdin.buffer
    elif Path(name).name == opencode_database.FILE:
        yield opencode_database.lines_of(Path(name))
    elif name.endswith(".gz"):
        with gzip.open(name) as file:
            yield cast(IO[bytes], file)
    elif name.endswith(".zst"):
        with open(name, "rb") as packed:
            reader = zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True)
            yield io.BufferedReader(cast(io.RawIOBase, reader))
    else:
        with open(name, "rb") as file:
            yield file
