-- Schema 1 of the embedded store. Projects, traces, labels and bodies are known by small integers; times are
-- nanoseconds since 1970; texts that a sender chose are UTF-8 BLOBs, because a TEXT cannot hold a lone surrogate.

-- One row: the latest revision (each change of a trace has a number of its own), and who this file is.
CREATE TABLE store (
    id           INTEGER PRIMARY KEY CHECK (id = 1),
    identity     BLOB NOT NULL,
    revision     INTEGER NOT NULL,
    last_span_at INTEGER,
    derivation   TEXT NOT NULL           -- of summaries and all that follows from them: store/records.py
) STRICT;

CREATE TABLE projects (
    id   INTEGER PRIMARY KEY,
    name BLOB NOT NULL UNIQUE
) STRICT;

-- The versions of dialects and code that derived rows (Reader.version): what is older can be derived again.
CREATE TABLE readers (
    id      INTEGER PRIMARY KEY,
    version TEXT NOT NULL UNIQUE
) STRICT;

-- A trace with its summary. `start` is NULL while only fragments of it have arrived; it then is in no list.
-- The columns after `summary` repeat what lists filter and sort by; NULL is unknown.
CREATE TABLE traces (
    id               INTEGER PRIMARY KEY,
    project          INTEGER NOT NULL,
    trace_id         BLOB NOT NULL,
    revision         INTEGER NOT NULL,
    last_received    INTEGER NOT NULL,
    labels           BLOB,               -- the ids of its labels, MessagePack
    summary          BLOB,
    start            INTEGER,
    status           TEXT,               -- running, ok or error; "abandoned" is a matter of the time of asking
    session          INTEGER,            -- the label of its session
    last_activity    INTEGER,
    duration_ms      REAL,
    ttft_ms          REAL,
    cost             REAL,
    cost_complete    INTEGER,            -- NULL where there is no cost
    tokens           REAL,               -- REAL: a hostile sender's counts may pass 64 bits
    input_tokens     REAL,
    output_tokens    REAL,
    cached_tokens    REAL,
    reasoning_tokens REAL,
    span_count       INTEGER,
    error_count      INTEGER,
    open_count       INTEGER,
    orphan_count     INTEGER,
    llm_calls        INTEGER,
    tool_calls       INTEGER,
    UNIQUE (project, trace_id)
) STRICT;

-- In these orders lists are read straight from an index. -9e999 is minus infinity: unknown comes last.
-- The first carries what conditions on numbers look at, so that a scan for a rare one reads no summary (8 times faster).
CREATE INDEX traces_by_start ON traces (
    project, start DESC, trace_id,
    session, last_activity, status, duration_ms, ttft_ms, cost, cost_complete, tokens, input_tokens, output_tokens,
    cached_tokens, reasoning_tokens, span_count, error_count, open_count, orphan_count, llm_calls, tool_calls
);
CREATE INDEX traces_by_status ON traces (project, status, start DESC, trace_id);
CREATE INDEX traces_by_duration ON traces (project, ifnull(duration_ms, -9e999) DESC, trace_id);
CREATE INDEX traces_by_cost ON traces (project, ifnull(cost, -9e999) DESC, trace_id);
CREATE INDEX traces_by_tokens ON traces (project, ifnull(tokens, -9e999) DESC, trace_id);
CREATE INDEX traces_by_session ON traces (session, start, last_activity) WHERE session IS NOT NULL;
CREATE INDEX traces_by_revision ON traces (project, revision);

-- A span without its payload: which body holds it, and at which slot. A fragment has no start and no row.
-- WITHOUT ROWID: a trace is one range of the table.
CREATE TABLE spans (
    trace   INTEGER NOT NULL,
    span_id BLOB NOT NULL,
    project INTEGER NOT NULL,
    start   INTEGER,
    body    INTEGER NOT NULL,
    slot    INTEGER NOT NULL,
    reader  INTEGER NOT NULL,
    row     BLOB,
    PRIMARY KEY (trace, span_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX spans_by_id ON spans (span_id);
CREATE INDEX spans_by_start ON spans (project, start DESC) WHERE start IS NOT NULL;

-- The spans themselves, packed per trace and delivery (store/packing.py). A body goes when none of its spans is
-- `live`, each having been superseded by a later delivery.
CREATE TABLE bodies (
    id    INTEGER PRIMARY KEY,
    trace INTEGER NOT NULL,
    live  INTEGER NOT NULL,
    pack  BLOB NOT NULL
) STRICT;

-- A text that traces can be found by, each once: kind is the field of the query. `folded` is compared, case aside.
CREATE TABLE labels (
    id      INTEGER PRIMARY KEY,
    project INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    folded  BLOB NOT NULL,
    value   BLOB NOT NULL,
    UNIQUE (project, kind, folded, value)
) STRICT;

CREATE TABLE trace_labels (
    label INTEGER NOT NULL,
    start INTEGER NOT NULL,
    trace INTEGER NOT NULL,
    PRIMARY KEY (label, start DESC, trace)
) STRICT, WITHOUT ROWID;

-- Totals of the traces that started in [start_s, start_s + width_s): recomputed, never incremented. A write only
-- notes its revision in `stale`; figures are NULL until somebody asks.
CREATE TABLE rollups (
    project INTEGER NOT NULL,
    width_s INTEGER NOT NULL,
    start_s INTEGER NOT NULL,
    stale   INTEGER,
    figures BLOB,
    PRIMARY KEY (project, width_s, start_s)
) STRICT, WITHOUT ROWID;

-- What `changes` says of traces that are gone.
CREATE TABLE deletions (
    project  INTEGER NOT NULL,
    trace_id BLOB NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (project, trace_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX deletions_by_revision ON deletions (project, revision);
