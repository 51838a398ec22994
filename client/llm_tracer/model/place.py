"""What the place of a span in its trace says about it, which no row alone can know.

A leaf with an exception failed. And the record of a trace, which some products keep beside the spans (Langfuse, Opik, OpenAI
Agents: its name, what went in and came out, its user), is no operation: it lasts as long as what is below it, and fares like it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256

from llm_tracer.model.reading import Reading
from llm_tracer.model.row import SpanRow
from llm_tracer.model.text import preview


@lru_cache(maxsize=1_000)  # lists of spans ask for it span by span
def record_id(trace_id: str) -> str:
    """The span id under which the record of a trace is kept: it follows from the trace id, so that every sender of a record
    and every span below it knows it."""
    return sha256(b"record " + trace_id.encode()).hexdigest()[:16]


def placed(trace_id: str, rows: Sequence[SpanRow]) -> Sequence[SpanRow]:
    """All rows of a trace as their places make them; the order stays."""
    id_of_record = record_id(trace_id)
    record = next((row for row in rows if row.span_id == id_of_record), None)
    if record is not None:
        rows = _with_record(record, rows)
    if not any(row.reading.fails_as_leaf for row in rows):
        return rows
    parents = {row.parent_span_id for row in rows}
    return tuple(
        replace(row, reading=row.reading.placed(row.span_id not in parents))
        if row.reading.fails_as_leaf
        else row
        for row in rows
    )


def depends_on_place(trace_id: str, row: SpanRow) -> bool:
    """Whether `placed` may change a row of this trace, or leave it out."""
    return row.reading.fails_as_leaf or record_id(trace_id) in (row.span_id, row.parent_span_id)


def _with_record(record: SpanRow, rows: Sequence[SpanRow]) -> Sequence[SpanRow]:
    """The rows with the record of the trace as what it stands for. One that shows nothing beside the only operation below
    it is left out, and the operation says of the trace what the record said: nobody wants to see everything twice."""
    below = [row for row in rows if row.parent_span_id == record.span_id]
    if not below:
        return rows
    only = below[0] if len(below) == 1 else None
    if only is None or not _shows_nothing_beside(record.reading, only.reading):
        lasting = _lasting(record, below)
        return tuple(lasting if row is record else row for row in rows)
    joined = replace(only, parent_span_id=None, reading=_joined(record.reading, only.reading))
    return tuple(joined if row is only else row for row in rows if row is not record)


def _shows_nothing_beside(record: Reading, only: Reading) -> bool:
    return (
        record.input_preview in (None, only.input_preview)
        and (
            record.output_preview in (None, only.output_preview) or _is_error_of(record.output_preview, only)
        )
        and (record.status != "error" or _fails_like(record, only))
    )


def _fails_like(record: Reading, only: Reading) -> bool:
    """Whether the record says of its failure nothing that the span does not say."""
    if record.error is None or only.error is None:
        return record.error is None and only.status == "error"
    return record.error.message in (None, "", only.error.message)


def _is_error_of(output: str, only: Reading) -> bool:
    """Whether an output is only the message of an error, as Langfuse's handler for LangChain writes it."""
    if only.error is None or not only.error.message or only.output_preview is not None:
        return False
    return preview(only.error.message, _ERROR_CHARS).rstrip("…") in output


_ERROR_CHARS = 100
"""So much of a message is in an output of 200 characters, whatever stands before it."""


def _joined(record: Reading, only: Reading) -> Reading:
    return replace(
        only,
        trace_name=only.trace_name or record.trace_name or record.name,
        session_id=only.session_id or record.session_id,
        user_id=only.user_id or record.user_id,
        tags=tuple(dict.fromkeys((*only.tags, *record.tags))),
        metadata={**record.metadata, **only.metadata},
        environment=only.environment or record.environment,
        release=only.release or record.release,
        scores=(*only.scores, *record.scores),
    )


def _lasting(record: SpanRow, below: Sequence[SpanRow]) -> SpanRow:
    """The record of a trace above the spans at the top: open while one of them is, failed if there is only one and it did."""
    ends = [row.end_time_unix_nano for row in (record, *below) if row.end_time_unix_nano is not None]
    is_open = any(row.end_time_unix_nano is None for row in below)
    reading = record.reading
    if len(below) == 1 and reading.status == "unset":
        only = below[0].reading
        reading = replace(reading, status=only.status, error=only.error, level=only.level)
    return replace(record, end_time_unix_nano=None if is_open else max(ends), reading=reading)
