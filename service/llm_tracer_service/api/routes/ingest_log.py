"""The ingest log: the outcome of the last requests that brought spans, for programs and as a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Annotated

from msgspec import Meta, Struct
from starlette.responses import Response

from llm_tracer_service.api import answers, html, page_view
from llm_tracer_service.api.operation import Call, Operation
from llm_tracer_service.api.project_shown import Project, project_shown
from llm_tracer_service.api.responses import json_response
from llm_tracer_service.store.base import StoreError
from llm_tracer_service.store.outcomes import Outcome, SenderTotals
from llm_tracer_service.times import rfc3339

_ROWS_A_PAGE = 500
_UNMAPPED_MAX = 200

Limit = Annotated[int, Meta(ge=1, le=1000, description="How many, 1 to 1000; default 50.")]
Refused = Annotated[bool, Meta(description="`true`: only requests from which something was refused.")]
Where = Annotated[
    str, Meta(description="Only what came through this path or from this product or convention.")
]


class IngestParams(Struct, forbid_unknown_fields=True):
    """`GET /api/ingest`."""

    limit: Limit = 50
    refused: Refused = False
    sender: Where = ""


class PageParams(Struct, forbid_unknown_fields=True):
    """`GET /ingest`."""

    refused: Refused = False
    sender: Where = ""
    project: Project = ""


def _ingest(call: Call) -> Response:
    params: IngestParams = call.params
    found = _outcomes(call, call.project, params.refused, params.sender)[: params.limit]
    senders = tuple(map(_sender, call.service.ingest_log.totals(call.project)))
    log = answers.IngestLog(tuple(map(_record, found)), len(found), senders, _unmapped(found))
    return json_response(log, call.headers)


def _outcomes(call: Call, project: str, refused: bool, sender: str) -> list[Outcome]:
    return [
        outcome
        for outcome in call.service.ingest_log.last(project, 1_000)
        if (not refused or outcome.refused)
        and (not sender or sender in (outcome.source, outcome.sender.product, outcome.convention))
    ]


def _record(outcome: Outcome) -> answers.IngestRecord:
    return answers.IngestRecord(
        time=rfc3339(outcome.time_unix_nano),
        source=outcome.source,
        user_agent=outcome.user_agent,
        convention=outcome.convention,
        status=outcome.status,
        accepted=outcome.accepted,
        dropped=outcome.dropped,
        refused=tuple(answers.Refusal(reason, count) for reason, count in outcome.refused.items()),
        bytes=outcome.size_bytes,
        duration_ms=round(outcome.duration_ms, 3),
        lost=outcome.lost,
        spooled=outcome.is_spooled,
        examples=outcome.examples,
        unmapped=outcome.unmapped,
        note=outcome.note,
    )


def _sender(totals: SenderTotals) -> answers.SenderTotals:
    return answers.SenderTotals(
        source=totals.sender.source,
        product=totals.sender.product,
        convention=totals.sender.convention,
        since=rfc3339(totals.since_unix_nano),
        last=rfc3339(totals.last_unix_nano),
        requests=totals.requests,
        failed=totals.failed,
        accepted=totals.accepted,
        refused=totals.refused,
        dropped=totals.dropped,
        lost=totals.lost,
        bytes=totals.size_bytes,
    )


def _unmapped(outcomes: Iterable[Outcome]) -> tuple[answers.UnmappedKey, ...]:
    seen = Counter(key for outcome in outcomes for key in outcome.unmapped)
    return tuple(answers.UnmappedKey(key, count) for key, count in seen.most_common(_UNMAPPED_MAX))


def _page(call: Call) -> Response:
    params: PageParams = call.params
    project = project_shown(call, params.project)
    found = _outcomes(call, project, params.refused, params.sender)[:_ROWS_A_PAGE]
    try:
        senders = call.service.ingest_log.totals(project)
    except StoreError:  # people look at this page when the store is in trouble
        senders = ()
    now = call.service.clock()
    return html.page(
        "ingest.html",
        title="Ingest log",
        outcomes=[(each, page_view.ago((now - each.time_unix_nano) / 1e9)) for each in found],
        senders=senders,
        unmapped=_unmapped(found),
        params=params,
        project=project,
        shown_project=params.project,
        link=page_view.link,
        time=rfc3339,
    )


OPERATIONS = [
    Operation(
        "GET",
        "/api/ingest",
        _ingest,
        "Read the ingest log",
        "The outcome of the last requests that brought spans, newest first, to see why something is missing. It survives "
        "restarts; the last 1,000 requests of a project are kept, and sums by sender for ever.",
        tag="Operating",
        params=IngestParams,
        answer=answers.IngestLog,
        refusals=(422, 503),
    ),
    Operation(
        "GET",
        "/ingest",
        _page,
        "The ingest log as a page",
        tag="Pages",
        params=PageParams,
        answer_media=("text/html",),
        refusals=(422, 503),
    ),
]
