"""The roll-up (semconv.md §9): which spans report the tokens and the cost of a trace, each model call once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from llm_tracer.model.reading import Reading, Usage
from llm_tracer.model.row import SpanRow

CALL_KINDS = frozenset({"llm", "embedding", "reranker"})


def counted_spans(
    rows: Sequence[SpanRow], parents: Sequence[int]
) -> tuple[Sequence[bool], Mapping[int, str]]:
    """Which spans report tokens and cost that make up the trace, and which of them repeat another one's.

    A call (llm, embedding, reranker) with figures counts unless a call with usage lies below it with no tool or agent
    span between, in which case it only wraps that one; a second report of one response id does not count. Where a
    trace has no call at all, the top-most spans that report figures count.
    """
    readings = [row.reading for row in rows]
    calls = [_is_call(reading) for reading in readings]
    if not any(calls):
        counted = _top_most_reporters(readings, parents)
    else:
        wrapping = _wrapping(readings, calls, parents)
        counted = [is_call and not wraps for is_call, wraps in zip(calls, wrapping, strict=True)]
    repeats = _repeated_responses(rows, counted)
    if any(calls) and any(map(is_report, readings)):
        stand_in, repeating = _reports(rows, parents, counted)
        counted = [counts or index in stand_in for index, counts in enumerate(counted)]
        repeats = {**repeats, **repeating}
    return counted, repeats


def _wrapping(readings: Sequence[Reading], calls: Sequence[bool], parents: Sequence[int]) -> Sequence[bool]:
    """Which spans have a call with usage below them, with no tool or agent between."""
    wrapping = [False] * len(readings)
    for index in range(len(readings) - 1, -1, -1):  # children come after their parents
        reading = readings[index]
        is_inner_call = calls[index] and reading.usage is not None
        if parents[index] >= 0 and (
            is_inner_call or (wrapping[index] and reading.kind not in ("tool", "agent"))
        ):
            wrapping[parents[index]] = True
    return wrapping


def _is_call(reading: Reading) -> bool:
    return reading.kind in CALL_KINDS and (reading.usage is not None or reading.cost is not None)


def is_report(reading: Reading) -> bool:
    return reading.kind == "event" and reading.usage is not None


def _reports(
    rows: Sequence[SpanRow], parents: Sequence[int], counted: Sequence[bool]
) -> tuple[set[int], Mapping[int, str]]:
    """Events that say what a call beside them used: those that stand in for a silent call, and those that repeat one.

    An event below a call that counts repeats that one. Any other belongs to the latest call span under the same parent
    that began before it, has the same model, and says the same tokens; else to one that says none. An event without
    such a call counts for nothing: what it sums is counted elsewhere. Every call takes one event.
    """
    said = _tokens_below(rows, parents, counted)
    above = _counted_above(rows, parents, counted)
    silent: dict[int, list[int]] = {}
    telling: dict[tuple[int, tuple[int, int]], list[int]] = {}
    stand_in: set[int] = set()
    repeating: dict[int, str] = {}
    # By start, so that only calls that began before an event are there; calls before events of the same moment.
    order = sorted(
        (index for index, row in enumerate(rows) if row.reading.kind in CALL_KINDS or is_report(row.reading)),
        key=lambda index: (
            rows[index].start_time_unix_nano,
            is_report(rows[index].reading),
            rows[index].span_id,
        ),
    )
    for index in order:
        reading = rows[index].reading
        if not is_report(reading):
            tokens = said.get(index)
            calls = silent.setdefault(parents[index], []) if tokens is None else telling.setdefault(
                (parents[index], tokens), []
            )  # fmt: skip
            calls.append(index)
            continue
        call_above = above[parents[index]] if parents[index] >= 0 else None
        if call_above is not None:
            repeating[index] = rows[call_above].span_id
            continue
        usage = _tokens(reading)
        same = _latest_of_model(telling.get((parents[index], usage), []), rows, reading) if usage else None
        if same is not None:
            repeating[index] = rows[same].span_id
        elif _latest_of_model(silent.get(parents[index], []), rows, reading) is not None:
            stand_in.add(index)
    return stand_in, repeating


def _tokens(reading: Reading) -> tuple[int, int] | None:
    usage = reading.usage
    return None if usage is None else (usage.input or 0, usage.output or 0)


def _tokens_below(
    rows: Sequence[SpanRow], parents: Sequence[int], counted: Sequence[bool]
) -> Mapping[int, tuple[int, int]]:
    """Input and output tokens of the counted calls at and below each span that has some."""
    sums: dict[int, tuple[int, int]] = {}
    for index in range(len(rows) - 1, -1, -1):  # children come after their parents
        own = _tokens(rows[index].reading) if counted[index] else None
        if own is not None:
            before = sums.get(index, (0, 0))
            sums[index] = (before[0] + own[0], before[1] + own[1])
        if index in sums and parents[index] >= 0:
            above = sums.get(parents[index], (0, 0))
            sums[parents[index]] = (above[0] + sums[index][0], above[1] + sums[index][1])
    return sums


def _counted_above(
    rows: Sequence[SpanRow], parents: Sequence[int], counted: Sequence[bool]
) -> Sequence[int | None]:
    """For each span the nearest counted call at or above it, with no tool or agent between."""
    nearest: list[int | None] = []
    for index, row in enumerate(rows):
        if counted[index]:
            nearest.append(index)
        elif row.reading.kind in ("tool", "agent") or parents[index] < 0:
            nearest.append(None)
        else:
            nearest.append(nearest[parents[index]])
    return nearest


def _latest_of_model(calls: list[int], rows: Sequence[SpanRow], reading: Reading) -> int | None:
    """Takes the last of these calls that may be of the model of a reading; a missing name may be any."""
    named = {reading.request_model, reading.response_model} - {None}
    # Calls of other models in between are few; the bound keeps a hostile trace from costing the square.
    for place in range(len(calls) - 1, max(-1, len(calls) - 1 - _CALLS_LOOKED_AT), -1):
        call = rows[calls[place]].reading
        models = {call.request_model, call.response_model} - {None}
        if not named or not models or named & models:
            return calls.pop(place)
    return None


_CALLS_LOOKED_AT = 50


def _top_most_reporters(readings: Sequence[Reading], parents: Sequence[int]) -> Sequence[bool]:
    covered = [False] * len(readings)
    counted = [False] * len(readings)
    for index, reading in enumerate(readings):
        above = parents[index] >= 0 and covered[parents[index]]
        reports = reading.usage is not None or reading.cost is not None
        counted[index] = reports and not above
        covered[index] = above or reports
    return counted


def _repeated_responses(rows: Sequence[SpanRow], counted: Sequence[bool]) -> Mapping[int, str]:
    """Counted spans whose response another counted span reports as fully or more so: index to the id of that span."""
    reports: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        if counted[index] and row.reading.response_id:
            reports.setdefault(row.reading.response_id, []).append(index)
    repeats: dict[int, str] = {}
    for indexes in reports.values():
        if len(indexes) == 1:
            continue
        # The first in the tree of those that say most.
        fullest = max(indexes, key=lambda index: _fullness(rows[index].reading))
        repeats.update((index, rows[fullest].span_id) for index in indexes if index != fullest)
    return repeats


def _fullness(reading: Reading) -> tuple[int, bool]:
    usage = reading.usage
    known = (usage.input, usage.output, usage.cache_read, usage.reasoning) if usage else ()
    return sum(figure is not None for figure in known), reading.cost is not None


SUMMED_TOKENS = (
    "input", "output", "total", "cache_read", "cache_write", "cache_write_5m", "cache_write_1h", "reasoning",
    "input_audio", "output_audio", "input_image",
)  # fmt: skip
"""The fields of Usage that add up, in their order."""


def sum_usage(usages: Iterable[Usage]) -> Usage | None:
    """The sum field by field; a field that nobody reported stays None, as does the whole of nothing."""
    usages = list(usages)
    if not usages:
        return None
    sums: dict[str, int | None] = {}
    for name in SUMMED_TOKENS:
        known = [figure for usage in usages if (figure := getattr(usage, name)) is not None]
        sums[name] = sum(known) if known else None
    return Usage(**sums)  # type: ignore[arg-type]  # `extra` is left out: names of several dialects do not add up
