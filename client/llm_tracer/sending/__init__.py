"""How ended spans reach the server, or the disk until it is there. Only `recorder` runs on the program's threads.

recorder    spans that ended and wait for the sender
sender      the one thread that talks to the server
joiner      spans held until their trace is whole
packer      spans packed into bodies: `body` in msgpack, `wire` a span's data, `compress` zstd or gzip
outbox      requests that wait, and what answers mean for them
delivery    one request and what came of it
transport   one HTTP connection
shelf       the disk as the sender sees it: `spool` its files, `ledger` the counts that outlive a kill
"""
