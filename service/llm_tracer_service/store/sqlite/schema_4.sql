-- Schema 4: what is kept, and for how long.

-- The order in which traces go, by age and by size.
CREATE INDEX traces_by_arrival ON traces (last_received, id);

-- Traces that stay. A pin ends with its trace.
CREATE TABLE pins (
    trace INTEGER PRIMARY KEY
) STRICT;

-- Traces that were deleted on purpose lately, so that a late retry does not bring back half of one.
CREATE TABLE tombstones (
    project    BLOB NOT NULL,
    trace_id   BLOB NOT NULL,
    deleted_at INTEGER NOT NULL,
    PRIMARY KEY (project, trace_id)
) STRICT, WITHOUT ROWID;
