"""The store that scales: one DynamoDB table, one sparse index (docs/decisions/0080).

signing      AWS Signature Version 4: 60 lines that spare a cold start the import of botocore
credentials  where keys come from: the environment, or botocore's whole chain
transport    one signed HTTP request
wire         items as DynamoDB spells them
client       the requests that the store makes: the one place of retries, conditions and what was consumed
table        the table itself: made, described
keys         partition keys and sort keys of everything
heads        the item of a trace: its version, its rows, where its bodies are
outside      what a head has no room for
entries      the line of a trace in the list, kept in its head and projected into the index
bodies       packed spans, in pieces of less than 400 KB
blobs        payloads that are kept once a project
writer       deliveries become heads
intake       a write: deliveries, what waits for their responses, the journal
listing      entries in the order of time
candidates   traces that a query may mean, loaded as far as it looks
answers      find_traces, find_spans, find_sessions: bounded scans
aggregates   figures over time, groups and facets: from roll-ups, or bounded scans
view         all answers about a project
journal      what was touched, in the order of arrival
changes      the feed that reads the journal
rollups      figures by hour, compacted from the journal
repeats      which responses an earlier trace counts
pins         which traces are pinned
deletion     traces, queries and projects go
retention    traces deleted by age, if the table does not expire them itself
remap        spans read again with a newer Reader
verify       whether the table holds what it should
usage        what a project takes up
outcomes     the ingest log
projects     which projects exist
opening      what a URL of this store means
store        DynamoStore: all of it as a TraceStore
"""
