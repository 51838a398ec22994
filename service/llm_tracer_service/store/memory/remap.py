"""Deriving the traces of the memory store again, with a Reader that knows more."""

from __future__ import annotations

from llm_tracer.model.trace import Trace

from llm_tracer_service.store.base import RemapPage
from llm_tracer_service.store.memory.held import Held, HeldProject, HeldTrace
from llm_tracer_service.store.memory.writer import Writer
from llm_tracer_service.store.paging import read_cursor, write_cursor
from llm_tracer_service.store.rows import dump_rows


def remap(
    held: Held,
    writer: Writer,
    reader_version: str,
    project: str | None,
    cursor: str | None,
    limit: int,
    everything: bool,
) -> RemapPage:
    """`TraceStore.remap`; the caller holds the lock."""
    question = ("" if project is None else f"={project}", str(everything))
    after = 0 if cursor is None else read_cursor("remap", question, cursor, (int,))[0]
    looked_at = derived = 0
    projects = list(held.projects.values()) if project is None else [held.projects[project]]
    held_in = {each.number: (of, each) for of in projects for each in of.held.values()}
    for number in sorted(number for number in held_in if number > after):
        of_project, of_trace = held_in[number]
        if of_trace.trace is None:
            continue
        stale = everything or of_trace.reader_version != reader_version
        if stale and derived == limit:
            return RemapPage(looked_at, derived, write_cursor("remap", question, (after,)))
        after = number
        looked_at += 1
        if stale:
            derived += 1
            of_trace.reader_version = reader_version
            _derive_again(held, writer, of_project, of_trace, of_trace.trace)
    return RemapPage(looked_at, derived)


def _derive_again(held: Held, writer: Writer, project: HeldProject, of_trace: HeldTrace, old: Trace) -> None:
    new = writer.trace(project, old.trace_id, old.last_received_unix_nano)
    assert new is not None, "its spans are the same"
    # As bytes, since NaN does not equal itself.
    if dump_rows(new.rows) != dump_rows(old.rows):
        of_trace.trace = new
        of_trace.revision = held.next_revision()
