"""Groups and counts as bytes. Derived, like everything in records.py, and made again where they are missing.

A group is a plain list, so that the thousand users of a day take some 60 bytes each; the list of groups is compressed.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from typing import TypeAlias

from llm_tracer.model.counting import SUMMED_TOKENS
from llm_tracer.model.figures import Figures, usage_of
from llm_tracer.model.groups import Counts, FacetField, Group, Groups
from llm_tracer.model.trace import TraceCost

from llm_tracer_service.store import zstd
from llm_tracer_service.store.exact import Loader, dump

_Packed: TypeAlias = tuple[
    str, int, int, int, int, int, int, list[int | None] | None, float | None, bool, dict[int, int], int, int, bytes,
    bytes | None,
]  # fmt: skip

_tokens_of = attrgetter(*SUMMED_TOKENS)
_load_groups: Loader[list[_Packed]] = Loader(list[_Packed])
_load_counts: Loader[dict[str, bytes]] = Loader(dict[str, bytes])
_load_counts_of_field: Loader[dict[str, int]] = Loader(dict[str, int])


def dump_groups(groups: Groups) -> bytes:
    """Groups as bytes."""
    return zstd.compress(dump([_packed(value, group) for value, group in groups.items()]))


def load_groups(data: bytes) -> Groups:
    """The groups that `dump_groups` wrote."""
    return dict(map(_group, _load_groups(zstd.decompress(data))))


def _packed(value: str, group: Group) -> _Packed:
    figures = group.figures
    cost = figures.cost
    return (
        value,
        figures.traces,
        figures.spans,
        figures.errors,
        figures.running,
        figures.llm_calls,
        figures.tool_calls,
        None if figures.usage is None else list(_tokens_of(figures.usage)),
        None if cost is None else cost.total,
        cost is not None and cost.complete,
        dict(figures.histogram),
        group.first_unix_nano,
        group.last_unix_nano,
        bytes.fromhex(group.trace_id),
        None if group.span_id is None else bytes.fromhex(group.span_id),
    )


def _group(packed: _Packed) -> tuple[str, Group]:
    (
        value, traces, spans, errors, running, llm_calls, tool_calls, tokens, cost, complete, histogram, first, last,
        trace, span,
    ) = packed  # fmt: skip
    figures = Figures(
        traces,
        spans,
        errors,
        running,
        llm_calls,
        tool_calls,
        None if tokens is None else usage_of(tokens),
        None if cost is None else TraceCost(cost, complete),
        histogram,
    )
    return value, Group(figures, first, last, trace.hex(), None if span is None else span.hex())


def dump_counts(counts: Mapping[FacetField, Counts]) -> bytes:
    """The counts of several fields as bytes."""
    return zstd.compress(dump({field: dump(dict(of_field)) for field, of_field in counts.items()}))


class PackedCounts:
    """What `dump_counts` wrote; each field is unpacked on demand."""

    def __init__(self, data: bytes) -> None:
        self._fields = _load_counts(zstd.decompress(data))

    def of(self, field: str) -> Counts:
        """The counts of one field."""
        return _load_counts_of_field(self._fields[field])
