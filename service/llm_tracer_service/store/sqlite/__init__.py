"""The embedded store: one SQLite file.

The way of a span: `store.write` prepares deliveries (compressed spans with their rows), `group_commit` puts them into a
transaction with those of other threads, `writer.take_in` keeps them by `bodies`, `blobs` and `states`, and when the
transaction ends, `summaries` derives what lists show.

The file
  connection     how it is opened, pooled for reading, and how its errors are worded
  lock           one process writes
  presence       whether the open files are still the ones in the folder
  schema         schema.sql, its version and its migrations
  migration      files of schema 4 and earlier, a few traces at a time
  opening        for writing, or for reading beside the process that writes
  space          how much of the file is in use, and giving the rest back to the disk
  reserve        disk space kept so that a full disk can still be written to

Writing
  group_commit   calls that wait for the disk share one transaction
  writer         what one transaction does
  states         what the file holds of the traces being written
  bodies         what holds the spans of a trace and their rows
  blobs          what left the spans, each once a project
  fragments      what waits for its span or for a response
  summaries      what follows from the new spans: summaries, labels, stale totals
  columns        what lists filter and sort by
  labels         the texts that a trace can be found by
  repeats        model calls that several traces report
  rollups        totals by minute, hour and day
  group_rollups  the same by value of a field
  outcomes       the ingest log

Later, in small steps
  keeper         deletions and everything that is due from time to time
  retention      which traces may be deleted, and pins
  bundler        bundles loose bodies while little is written
  bundles        the bundles in the file
  remap          spans read again with a newer Reader
  verify         whether the file holds what it should
  backup         a copy of the file, made while it is written

Reading
  view           all answers about a project
  translate      a query as SQL
  traces         the traces that a query may mean
  candidates     whether what the database found does match
  pattern_index  which traces have a pattern
  places         where words occur in traces
  text           the index of full text search, a file beside this one
  payloads       rows and spans, loaded on demand
  recent         what was made lately, within a bound
  newest_spans   the spans of a project, newest first
  session_order  the sessions of a project, in an order
  session_sums   what all sessions of a project sum up to, remembered
  aggregates     figures over time, groups and facets
  usage          what each project takes up

store            SqliteStore: all of it together
"""
