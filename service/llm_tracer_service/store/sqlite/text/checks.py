"""Whether an index holds what its store holds."""

from __future__ import annotations

from collections.abc import Iterator

import apsw
from llm_tracer.model.reading import Reader

from llm_tracer_service.store.base import Checked
from llm_tracer_service.store.sqlite.connection import fetch, readable_errors
from llm_tracer_service.store.sqlite.text import file, words
from llm_tracer_service.store.sqlite.text.texts import texts_of

_SAMPLES = 200
"""How many bodies have their words looked up, evenly from the first to the last: 5 ms each."""


def verify(
    index: apsw.Connection, store: apsw.Connection, reader: Reader, identity: bytes
) -> Iterator[Checked]:
    """Checks an index against its store. Each connection is in a transaction, that of the index begun first. An index of
    another Reader or store is not checked: searches do not use it, and it will be rebuilt."""
    with readable_errors(file.TEXT_INDEX):
        last_body = file.last_body(index, identity, reader.version)
        if last_body is None:
            return
        problems = list(_integrity(index))
        known = set(fetch(index, "SELECT body, trace FROM documents"))
    problems += _missing(known, store, last_body)
    bodies = fetch(store, _SAMPLE, (last_body, _SAMPLES))
    yield Checked("text", 0, len(bodies), tuple(problems))
    for done, (number, body, project) in enumerate(bodies, start=1):
        texts, _ = texts_of(store, reader, project, body)
        yield Checked("text", done, len(bodies), tuple(_problems_of_words(index, number, texts)))


def _integrity(index: apsw.Connection) -> Iterator[str]:
    # A query, by which FTS5 notices that another connection has written: the check itself would go by the list of segments
    # that this connection read last, and miss those that were merged since.
    fetch(index, "SELECT 1 FROM tokens LIMIT 1")
    for (said,) in index.execute("PRAGMA integrity_check"):
        if said != "ok":
            yield f"The text index: {said}"


def _missing(known: set[tuple[int, int]], store: apsw.Connection, last_body: int) -> Iterator[str]:
    """Reports bodies the index lacks. Bodies it has too many are dropped by later steps, and no search finds them."""
    present = set(fetch(store, "SELECT number, id >> 24 FROM bodies WHERE number <= ?", (last_body,)))
    for body, trace in sorted(present - known):
        yield f"The text index lacks body {body} of trace number {trace}: delete its file, and it is made anew."


def _problems_of_words(index: apsw.Connection, number: int, texts: list[str]) -> Iterator[str]:
    tokens = sorted(words.tokens(texts))
    for token in tokens[:: max(1, len(tokens) // 10)]:
        with readable_errors(file.TEXT_INDEX):
            has = fetch(index, _HAS, (f'"{token.decode()}"', number))
        if not has:
            yield f"The text index lacks {token.decode()!r} of body {number}: delete its file, and it is made anew."
            return


_SAMPLE = """
    SELECT number, id, project FROM (
        SELECT number, id, project, row_number() OVER (ORDER BY number) AS place, count(*) OVER () AS total
        FROM bodies WHERE number <= ?1
    ) WHERE (place - 1) % max(1, total / ?2) = 0 ORDER BY number
"""
_HAS = "SELECT 1 FROM tokens WHERE tokens MATCH ? AND rowid = ?"
