-- Schema 4: what is kept, and for how long.

-- The order in which traces go, by age and by size.
CREATE INDEX traces_by_arrival ON traces (last_received, id);

-- Traces that stay. A pin ends with its trace.
CREATE TABLE pins (
    trace INTEGER PRIMARY KEY
) STRICT;

-- The ingest log: what came of the last requests of a project (store/outcomes.py), as MessagePack.
CREATE TABLE outcomes (
    id      INTEGER PRIMARY KEY,
    project BLOB NOT NULL,
    outcome BLOB NOT NULL
) STRICT;

CREATE INDEX outcomes_by_project ON outcomes (project, id);

-- Sums over all requests of a project, by sender: one value, written anew.
CREATE TABLE sender_totals (
    project BLOB PRIMARY KEY,
    totals  BLOB NOT NULL
) STRICT, WITHOUT ROWID;
