"""Labels: the texts by which a trace can be found (its models, tags, names, sessions, …), each kept once.

The model's own fields say which texts a trace has, and the test itself says which texts pass it: the database only
compares numbers. So a wildcard, letter case or a hostile text means the same here as in `TraceQuery.matches`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import apsw
from llm_tracer.model.query import FIELDS, Test
from llm_tracer.model.trace import Trace, TraceSummary

from llm_tracer_service.store.sqlite.connection import fetch

FIELD_KINDS = (
    "name", "span.status", "kind", "model", "provider", "service", "tool", "agent", "session", "user", "tag", "env",
    "release",
)  # fmt: skip
"""The fields of a query that are labels."""

RESPONSE, RESPONSE_ASIDE, HAS, ERROR = "response", "response aside", "has", "error"
"""Labels for `id:`, `has:` and `error:`. A response is aside if none of its reports counts in the trace. The text of an
error label is the type of the error, or ""."""

LABELS_TESTED_MAX = 10_000
"""Up to so many labels of a kind are tested one by one (10 ms); if there are more, the traces are tested instead."""

_TEXTS_MAX = 1_000
_CACHED_MAX = 20_000


def labels_of(trace: Trace, summary: TraceSummary) -> set[tuple[str, str]]:
    """The (kind, text) of every label of a trace."""
    # First the distinct values, then the pairs: most spans of a trace have the same values.
    labels = {
        (kind, value)
        for kind in FIELD_KINDS
        for value in set(FIELDS[kind].of_trace(trace, summary))
        if value is not None and value != ""
    }
    for row in trace.rows:
        reading = row.reading
        if reading.response_id:
            kind = RESPONSE if reading.response_id in trace.responses else RESPONSE_ASIDE
            labels.add((kind, reading.response_id))
        for word in reading.has:
            labels.add((HAS, word))
        if reading.error is not None or reading.status == "error":
            labels.add((ERROR, (reading.error and reading.error.type) or ""))
    return labels


def reporters_of(connection: apsw.Connection, project: int, response_id: str) -> list[str]:
    """The traces with a span that reports a response, whether it counts there or not."""
    folded, value = as_bytes(response_id.casefold()), as_bytes(response_id)
    found = fetch(connection, _REPORTERS, (project, RESPONSE, RESPONSE_ASIDE, folded, value))
    return [trace_id.hex() for (trace_id,) in found]


_REPORTERS = """
    SELECT DISTINCT t.trace_id
    FROM labels l CROSS JOIN trace_labels r ON r.label = l.id CROSS JOIN traces t ON t.id = r.trace
    WHERE l.project = ? AND l.kind IN (?, ?) AND l.folded = ? AND l.value = ?
"""


def as_bytes(text: str) -> bytes:
    """A text as the database keeps and orders it: UTF-8, lone surrogates included, in the order of code points."""
    return text.encode("utf-8", "surrogatepass")


def as_text(data: bytes) -> str:
    """The text that `as_bytes` was given."""
    return data.decode("utf-8", "surrogatepass")


class LabelBook:
    """The numbers of labels, for the writer. It caches some; call `forget` after a transaction was rolled back."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._ids: dict[tuple[int, str, str], int] = {}
        self._new: set[int] = set()

    def id_of(self, project: int, kind: str, text: str) -> int:
        """The number of a label, which is added if it is new."""
        key = (project, kind, text)
        known = self._ids.get(key)
        if known is not None:
            return known
        if len(self._ids) >= _CACHED_MAX:
            self._ids.clear()
        values = (project, kind, as_bytes(text.casefold()), as_bytes(text))
        # Most labels that are not cached are new: ids of responses and sessions.
        self._connection.execute(_ADD, values)
        if self._connection.changes():
            self._ids[key] = self._connection.last_insert_rowid()
            self._new.add(self._ids[key])
        else:
            self._ids[key] = int(fetch(self._connection, _FIND, values)[0][0])
        return self._ids[key]

    def taken_new(self) -> set[int]:
        """The labels added since the last call."""
        made, self._new = self._new, set()
        return made

    def drop_unused(self, ids: Iterable[int]) -> None:
        """Removes those labels that no trace has any more."""
        self._connection.executemany(_DROP_UNUSED, ((label,) for label in ids))
        self.forget()

    def forget(self) -> None:
        """Empties the cache."""
        self._ids.clear()
        self._new.clear()


_FIND = "SELECT id FROM labels WHERE project = ? AND kind = ? AND folded = ? AND value = ?"
_ADD = """
    INSERT INTO labels (project, kind, folded, value) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING
"""
_DROP_UNUSED = """
    DELETE FROM labels
    WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM trace_labels WHERE label = ?1)
"""


class LabelSearch:
    """Which labels pass a test, for the translation of queries."""

    def __init__(self, connection: apsw.Connection, project: int) -> None:
        self._connection = connection
        self._project = project

    def passing(self, kind: str, test: Test) -> list[int] | None:
        """The labels of a kind that pass; None if there are too many to try."""
        if len(test.texts) > _TEXTS_MAX:
            return None
        if test.texts and not any("*" in text for text in test.texts):
            folded = [as_bytes(text.casefold()) for text in test.texts if text]
            return self.matching(kind, f"AND folded IN ({', '.join('?' * len(folded))})", folded)
        return self._tested(kind, test.holds)

    def of_kind(self, kind: str) -> list[int] | None:
        """All labels of a kind; None if there are too many."""
        return self._tested(kind, lambda text: True)

    def equal(self, kind: str, text: str) -> list[int]:
        """The label with exactly this text."""
        return self.matching(
            kind, "AND folded = ? AND value = ?", [as_bytes(text.casefold()), as_bytes(text)]
        )

    def matching(self, kind: str, condition: str, values: list[bytes]) -> list[int]:
        """The labels of a kind that meet a condition in SQL."""
        sql = f"SELECT id FROM labels WHERE project = ? AND kind = ? {condition}"  # noqa: S608
        return [label for (label,) in fetch(self._connection, sql, (self._project, kind, *values))]

    def containing(self, kind: str, text: str) -> list[int]:
        """The labels of a kind that contain a text, letter case aside."""
        return self.matching(kind, "AND instr(folded, ?) > 0", [as_bytes(text.casefold())])

    def are_common(self, labels: list[int], limit: int) -> bool:
        """Whether traces carry these labels more than `limit` times."""
        counted = f"SELECT 1 FROM trace_labels WHERE label IN ({ids(labels)}) LIMIT ?"  # noqa: S608
        count = self._connection.execute(f"SELECT count(*) FROM ({counted})", (limit + 1,)).get  # noqa: S608
        return int(count) > limit

    def _tested(self, kind: str, passes: Callable[[str], bool]) -> list[int] | None:
        sql = "SELECT id, value FROM labels WHERE project = ? AND kind = ? LIMIT ?"
        found = fetch(self._connection, sql, (self._project, kind, LABELS_TESTED_MAX + 1))
        if len(found) > LABELS_TESTED_MAX:
            return None
        return [label for label, value in found if passes(as_text(value))]


def ids(numbers: Iterable[int]) -> str:
    """Numbers as a list in SQL."""
    return ", ".join(str(int(number)) for number in numbers)
