-- Schema 2: values that left their spans (llm_tracer_service/blobs). Each once a project, by what it holds. `packed`: its
-- data is compressed by zstd.
CREATE TABLE blobs (
    id        INTEGER PRIMARY KEY,
    project   INTEGER NOT NULL,
    sha256    BLOB NOT NULL,
    mime_type TEXT NOT NULL,
    packed    INTEGER NOT NULL,
    data      BLOB NOT NULL,
    UNIQUE (project, sha256)
) STRICT;

-- Which traces refer to a blob: it goes with the last of them. Noted, not counted, so that a retry changes nothing.
CREATE TABLE trace_blobs (
    trace INTEGER NOT NULL,
    blob  INTEGER NOT NULL,
    PRIMARY KEY (trace, blob)
) STRICT, WITHOUT ROWID;

CREATE INDEX trace_blobs_by_blob ON trace_blobs (blob);
