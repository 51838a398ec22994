"""Whether a file holds what it should: its structure, every body and blob, and everything derived from them.

Verification only reads, and takes a hundred traces at a time in one state of the file, so that it can run beside a
process that writes: a reader that stays for minutes would keep the log from being emptied.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from math import isclose

import apsw
import msgspec
from llm_tracer.model.figures import Figures, add, figures_of
from llm_tracer.model.place import placed
from llm_tracer.model.reading import Reader
from llm_tracer.model.row import SpanRow
from llm_tracer.model.span import SpanData
from llm_tracer.model.trace import Trace

from llm_tracer_service.store.base import Checked, Part, StoreDamaged
from llm_tracer_service.store.deliveries import rows_of
from llm_tracer_service.store.packing import DAMAGE_HINT
from llm_tracer_service.store.records import dump_summary, load_figures, load_summary
from llm_tracer_service.store.rows import equal_rows
from llm_tracer_service.store.sqlite import bodies, repeats
from llm_tracer_service.store.sqlite.blobs import blobs_of, find
from llm_tracer_service.store.sqlite.columns import NUMBER_COLUMNS, repeated_values
from llm_tracer_service.store.sqlite.connection import ReadPool, fetch, readable_errors
from llm_tracer_service.store.sqlite.labels import as_text, ids, labels_of
from llm_tracer_service.times import NANOS_A_SECOND

_TRACES_A_STEP = 100
_BLOBS_A_STEP = 100
_BUCKETS_A_STEP = 100


def verify(pool: ReadPool, reader: Reader) -> Iterator[Checked]:
    """`TraceStore.verify`."""
    yield from until_damage("structure", _structure(pool))
    yield from until_damage("traces", _traces(pool, reader))
    yield from until_damage("blobs", _blobs(pool))
    yield from until_damage("totals", _totals(pool))


def until_damage(part: Part, steps: Iterator[Checked]) -> Iterator[Checked]:
    """The steps of a part. Damage that ends the part becomes its last step, so that the other parts are still checked."""
    done = total = 0
    try:
        for step in steps:
            done, total = step.done, step.total
            yield step
    except StoreDamaged as fault:
        advice = (
            "" if fault.hint == DAMAGE_HINT else f" {fault.hint}"
        )  # that hint says to verify, which is going on
        yield Checked(part, done, total, (f"{fault}{advice}",))


def _found(problems: Iterator[str]) -> tuple[str, ...]:
    """The problems, followed by the damage at which the search for more had to end."""
    found: list[str] = []
    try:
        with readable_errors():
            found.extend(problems)
    except StoreDamaged as error:
        found.append(str(error))
    return tuple(found)


# --- the file -----------------------------------------------------------------------------------------------------------


def _structure(pool: ReadPool) -> Iterator[Checked]:
    checks: list[Callable[[apsw.Connection], Iterator[str]]] = [
        _integrity,
        *(partial(_belongs, what, those) for what, those in _BELONGINGS.items()),
    ]
    for done, check in enumerate(checks, start=1):
        with pool.reading() as connection:
            problems = _found(check(connection))
        yield Checked("structure", done, len(checks), problems)


def _integrity(connection: apsw.Connection) -> Iterator[str]:
    for (said,) in connection.execute("PRAGMA integrity_check"):
        if said != "ok":
            yield str(said)


def _belongs(what: str, those: str, connection: apsw.Connection) -> Iterator[str]:
    count = connection.execute(f"SELECT count(*) FROM {those}").get  # noqa: S608  # our own
    if count:
        yield f"{count} {what}."


_BELONGINGS = {
    "bodies belong to no trace": "bodies WHERE id >> 24 NOT IN (SELECT id FROM traces)",
    "bodies hang on one that is missing": (
        "bodies WHERE base IS NOT NULL AND base NOT IN (SELECT id FROM bodies)"
    ),
    "bodies are in a bundle that is missing": (
        "bodies WHERE bundle > 0 AND bundle NOT IN (SELECT id FROM bundles)"
    ),
    "bundles have other bodies than they say": (
        "bundles LEFT JOIN (SELECT bundle AS id, count(*) AS bodies FROM bodies WHERE bundle > 0 GROUP BY bundle) b "
        "USING (id) WHERE b.bodies IS NOT size"
    ),
    "span ids lead to no trace": "span_ids WHERE trace NOT IN (SELECT id FROM traces)",
    "blobs belong to no trace": "blobs WHERE id NOT IN (SELECT blob FROM trace_blobs)",
    "references to blobs belong to no trace": "trace_blobs WHERE trace NOT IN (SELECT id FROM traces)",
    "references lead to no blob": "trace_blobs WHERE blob NOT IN (SELECT id FROM blobs)",
    "pins belong to no trace": "pins WHERE trace NOT IN (SELECT id FROM traces)",
    "labels belong to no trace": "labels WHERE id NOT IN (SELECT label FROM trace_labels)",
    "labelled traces are missing": "trace_labels WHERE trace NOT IN (SELECT id FROM traces)",
}


# --- traces -------------------------------------------------------------------------------------------------------------


def _traces(pool: ReadPool, reader: Reader) -> Iterator[Checked]:
    after, done = 0, 0
    while True:
        with pool.reading() as connection:
            total = connection.execute("SELECT count(*) FROM traces").get
            traces = fetch(connection, _TRACES, (after, _TRACES_A_STEP))
            problems = [
                f"Trace {key.hex()} of project {as_text(project)}: {problem}"
                for id, key, project in traces  # noqa: A001
                for problem in _found(_problems_of_trace(connection, reader, id, key.hex()))
            ]
        if not traces:
            return
        after, done = traces[-1][0], done + len(traces)
        yield Checked("traces", done, max(done, total), tuple(problems))


_TRACES = """
    SELECT t.id, t.trace_id, p.name FROM traces t JOIN projects p ON p.id = t.project
    WHERE t.id > ? ORDER BY t.id LIMIT ?
"""


def _problems_of_trace(
    connection: apsw.Connection, reader: Reader, trace: int, trace_id: str
) -> Iterator[str]:
    ((project, summary, last_received, start),) = fetch(connection, _TRACE, (trace,))
    problems: list[str] = []
    for body in bodies.of_trace(connection, trace):
        try:
            problems += _problems_of_body(connection, reader, project, trace_id, body)
        except (StoreDamaged, LookupError) as error:
            spans = ", ".join(span_id for _, span_id in body.live_slots())
            problems.append(f"span {spans} cannot be read: {error}")
    yield from problems
    if problems or start is None:
        return
    rows = bodies.rows(connection, trace)
    if not rows:
        yield "its spans are missing."
        return
    readers = fetch(connection, _READERS, (trace << 24, (trace + 1) << 24))
    if readers != [
        (reader.version,)
    ]:  # other versions of the tables also sum up in their own way: `remap` does it again
        return
    if fetch(
        connection, "SELECT 1 FROM unsettled WHERE trace = ?", (trace,)
    ):  # its summary is older, and known to be
        return
    yield from _problems_of_summary(
        connection, trace, Trace(trace_id, placed(trace_id, rows), last_received), summary
    )


def _problems_of_body(
    connection: apsw.Connection, reader: Reader, project: int, trace_id: str, body: bodies.Body
) -> Iterator[str]:
    pack = bodies.open_pack(connection, body.id)
    if pack is None:  # the body changed meanwhile
        return
    spans: dict[str, SpanData] = {}
    for slot, span_id in body.live_slots():
        span = pack.span(slot)
        if (span.trace_id, span.span_id) != (trace_id, span_id):
            yield f"span {span_id} has the body of another one."
            return
        spans[span_id] = span
    ((head, bundle, version),) = fetch(connection, _HEAD, (body.id,))
    if version == reader.version:
        by_slot = bodies.rows_by_slot(connection, body.id, body.span_ids, head, bundle)
        stored = {row.span_id: row for row in by_slot if row is not None}
        kept = {span_id: row for span_id, row in stored.items() if span_id in spans}
        yield from _problems_of_rows(connection, reader, project, spans, kept)


def _problems_of_rows(
    connection: apsw.Connection,
    reader: Reader,
    project: int,
    spans: dict[str, SpanData],
    stored: dict[str, SpanRow],
) -> Iterator[str]:
    """Checks rows derived by this version of the Reader; a `remap` derives the others again."""
    rows = rows_of(spans, reader, blobs_of(lambda: nullcontext(connection), project))
    for span_id in spans:
        if not equal_rows([rows.get(span_id)], [stored.get(span_id)]):
            yield f"the row of span {span_id} is not what its span says."


def _problems_of_summary(
    connection: apsw.Connection, trace: int, whole: Trace, stored: bytes
) -> Iterator[str]:
    summary = whole.summary
    if dump_summary(summary) != dump_summary(load_summary(stored, whole.last_received_unix_nano)):
        yield "its summary is not what its rows say."
    columns = fetch(connection, _COLUMNS, (trace,))[0]
    if list(columns) != repeated_values(whole, summary):
        yield "the columns of its lists are not what its summary says."
    ((carried,),) = fetch(connection, "SELECT labels FROM traces WHERE id = ?", (trace,))
    numbers = ids(msgspec.msgpack.decode(carried, type=set[int]))
    found = fetch(connection, f"{_LABELS} AND l.id IN ({numbers})", (trace, summary.start_time_unix_nano))
    if {(kind, as_text(value)) for kind, value in found} != labels_of(whole, summary):
        yield "its labels are not what its rows say."


_TRACE = "SELECT project, summary, last_received, start FROM traces WHERE id = ?"
_READERS = """
    SELECT DISTINCT r.version FROM bodies b LEFT JOIN readers r ON r.id = b.reader WHERE b.id >= ? AND b.id < ?
"""
_HEAD = """
    SELECT b.head, b.bundle, r.version FROM bodies b LEFT JOIN readers r ON r.id = b.reader WHERE b.id = ?
"""
_COLUMNS = f"""
    SELECT start, last_activity, status, cost_complete, open_count, orphan_count, {", ".join(NUMBER_COLUMNS.values())}
    FROM traces WHERE id = ?
"""  # noqa: S608  # names of our own
_LABELS = """
    SELECT l.kind, l.value FROM labels l JOIN trace_labels c ON c.label = l.id WHERE c.trace = ? AND c.start = ?
"""


# --- blobs --------------------------------------------------------------------------------------------------------------


def _blobs(pool: ReadPool) -> Iterator[Checked]:
    after, done = 0, 0
    while True:
        with pool.reading() as connection:
            total = connection.execute("SELECT count(*) FROM blobs").get
            found = fetch(connection, _SOME_BLOBS, (after, _BLOBS_A_STEP))
            problems = [
                problem
                for _, project, sha256 in found
                for problem in _found(_problems_of_blob(connection, project, sha256.hex()))
            ]
        if not found:
            return
        after, done = found[-1][0], done + len(found)
        yield Checked("blobs", done, max(done, total), tuple(problems))


def _problems_of_blob(connection: apsw.Connection, project: int, sha256: str) -> Iterator[str]:
    blob = find(connection, project, sha256)
    if blob is None or hashlib.sha256(blob.data).hexdigest() != sha256:
        yield f"Blob {sha256} has other bytes than it had."


_SOME_BLOBS = "SELECT id, project, sha256 FROM blobs WHERE id > ? ORDER BY id LIMIT ?"


# --- totals -------------------------------------------------------------------------------------------------------------


def _totals(pool: ReadPool) -> Iterator[Checked]:
    """Checks the totals that are kept and fresh; the others are made when somebody asks."""
    with pool.reading() as connection:
        buckets = fetch(connection, _BUCKETS)
    for done, (project, width_s, start_s) in enumerate(buckets, start=1):
        with pool.reading() as connection:
            problems = _found(_problems_of_bucket(connection, project, width_s, start_s))
        if problems or done % _BUCKETS_A_STEP == 0 or done == len(buckets):
            yield Checked("totals", done, len(buckets), problems)


def _problems_of_bucket(
    connection: apsw.Connection, project: int, width_s: int, start_s: int
) -> Iterator[str]:
    key = (project, width_s, start_s)
    stored = fetch(connection, _BUCKET, key)
    if not stored:  # the bucket changed meanwhile
        return
    ends = (project, start_s * NANOS_A_SECOND, (start_s + width_s) * NANOS_A_SECOND)
    figures = add(
        figures_of(repeats.counted(connection, trace, load_summary(summary, last_received)))
        for trace, summary, last_received in fetch(connection, _SUMMARIES, ends)
    )
    if not _are_alike(load_figures(stored[0][0]), figures):
        yield f"The totals of {width_s} s from {start_s} on are not those of their traces."


def _are_alike(one: Figures, other: Figures) -> bool:
    """Equal but for the last digits of the cost, which depend on the order of adding."""
    if one.cost is None or other.cost is None:
        return one == other
    same_cost = isclose(one.cost.total, other.cost.total, rel_tol=1e-9, abs_tol=1e-12)
    return same_cost and replace(one, cost=replace(one.cost, total=other.cost.total)) == other


_BUCKETS = "SELECT project, width_s, start_s FROM rollups WHERE figures IS NOT NULL"
_BUCKET = """
    SELECT figures FROM rollups WHERE project = ? AND width_s = ? AND start_s = ? AND figures IS NOT NULL
"""
_SUMMARIES = "SELECT id, summary, last_received FROM traces WHERE project = ? AND start >= ? AND start < ?"
