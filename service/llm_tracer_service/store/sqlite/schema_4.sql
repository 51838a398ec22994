-- Schema 4: what is kept, and for how long.

-- The order in which traces go, by age and by size.
CREATE INDEX traces_by_arrival ON traces (last_received, id);

-- Traces that stay. A pin ends with its trace.
CREATE TABLE pins (
    trace INTEGER PRIMARY KEY
) STRICT;
