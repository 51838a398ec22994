-- Schema 3: model calls that an earlier trace of the project reports as well: the same response (a label), counted in
-- both. Totals count it in the earlier one, so a trace that stands here counts without it.
CREATE TABLE repeats (
    trace INTEGER NOT NULL,
    label INTEGER NOT NULL,
    PRIMARY KEY (trace, label)
) STRICT, WITHOUT ROWID;

CREATE INDEX repeats_by_label ON repeats (label);
