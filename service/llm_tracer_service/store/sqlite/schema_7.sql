-- Schema 7: bodies are packed again, together, when nobody writes (store/sqlite/bundler.py).

-- The bundle that has the rows and spans of a body, whose `head` and `rest` then are empty. NULL: it has them itself, and
-- may get into a bundle. 0: it has them itself, for ever.
ALTER TABLE bodies ADD COLUMN bundle INTEGER;

-- What is to be bundled, in the order of its arrival.
CREATE INDEX bodies_loose ON bodies (project, number) WHERE bundle IS NULL;

-- Bodies of one project (store/bundling.py). The id is a hash of what it holds, so what was opened once may be remembered
-- by it. `size`: of how many bodies.
CREATE TABLE bundles (
    id      INTEGER PRIMARY KEY,
    project INTEGER NOT NULL,
    size    INTEGER NOT NULL,
    heads   BLOB NOT NULL,               -- the rows of each
    rests   BLOB NOT NULL                -- the spans of each
) STRICT;
