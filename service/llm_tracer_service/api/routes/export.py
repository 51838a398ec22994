"""Export: traces as files. Lines are sent as they are read, so that a project of any size takes the same memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Annotated, Literal

from msgspec import Meta, Struct
from starlette.responses import Response, StreamingResponse

from llm_tracer_service.api.ids import trace_id_in_path
from llm_tracer_service.api.lookup import found_index, found_trace, steps_of
from llm_tracer_service.api.operation import Call, Operation
from llm_tracer_service.api.params import Selection
from llm_tracer_service.exporting.lines import Format, document_of_trace, lines_of_project, lines_of_trace
from llm_tracer_service.exporting.markdown import markdown_of
from llm_tracer_service.exporting.page import page_of
from llm_tracer_service.hints import hints_of
from llm_tracer_service.media import JSON, NDJSON

MARKDOWN, HTML = "text/markdown", "text/html"

_PIECE_CHARS = 64 * 1024


class TraceParams(Struct, forbid_unknown_fields=True):
    """`GET /api/traces/{trace_id}/export`."""

    format: Annotated[
        Literal["otlp", "jsonl", "md", "html"],
        Meta(
            description="`otlp`: OTLP JSON, a body of `POST /v1/traces`. `jsonl`: native spans, a body of "
            "`POST /api/spans`. `md`: Markdown. `html`: one file that works offline."
        ),
    ] = "otlp"
    whole: Annotated[
        bool, Meta(description="`true`: `md` and `html` cut no text. The other formats never do.")
    ] = False


class ManyParams(Selection, kw_only=True):
    """`GET /api/export`."""

    format: Annotated[
        Format,
        Meta(description="`otlp`: an OTLP TracesData a line. `jsonl`: a native span a line."),
    ] = "otlp"


def _trace(call: Call) -> Response:
    params: TraceParams = call.params
    store, project = call.service.store, call.project
    trace_id = trace_id_in_path(call.path)
    match params.format:
        case "otlp":
            pieces, media, extension = document_of_trace(store, project, found_trace(call)), JSON, "otlp.json"
        case "jsonl":
            pieces, media, extension = lines_of_trace(store, project, found_trace(call)), NDJSON, "jsonl"
        case "md":
            pieces, media, extension = _written(call, markdown_of), MARKDOWN, "md"
        case "html":
            pieces, media, extension = _written(call, page_of), HTML, "html"
    return _streamed(pieces, media, f"trace-{trace_id}.{extension}")


def _written(call: Call, write: Callable[..., Iterator[str]]) -> Iterator[bytes]:
    """A document for people, in pieces large enough to be worth sending."""
    summary, index = found_index(call)
    hints = hints_of(steps_of(call, index.trace))
    return _gathered(write(index, summary, call.service.reader, hints, call.params.whole))


def _gathered(texts: Iterable[str]) -> Iterator[bytes]:
    gathered, size = [], 0
    for text in texts:
        gathered.append(text)
        size += len(text)
        if size >= _PIECE_CHARS:
            yield "".join(gathered).encode("utf-8", "replace")
            gathered, size = [], 0
    yield "".join(gathered).encode("utf-8", "replace")


def _many(call: Call) -> Response:
    params: ManyParams = call.params
    query, time_range = params.query(), params.time_range(call.service.clock())
    lines = lines_of_project(call.service.store, call.project, query, time_range, params.format)
    return _streamed(lines, NDJSON, f"{call.project}.{'otlp.jsonl' if params.format == 'otlp' else 'jsonl'}")


def _streamed(pieces: Iterator[bytes], media_type: str, name: str) -> Response:
    # The first piece is made before the answer begins, so that a refusal until then gets a status of its own.
    first = next(pieces, b"")
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    charset = "; charset=utf-8" if media_type.startswith("text/") else ""
    return StreamingResponse(chain([first], pieces), headers=headers, media_type=f"{media_type}{charset}")


OPERATIONS = [
    Operation(
        "GET",
        "/api/traces/{trace_id}/export",
        _trace,
        "Export a trace",
        "One trace as a file: `otlp` and `jsonl` lose nothing and can be sent again as they are; `md` and `html` are for "
        "people, and for models that look for what went wrong. An `otlp` document is one TracesData.",
        tag="Exporting",
        params=TraceParams,
        answer_media=(JSON, NDJSON, MARKDOWN, HTML),
        refusals=(400, 404, 422, 503),
    ),
    Operation(
        "GET",
        "/api/export",
        _many,
        "Export traces",
        "Every trace that `q` matches, earliest first, as NDJSON sent while it is read. `otlp`: lines of at most about 1 MB, "
        "each a TracesData (a LogsData for content whose span was never received); `jsonl`: a native span a line. Without "
        "`q`, `from` and `to` it is the whole project. If the export fails halfway, the answer is cut off, so that its "
        "reader can tell.",
        tag="Exporting",
        params=ManyParams,
        answer_media=(NDJSON,),
        refusals=(400, 422, 503),
    ),
]
