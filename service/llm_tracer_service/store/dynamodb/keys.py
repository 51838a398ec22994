"""The keys of everything in the table.

    pk                        sk              g, h (index "list")
    T#project#trace           !               L#project#shard, start + trace     the head of a trace; of one that has
                                              F#project, trace                   fragments only
    T#project#trace           K#name[#chunk]  -                                  rows of a wide trace, a long line
    T#project#trace           B#name#chunk    -                                  a body
    X#project#sha256          !               X#project, sha256                  a blob: what it is
    X#project#sha256          C#chunk, T#trace                                   its bytes; the traces that refer to it
    J#project#shard           position#hash                                      the journal
    R#project                 ! or day                                           the watermark, figures by hour
    N#project                 trace                                              pins
    D#project                 trace                                              deletions that have begun
    O#project                 ! or position                                      sums of the ingest log, its requests
    P                         project                                            the projects
    S                         !                                                  how the table was made

A project is written as in a URL, so that no name contains the separator.
"""

from __future__ import annotations

from urllib.parse import quote, unquote_to_bytes

HEAD = "!"
PROJECTS = "P"
SETTINGS = ("S", HEAD)
_LARGEST_ID = (1 << 128) - 1
LAST = "\uffff"
"""Sorts after all our keys."""


def project_key(project: str) -> str:
    """A project as part of a key."""
    return quote(project.encode("utf-8", "surrogatepass"), safe="")


def project_of(key: str) -> str:
    """The project in a `project_key`."""
    return unquote_to_bytes(key).decode("utf-8", "surrogatepass")


def trace(project: str, trace_id: str) -> str:
    """The partition of a trace."""
    return f"T#{project_key(project)}#{trace_id}"


def trace_of(partition: str) -> str:
    """The trace id in a partition of `trace`."""
    return partition.rpartition("#")[2]


def shard_of(trace_id: str, shards: int) -> int:
    """The shard of the list and of the journal that a trace belongs to."""
    return int(trace_id[:8], 16) % shards


def listed(project: str, shard: int) -> str:
    """The partition of the index that lists traces."""
    return f"L#{project_key(project)}#{shard}"


def list_sort(start_unix_nano: int, trace_id: str) -> str:
    """A sort key that, read in descending order, gives pages their order: latest start first, then by trace id."""
    return f"{start_unix_nano:016x}{_LARGEST_ID - int(trace_id, 16):032x}"


def fragments(project: str) -> str:
    """The partition of the index that lists traces of only fragments."""
    return f"F#{project_key(project)}"


def blobs(project: str) -> str:
    """The partition of the index that lists blobs."""
    return f"X#{project_key(project)}"


def blob(project: str, sha256: str) -> str:
    """The partition of a blob."""
    return f"X#{project_key(project)}#{sha256}"


def journal(project: str, shard: int) -> str:
    """The partition of one shard of the journal."""
    return f"J#{project_key(project)}#{shard}"


def totals(project: str) -> str:
    """The partition of the figures by hour."""
    return f"R#{project_key(project)}"


def pins(project: str) -> str:
    """The partition of the pins."""
    return f"N#{project_key(project)}"


def deletions(project: str) -> str:
    """The partition of deletions that have begun."""
    return f"D#{project_key(project)}"


def outcomes(project: str) -> str:
    """The partition of the ingest log."""
    return f"O#{project_key(project)}"
