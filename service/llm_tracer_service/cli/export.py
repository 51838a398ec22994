"""`llm-tracer export`: traces of a running Tracer API in a file."""

from __future__ import annotations

import gzip
import http.client
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import click

from llm_tracer_service.cli.api_client import ApiClient, Refused, api_options, trace_path
from llm_tracer_service.cli.asking import ended_by
from llm_tracer_service.cli.endings import fail, in_words

_OF_ONE = ("md", "html")


@click.command()
@click.argument("trace_id", required=False)
@click.option(
    "--q", default="", metavar="QUERY", help="Only traces that match, such as 'status:error -tag:test'."
)
@click.option(
    "--from", "start", default="", metavar="TIME", help="Only what started at or after: -7d, 2026-11-01, …"
)
@click.option("--to", "end", default="", metavar="TIME", help="Only what started before.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["otlp", "jsonl", *_OF_ONE]),
    default="otlp",
    show_default=True,
    help="otlp and jsonl lose nothing and can be imported; md and html are of one trace, for people.",
)
@click.option("--whole", is_flag=True, help="md and html: do not cut long texts.")
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write; .gz or .zst compresses it. Default: standard output.",
)  # fmt: skip
@api_options
def export(
    trace_id: str | None, q: str, start: str, end: str, form: str, whole: bool, output: Path | None, url: str, key: str | None
) -> None:  # fmt: skip
    """Write traces of a running Tracer API to a file: all of the project, those that match, or the one with TRACE_ID.

    What is written by --format otlp or jsonl goes back in by `llm-tracer import`, here or on another machine, and then
    gives the same answers. A file is complete when it has its name: until then it is called FILE.part.
    """
    if trace_id is None and form in _OF_ONE:
        raise click.UsageError(
            f"--format {form} works for one trace only: name it, as in `llm-tracer export TRACE_ID`."
        )
    if trace_id is not None and (q or start or end):
        raise click.UsageError("Name a trace or choose some with --q, --from and --to, not both.")
    api = ApiClient(url, key, "llm-tracer-export")
    params = {"format": form, "whole": "true" if whole else ""}
    if trace_id is not None:
        path = f"{trace_path(trace_id)}/export"
    else:
        path, params = "/api/export", {"q": q, "from": start, "to": end, "format": form}
    try:
        with api.get(path, params) as answer:
            if answer.headers.get_content_disposition() != "attachment":
                raise api.no_tracer_api("no export")
            with _writing(output) as file:
                shutil.copyfileobj(answer, file, 256 * 1024)
    except Refused as refused:
        raise ended_by(refused, q) from None
    except http.client.HTTPException:
        raise fail(
            "The answer was cut off; the export is not complete.", "See the log of the Tracer API."
        ) from None
    except BrokenPipeError:
        sys.exit(1)
    except OSError as fault:
        raise fail(f"The export could not be written: {in_words(fault)}.") from None
    if output is not None:
        click.echo(f"Written to {output} ({output.stat().st_size:,} bytes).", err=True)


@contextmanager
def _writing(output: Path | None) -> Iterator[IO[bytes]]:
    """Where to write. A file gets its name only when it is complete."""
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    part = output.with_name(output.name + ".part")
    with _opened(part, output.suffix) as file:
        yield file
    part.replace(output)


def _opened(part: Path, suffix: str) -> IO[bytes]:
    if suffix == ".gz":
        return cast(IO[bytes], gzip.open(part, "wb", compresslevel=6))
    if suffix == ".zst":
        import zstandard

        return cast(IO[bytes], zstandard.open(part, "wb"))
    return part.open("wb")
