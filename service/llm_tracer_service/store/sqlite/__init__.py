"""The embedded store: one SQLite file.

connection    how the file is opened, pooled for reading, and how its errors read
lock          one process writes
schema        schema.sql, its version and its migrations
opening       who writes: the lock, the connection; who only reads
group_commit  calls that wait for the disk share one transaction
deliveries    what a write does before its transaction
writer        what one transaction does
summaries     what follows from the spans that it brings: summaries, labels, stale totals
columns       what lists filter and sort by
labels        the texts that a trace can be found by
remap         spans read again with a newer Reader
repeats       model calls that several traces report
rollups       totals by minute, hour and day
translate     a query as SQL
blobs         what left the spans, each once a project
payloads      rows and spans, loaded when somebody looks
recent        what was made lately, within a bound
places        where words stand in traces, found once
candidates    whether what the database found does match
traces        the traces that a query may mean
newest_spans  the spans of a project, merged from its bodies
aggregates    figures over time, groups and facets
view          all answers about a project
store         SqliteStore: all of it together
"""
