"""The roll-up: which spans make up the tokens and the cost of a trace, each model call once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from llm_tracer.model.reading import Reading, Usage
from llm_tracer.model.row import SpanRow

CALL_KINDS = frozenset({"llm", "embedding", "reranker"})
LAST_STEP = "last_step"
ALL_STEPS = "all_steps"
"""Flags of usage: a call of several steps reports only the last one, and its agent reports all of them."""


def counted_spans(
    rows: Sequence[SpanRow], parents: Sequence[int]
) -> tuple[Sequence[bool], Mapping[int, str]]:
    """Which spans make up the tokens and cost of the trace, and which of them repeat another one.

    A call (llm, embedding, reranker) with figures counts, unless there is a call with usage below it without a tool
    or agent span between them: then it only wraps that one. A call that names no model below one that does is the
    server's report of it, and repeats it. A second report of the same response does not count. If a
    call reports only its last step, the agent around it counts instead. If a trace has no call at all, the topmost
    spans that report figures count.
    """
    readings = [row.reading for row in rows]
    calls = [_is_call(reading) for reading in readings]
    served = _served(readings, calls, parents)
    calls = [is_call and index not in served for index, is_call in enumerate(calls)]
    if not any(calls):
        counted = _top_most_reporters(readings, parents)
    else:
        wrapping = _wrapping(readings, calls, parents)
        counted = _by_all_steps(
            readings, [is_call and not wraps for is_call, wraps in zip(calls, wrapping, strict=True)], parents
        )
    repeats = {index: rows[call].span_id for index, call in served.items()}
    repeats = {**repeats, **_repeated_responses(rows, counted)}
    repeats = {**repeats, **_repeated_by_clients(rows, counted, repeats)}
    if any(calls) and any(map(is_report, readings)):
        stand_in, repeating = _reports(rows, parents, counted)
        counted = [counts or index in stand_in for index, counts in enumerate(counted)]
        repeats = {**repeats, **repeating}
    return counted, repeats


def _served(readings: Sequence[Reading], calls: Sequence[bool], parents: Sequence[int]) -> Mapping[int, int]:
    """Calls that name no model and have no cost, below one with usage that names its own, without a tool or agent between:
    index to that one's. An inference server (vLLM) says so of a request what the program that made it says better."""
    nearest: list[int | None] = []
    served = {}
    for index, reading in enumerate(readings):
        is_apart = parents[index] < 0 or reading.kind in ("tool", "agent")
        above = None if is_apart else nearest[parents[index]]
        has_model = reading.request_model is not None or reading.response_model is not None
        if calls[index] and above is not None and not has_model and reading.cost is None:
            served[index] = above
        is_client = calls[index] and has_model and reading.usage is not None
        nearest.append(index if is_client else above)
    return served


def _wrapping(readings: Sequence[Reading], calls: Sequence[bool], parents: Sequence[int]) -> Sequence[bool]:
    """Which spans have a call with usage below them, without a tool or agent between."""
    wrapping = [False] * len(readings)
    for index in range(len(readings) - 1, -1, -1):  # children come after their parents
        reading = readings[index]
        is_inner_call = calls[index] and reading.usage is not None
        if parents[index] >= 0 and (
            is_inner_call or (wrapping[index] and reading.kind not in ("tool", "agent"))
        ):
            wrapping[parents[index]] = True
    return wrapping


def _by_all_steps(
    readings: Sequence[Reading], counted: Sequence[bool], parents: Sequence[int]
) -> Sequence[bool]:
    """`counted`, with agents that report all steps instead of their calls, which report only the last one."""
    if not any(LAST_STEP in reading.usage_flags for reading in readings):
        return counted
    agents: list[int] = []
    found = list(counted)
    for index, reading in enumerate(readings):
        above = agents[parents[index]] if parents[index] >= 0 else -1
        agents.append(index if reading.kind == "agent" else above)
        if counted[index] and above >= 0 and _says_more(readings[above], reading):
            found[index], found[above] = False, True
    return found


def _says_more(agent: Reading, call: Reading) -> bool:
    if ALL_STEPS not in agent.usage_flags or LAST_STEP not in call.usage_flags:
        return False
    (given, answered), (last_given, last_answered) = _tokens(agent) or (0, 0), _tokens(call) or (0, 0)
    return given >= last_given and answered >= last_answered


def _is_call(reading: Reading) -> bool:
    return reading.kind in CALL_KINDS and (reading.usage is not None or reading.cost is not None)


def is_report(reading: Reading) -> bool:
    return reading.kind == "event" and reading.usage is not None


def _reports(
    rows: Sequence[SpanRow], parents: Sequence[int], counted: Sequence[bool]
) -> tuple[set[int], Mapping[int, str]]:
    """Events that report the usage of a call beside them: those that stand in for a call without usage, and those
    that repeat one.

    An event below a counted call repeats that call. Any other event belongs to the latest call under the same parent
    that began before it and has the same model and the same tokens, or else to one without tokens. An event without
    such a call counts for nothing, since what it sums is counted elsewhere. Each call takes one event.
    """
    said = _tokens_below(rows, parents, counted)
    above = _counted_above(rows, parents, counted)
    silent: dict[int, list[int]] = {}
    telling: dict[tuple[int, tuple[int, int]], list[int]] = {}
    stand_in: set[int] = set()
    repeating: dict[int, str] = {}
    # By start, so that only calls that began before an event are considered; at the same moment, calls before events.
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
    """The input and output tokens of the counted calls at and below each span, if there are any."""
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
    """For each span the nearest counted call at or above it, without a tool or agent between."""
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
    """Removes and returns the last of these calls that may have the same model as the reading; a missing name may be
    any model."""
    named = {reading.request_model, reading.response_model} - {None}
    # Few calls of other models are in between; the bound keeps a hostile trace from taking quadratic time.
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
    """Counted spans whose response another counted span reports as completely or better: index to the id of that
    span."""
    reports: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        if counted[index] and row.reading.response_id:
            reports.setdefault(row.reading.response_id, []).append(index)
    repeats: dict[int, str] = {}
    for indexes in reports.values():
        if len(indexes) == 1:
            continue
        # The first in the tree among those that report most.
        fullest = max(indexes, key=lambda index: _fullness(rows[index].reading))
        repeats.update((index, rows[fullest].span_id) for index in indexes if index != fullest)
    return repeats


_Question: TypeAlias = tuple[str, str | None, str | None]
_Call: TypeAlias = tuple[str, str | None, str | None, int, int]
"""What two reports of the same call share: parent, requested model and question, and input and output tokens."""


def _repeated_by_clients(
    rows: Sequence[SpanRow], counted: Sequence[bool], repeated: Mapping[int, str]
) -> Mapping[int, str]:
    """Calls that both a framework and the client's own instrumentation report: index to the other's id.

    A framework (LangChain of OpenLLMetry for Node) knows no response id, the client does. The two are one call if
    they have the same parent, requested model and question, no different answer, and the client's time lies within
    the framework's. For a stream the framework may report no tokens, and the client those that it counted itself. So
    if both report the same, or the framework nothing, the client counts. If they differ but the answer is the same,
    the framework counts, whose numbers come from the provider. Two calls of one instrumentation either both have an
    id or both have none, so they are never taken for one; and each span takes part in one pair.
    """
    clients: dict[_Call, list[int]] = {}
    frameworks: list[tuple[_Call, int]] = []
    silent: list[tuple[_Question, int]] = []
    left: dict[_Question, list[int]] = {}
    for index, row in enumerate(rows):
        reading = row.reading
        if row.parent_span_id is None or reading.kind not in CALL_KINDS or index in repeated:
            continue
        usage = reading.usage
        question = (row.parent_span_id, reading.request_model, reading.input_preview)
        if usage is None and reading.cost is None:
            if reading.response_id:
                left.setdefault(question, []).append(index)
            else:
                silent.append((question, index))
        elif usage is not None and counted[index] and usage.input and usage.output:
            call = (*question, usage.input, usage.output)
            if reading.response_id:
                clients.setdefault(call, []).append(index)
            else:
                frameworks.append((call, index))
    found = {}
    differing: list[tuple[_Question, int]] = []
    for call, index in frameworks:
        client = _taken_within(clients.get(call, []), rows, rows[index])
        if client is not None:
            found[index] = rows[client].span_id
        elif rows[index].reading.output_preview:
            differing.append((call[:3], index))
    for call, indexes in clients.items():
        left.setdefault(call[:3], []).extend(indexes)
    for question, index in silent:
        client = _taken_within(left.get(question, []), rows, rows[index])
        if client is not None:
            found[index] = rows[client].span_id
    for question, index in differing:
        client = _taken_within(left.get(question, []), rows, rows[index], both_answer=True)
        if client is not None:
            found[client] = rows[index].span_id
    return found


def _taken_within(
    calls: list[int], rows: Sequence[SpanRow], around: SpanRow, both_answer: bool = False
) -> int | None:
    """Removes and returns the first of these calls that ran within a span and gave no other answer; with
    `both_answer`, the same answer."""
    for place in range(min(len(calls), _CALLS_LOOKED_AT)):
        call = rows[calls[place]]
        said = {call.reading.output_preview, around.reading.output_preview}
        is_one = len(said) == 1 if both_answer else len(said - {None, ""}) < 2
        if is_one and _is_within(call, around):
            return calls.pop(place)
    return None


def _is_within(inner: SpanRow, outer: SpanRow) -> bool:
    if inner.end_time_unix_nano is None or outer.end_time_unix_nano is None:
        return False
    starts = outer.start_time_unix_nano <= inner.start_time_unix_nano
    return starts and inner.end_time_unix_nano <= outer.end_time_unix_nano


def _fullness(reading: Reading) -> tuple[int, bool]:
    usage = reading.usage
    known = (usage.input, usage.output, usage.cache_read, usage.reasoning) if usage else ()
    return sum(figure is not None for figure in known), reading.cost is not None


SUMMED_TOKENS = (
    "input", "output", "total", "cache_read", "cache_write", "cache_write_5m", "cache_write_1h", "reasoning",
    "input_audio", "output_audio", "input_image",
)  # fmt: skip
"""The fields of Usage that can be summed, in their order."""


def sum_usage(usages: Iterable[Usage]) -> Usage | None:
    """The sum, field by field. A field that nobody reported stays None; the sum of nothing is None."""
    usages = list(usages)
    if not usages:
        return None
    sums: dict[str, int | None] = {}
    for name in SUMMED_TOKENS:
        known = [figure for usage in usages if (figure := getattr(usage, name)) is not None]
        sums[name] = sum(known) if known else None
    return Usage(**sums)  # type: ignore[arg-type]  # `extra` is left out: counts of different dialects cannot be summed
