"""Prices: where they come from, and which models have none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from llm_tracer.model.counting import CALL_KINDS, sum_usage
from llm_tracer.model.query import And, TraceQuery
from llm_tracer.model.reading import Usage
from llm_tracer.model.row import SpanRow
from starlette.responses import Response

from llm_tracer_service.api import answers, render
from llm_tracer_service.api.operation import Call, Operation
from llm_tracer_service.api.params import Selection
from llm_tracer_service.api.responses import json_response
from llm_tracer_service.query import parse
from llm_tracer_service.reading.pricing import PriceBook
from llm_tracer_service.store.base import FoundSpan

SPANS_MAX = 10_000
"""How many model calls are examined, the newest first."""

_SPANS_A_PAGE = 1_000
_CALLS = parse(f"kind:{','.join(sorted(CALL_KINDS))}")


@dataclass(slots=True)
class _Unpriced:
    """A model without a price, as found so far. `last` is its latest call, which is found first."""

    last: FoundSpan
    calls: int = 0
    usages: list[Usage] = field(default_factory=list)


def _prices(call: Call) -> Response:
    seen, unpriced, complete = 0, dict[tuple[str, str | None], _Unpriced](), False
    for spans, more in _pages(call):
        seen += len(spans)
        complete = not more
        for found in spans:
            reading = found.row.reading
            if reading.model is None or reading.usage is None or reading.cost is not None:
                continue
            model = unpriced.setdefault((reading.model, reading.provider), _Unpriced(found))
            model.calls += 1
            model.usages.append(reading.usage)
    listed = sorted(unpriced.items(), key=lambda each: (-each[1].calls, each[0][0]))
    answer = answers.Prices(
        sources=_sources(call.service.prices),
        models_without_price=[
            answers.UnpricedModel(
                name,
                provider,
                model.calls,
                render.usage(sum_usage(model.usages)),
                _start(model.last.row),
                model.last.trace_id,
            )
            for (name, provider), model in listed
        ],
        calls_seen=seen,
        complete=complete,
    )
    return json_response(answer, call.headers)


def _pages(call: Call) -> Iterator[tuple[tuple[FoundSpan, ...], bool]]:
    """The model calls asked for, newest first, page by page, and with each page whether there are more."""
    params: Selection = call.params
    wanted = params.query().condition
    parts = tuple(part for part in (wanted, _CALLS.condition) if part is not None)
    query = TraceQuery(And(parts)) if len(parts) > 1 else _CALLS
    time_range = params.time_range(call.service.clock())
    cursor = None
    for _ in range(SPANS_MAX // _SPANS_A_PAGE):
        page = call.service.store.find_spans(call.project, query, time_range, _SPANS_A_PAGE, cursor)
        cursor = page.next_cursor
        yield page.spans, cursor is not None
        if cursor is None:
            return


def _sources(prices: PriceBook | None) -> list[answers.PriceSource]:
    if prices is None:
        return []
    listed = answers.PriceSource("computed", prices.list_version, None)
    if prices.own is None:
        return [listed]
    return [answers.PriceSource("user", prices.own.version, len(prices.own.entries)), listed]


def _start(row: SpanRow) -> str:
    started = render.time(row.start_time_unix_nano)
    assert started is not None
    return started


OPERATIONS = [
    Operation(
        "GET",
        "/api/prices",
        _prices,
        "Prices, and models without one",
        f"The sources of prices, in order of precedence, and the models among the newest {SPANS_MAX:,} calls that have "
        "tokens but no cost. `from` and `to` apply to the start of the call.",
        params=Selection,
        answer=answers.Prices,
        refusals=(400, 422, 503),
    )
]
