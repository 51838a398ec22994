"""`llm-tracer import`: sends the spans in files to a running Tracer API."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

import click
import zstandard
from llm_tracer.model.text import counted

from llm_tracer_service.cli.api_client import ApiClient, Refused, api_options
from llm_tracer_service.cli.serving import fail
from llm_tracer_service.cli.terminal import Progress
from llm_tracer_service.receiving.importing import BadLine, ImportRequest, requests_of


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@api_options
def import_files(files: tuple[str, ...], url: str, key: str | None) -> None:
    """Send the spans in files to a running Tracer API: what `llm-tracer export` wrote, and OTLP JSON with one TracesData a
    line, as the file exporter of the OpenTelemetry Collector writes it. FILE is `-` for standard input; files that end
    in .gz or .zst are decompressed.

    The same span again replaces itself: an import that was stopped is run again from its beginning and does no harm.
    """
    api = ApiClient(url, key, "llm-tracer-import")
    rejected = sum(_import(api, file) for file in files)
    if rejected:
        raise fail(f"{rejected:,} of the spans were refused; the others were imported.")


def _import(api: ApiClient, name: str) -> int:
    """Sends one file; returns how many of its spans were refused."""
    lines = rejected = 0
    progress = Progress()
    request: ImportRequest | None = None
    try:
        with _opened(name) as file:
            for request in requests_of(file):
                answer = api.json_of(api.post(request.path, request.body(), request.content_type))
                for count, where, reason in _refusals(request, answer):
                    rejected += count
                    click.echo(f"{name}, {where}: {reason}", err=True)
                lines += len(request.numbers)
                progress.show(f"{name}: {counted(lines, 'line')} sent …")
    except BadLine as bad:
        raise fail(f"{name}, line {bad.number}: {bad}", _GO_ON) from None
    except Refused as refused:
        assert request is not None, "only what was sent is refused"
        raise fail(f"{name}, {_where(request.numbers)}: {refused}", refused.hint) from None
    except (OSError, EOFError, zlib.error, zstandard.ZstdError) as fault:
        raise fail(f"{name} cannot be read: {fault}.", f"Sent of it: {counted(lines, 'line')}.") from None
    except KeyboardInterrupt:
        raise fail(f"Stopped after {counted(lines, 'line')} of {name}.", "Run it again to go on.") from None
    click.echo(f"{name}: {counted(lines, 'line')} imported.", err=True)
    return rejected


_GO_ON = (
    "The lines before it were sent. Correct it and run the import again: what is there already does no harm."
)


def _refusals(request: ImportRequest, answer: Any) -> Iterator[tuple[int, str, str]]:
    """How many spans were refused, where in the file, and why."""
    partial = answer.get("partialSuccess") or {}
    if partial:
        count = int(partial.get("rejectedSpans") or partial.get("rejectedLogRecords") or 0)
        yield count, _where(request.numbers), str(partial.get("errorMessage", ""))
    for each in answer.get("rejected", ()):
        is_line = request.content_type == "application/x-ndjson"
        where = [request.numbers[each["index"]]] if is_line else request.numbers
        yield 1, _where(where), each["reason"]


def _where(numbers: list[int]) -> str:
    return f"line {numbers[0]}" if len(numbers) == 1 else f"lines {numbers[0]} to {numbers[-1]}"


@contextmanager
def _opened(name: str) -> Iterator[IO[bytes]]:
    if name == "-":
        yield sys.stdin.buffer
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
