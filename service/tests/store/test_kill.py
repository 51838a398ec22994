"""`kill -9` at any moment: everything acknowledged is there, and everything derived equals a recomputation."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
from llm_tracer.model.figures import add, figures_of
from llm_tracer.model.row import row_of
from llm_tracer.model.trace import Trace
from llm_tracer_service.store import open_store
from llm_tracer_service.store.sqlite import bodies
from llm_tracer_service.store.sqlite.connection import fetch

from .helpers import PlainReader, make_span, span_id, trace_id

KILLS = 50

WRITER = """
import base64, os, sys, threading
from store.helpers import PlainReader, make_span
from llm_tracer_service.store import bundling, open_store
from llm_tracer_service.store.sqlite import bundler

bundler._LEFT_LOOSE, bundler._BUSY_SHARE_MAX = 0, 2
bundling.RAW_BYTES_MAX = 20_000

# Each line asks for a run, in a process of its own that has all imports already. This one never opens the store.
for line in sys.stdin:
    run, process = int(line), os.fork()
    if not process:
        break
    os.waitpid(process, 0)
    print("ended", flush=True)
else:
    sys.exit()
os.close(0)
print(os.getpid(), flush=True)
store = open_store("sqlite:" + sys.argv[1], PlainReader())

def image(number):
    return base64.b64encode(b"GIF89a%d" % number + bytes(2_000)).decode()

def write(worker):
    number = run * 1_000_000 + worker * 100_000
    while True:
        number += 1
        # Open, then ended in two pieces with a label and figures of its own; a shared trace; now and then a deletion.
        store.write("p", [make_span(trace=number, dur_s=None, start_s=number % 5000)])
        store.write("p", [make_span(trace=number, span=2, parent=1, start_s=number % 5000, kind="llm", tokens=1,
                                    model=f"m{number % 7}", input="x" * (number % 3_000), image=image(number % 9)),
                          make_span(trace=number, start_s=number % 5000, session=f"s{number % 50}"),
                          make_span(trace=9, span=number, kind="tool")])
        if number % 10 == 0:
            store.delete_traces("p", [f"{number - 5:032x}"])
        os.write(1, b"%d\\n" % number)  # whole or not at all, whenever the kill comes

def keep():
    while True:
        store.maintain(0.01)

threading.Thread(target=keep).start()
for worker in range(4):
    threading.Thread(target=write, args=(worker,)).start()
"""


@contextmanager
def writers(path: Path) -> Iterator[subprocess.Popen[str]]:
    """What starts the writers, each time that it is given a line."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
        cwd=Path(__file__).parent.parent,
    )
    with process:
        yield process
    assert process.returncode == 0


def acknowledged_before_kill(starter: subprocess.Popen[str], run: int, after_s: float) -> set[int]:
    """Runs four writers, kills them, and tells the numbers they had printed."""
    assert starter.stdin is not None
    assert starter.stdout is not None
    starter.stdin.write(f"{run}\n")
    writer = int(starter.stdout.readline())
    acknowledged = {int(starter.stdout.readline())}
    time.sleep(after_s)
    os.kill(writer, signal.SIGKILL)
    acknowledged.update(map(int, iter(starter.stdout.readline, "ended\n")))
    return acknowledged


def test_nothing_acknowledged_is_lost_by_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "traces.db"
    chance = random.Random(1)
    acknowledged: set[int] = set()
    with writers(path) as starter:
        for run in range(1, KILLS + 1):
            acknowledged |= acknowledged_before_kill(starter, run, chance.uniform(0.0, 0.2))
    assert len(acknowledged) > KILLS

    store = open_store(f"sqlite:{path}", PlainReader())
    deleted = {number - 5 for number in acknowledged if number % 10 == 0}
    shared = store.get_trace("p", trace_id(9))
    assert shared is not None
    shared_ids = {int(row.span_id, 16) for row in shared.rows}
    for number in acknowledged:
        assert number in shared_ids
        summary = store.get_summary("p", trace_id(number))
        if number in deleted:
            assert summary is None
        elif number + 5 not in acknowledged and (number + 5) % 10 == 0:
            continue  # perhaps deleted, and not acknowledged any more
        else:
            assert summary is not None
            assert (summary.status, summary.span_count) == ("ok", 2)

    expected = []
    cursor = None
    while True:
        page = store.find_traces("p", limit=500, cursor=cursor)
        for summary in page.traces:
            trace = store.get_trace("p", summary.trace_id)
            assert trace is not None
            rows = [row_of(span, PlainReader().read(span)) for span in trace.spans.values()]
            recomputed = Trace(summary.trace_id, rows, summary.last_received_unix_nano).summary
            assert store.get_summary("p", summary.trace_id) == recomputed
            expected.append(figures_of(recomputed))
        cursor = page.next_cursor
        if cursor is None:
            break
    assert store.stats("p") == add(expected)
    assert [problem for step in store.verify() for problem in step.problems] == []
    store.close()
    assert_is_consistent(path)
    connection = apsw.Connection(str(path))
    assert connection.execute("SELECT count(*) FROM bundles").get > 0, (
        "kills met bodies that were packed together"
    )
    connection.close()


def assert_is_consistent(path: Path) -> None:
    """The file is sound, and nothing in it belongs to nothing."""
    connection = apsw.Connection(str(path))
    assert connection.execute("PRAGMA integrity_check").get == "ok"
    for orphans in (
        "SELECT count(*) FROM blobs WHERE id NOT IN (SELECT blob FROM trace_blobs)",
        "SELECT count(*) FROM repeats WHERE trace NOT IN (SELECT id FROM traces)",
        "SELECT count(*) FROM repeats r WHERE NOT EXISTS (SELECT 1 FROM trace_labels l"
        " WHERE l.label = r.label AND l.trace = r.trace)",
        "SELECT count(*) FROM bodies WHERE bundle > 0 AND bundle NOT IN (SELECT id FROM bundles)",
        "SELECT count(*) FROM bundles u WHERE size <> (SELECT count(*) FROM bodies WHERE bundle = u.id)",
        "SELECT count(*) FROM trace_blobs WHERE trace NOT IN (SELECT id FROM traces)",
        "SELECT count(*) FROM trace_blobs WHERE blob NOT IN (SELECT id FROM blobs)",
        "SELECT count(*) FROM bodies WHERE id >> 24 NOT IN (SELECT id FROM traces)",
        "SELECT count(*) FROM bodies b JOIN traces t ON t.id = b.id >> 24 WHERE b.project <> t.project",
        "SELECT count(*) FROM span_ids WHERE trace NOT IN (SELECT id FROM traces)",
        "SELECT count(*) FROM traces t WHERE start IS NOT NULL"
        " AND span_count <> (SELECT count(*) FROM span_ids WHERE trace = t.id)",
        "SELECT count(*) FROM unsettled WHERE trace NOT IN (SELECT id FROM traces)",
        "SELECT count(*) FROM trace_labels WHERE trace NOT IN (SELECT id FROM traces)",
        "SELECT count(*) FROM trace_labels WHERE label NOT IN (SELECT id FROM labels)",
        "SELECT count(*) FROM labels WHERE id NOT IN (SELECT label FROM trace_labels)",
        "SELECT count(*) FROM traces t JOIN trace_labels l ON l.trace = t.id WHERE l.start <> t.start",
    ):
        assert connection.execute(orphans).get == 0, orphans
    for (trace,) in connection.execute("SELECT id FROM traces").fetchall():
        of_trace = bodies.of_trace(connection, trace)
        live = [span_id for body in of_trace for _, span_id in body.live_slots()]
        assert len(live) == len(set(live)), "a span stands in one body"
        assert all(any(body.live_slots()) for body in of_trace)
        found = fetch(connection, "SELECT hex(span_id) FROM span_ids WHERE trace = ?", (trace,))
        assert {row.span_id for row in bodies.rows(connection, trace)} == {key.lower() for (key,) in found}
    connection.close()


def test_what_waits_for_a_response_survives_kill_9(tmp_path: Path) -> None:
    writer = """
import os, sys
from llm_tracer.model.span import SpanEvent
from llm_tracer_service.store import open_store
from store.helpers import PlainReader, awaiting

open_store("sqlite:" + sys.argv[1], PlainReader()).write("p", [awaiting("r1", SpanEvent("judged", 1))])
os.kill(os.getpid(), 9)
"""
    path = tmp_path / "traces.db"
    ended = subprocess.run(
        [sys.executable, "-c", writer, str(path)], cwd=Path(__file__).parent.parent, check=False
    )
    assert ended.returncode == -signal.SIGKILL
    store = open_store(f"sqlite:{path}", PlainReader())
    store.write("p", [make_span(response="r1")])
    span = store.get_span("p", trace_id(1), span_id(1))
    store.close()
    assert span is not None
    assert [event.name for event in span.events] == ["judged"]
