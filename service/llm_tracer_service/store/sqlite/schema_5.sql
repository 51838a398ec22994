-- Schema 5: totals by value too. A bucket says when it was `marked`: the revision of the last change of one of its
-- traces. What is kept of it was made after that, or is gone.
DROP TABLE rollups;

-- Totals of the traces that started in [start_s, start_s + width_s): recomputed, never incremented. NULL until
-- somebody asks.
CREATE TABLE rollups (
    project INTEGER NOT NULL,
    width_s INTEGER NOT NULL,
    start_s INTEGER NOT NULL,
    marked  INTEGER NOT NULL,
    figures BLOB,
    PRIMARY KEY (project, width_s, start_s)
) STRICT, WITHOUT ROWID;

INSERT INTO rollups (project, width_s, start_s, marked)
SELECT DISTINCT t.project, w.column1, t.start / 1000000000 / w.column1 * w.column1, s.revision
FROM traces t CROSS JOIN (VALUES (60), (3600), (86400)) w CROSS JOIN store s
WHERE t.start IS NOT NULL;

-- The groups of such a bucket by the values of each field, and under `counts` the facets. `rules`: by which rules
-- (sqlite/group_rollups.py); those of others are made again.
CREATE TABLE group_rollups (
    project INTEGER NOT NULL,
    width_s INTEGER NOT NULL,
    start_s INTEGER NOT NULL,
    field   TEXT NOT NULL,
    rules   INTEGER NOT NULL,
    data    BLOB NOT NULL,
    PRIMARY KEY (project, width_s, start_s, field)
) STRICT, WITHOUT ROWID;
