-- Schema 6: rows live beside the spans they were read from (store/packing.py), so that a delivery of a trace is one row
-- of one table. What an older file holds is moved by store/sqlite/migration.py, step by step.
ALTER TABLE bodies RENAME TO bodies_4;
ALTER TABLE spans RENAME TO spans_4;
DROP INDEX spans_by_id;
DROP INDEX spans_by_start;
CREATE INDEX bodies_4_by_trace ON bodies_4 (trace);

-- The number of the last body that was added: no body has it again, even where that one has gone.
ALTER TABLE store ADD COLUMN last_body INTEGER NOT NULL DEFAULT 0;

-- The spans of one trace and delivery. The id is (trace << 24) + a number, so that a trace is one range of the table.
-- `number` counts the bodies of all traces as they are committed: the text index goes by it.
-- `ids` are the span ids, 8 bytes each: the place of an id is its slot. `dead` are the slots that a later delivery has
-- superseded (MessagePack); a body goes when all are. `last_start` is the latest start of its spans, NULL where all are
-- fragments; they start within 8 to the power of `reach` milliseconds. The long columns come last: who reads the others
-- does not touch their pages.
CREATE TABLE bodies (
    id         INTEGER PRIMARY KEY,
    number     INTEGER NOT NULL,
    project    INTEGER NOT NULL,
    reader     INTEGER NOT NULL,         -- the version that derived the rows
    reach      INTEGER,
    last_start INTEGER,
    dead       BLOB,
    base       INTEGER,                  -- the body without whose spans these cannot be read
    ids        BLOB NOT NULL,
    head       BLOB NOT NULL,            -- the rows
    rest       BLOB NOT NULL             -- the spans
) STRICT;

CREATE UNIQUE INDEX bodies_by_number ON bodies (number);

-- From here the spans of a project are merged newest first.
CREATE INDEX bodies_by_start ON bodies (project, reach, last_start DESC) WHERE last_start IS NOT NULL;

-- Which trace holds a span. Ids are random: in one large tree every span would dirty a page of its own (4 KB written for
-- 12 bytes). An era is 256 traces, some 15 pages that are written again and again; who looks for an id asks every era.
CREATE TABLE span_ids (
    era     INTEGER NOT NULL,
    span_id BLOB NOT NULL,
    trace   INTEGER NOT NULL,
    PRIMARY KEY (era, span_id, trace)
) STRICT, WITHOUT ROWID;

-- Large traces whose summary is older than their spans: made again before anybody reads.
CREATE TABLE unsettled (
    trace INTEGER PRIMARY KEY
) STRICT;

-- Sessions by their latest trace.
CREATE INDEX traces_by_activity ON traces (project, last_activity DESC, session) WHERE session IS NOT NULL;
