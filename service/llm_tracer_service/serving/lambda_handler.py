"""The Tracer API as an AWS Lambda function, behind a function URL or an HTTP API of API Gateway. Needs the extra `lambda`.

One event is one request. Between two events the function may be frozen or ended, so it uses no threads: what a server does
periodically is done at the end of a request, or by an event from a schedule, `{"task": "maintain"}`.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache
from typing import Any, TypeAlias

from mangum import Mangum

from llm_tracer_service.access.auth import Gate
from llm_tracer_service.api.refusals import problem_body
from llm_tracer_service.errors import RETRY_AFTER_S, Problem
from llm_tracer_service.media import PROBLEM_JSON
from llm_tracer_service.reading import load_reader
from llm_tracer_service.serving.app import create_app
from llm_tracer_service.settings import Settings, read_settings
from llm_tracer_service.store import open_store
from llm_tracer_service.store.base import StoreError
from llm_tracer_service.store.contract import TraceStore

Event: TypeAlias = Mapping[str, Any]

ANSWER_BYTES_MAX = 6_000_000
"""Lambda allows answers of 6 MB (6,291,556 bytes), headers and the JSON around them included; longer ones become a 502."""

NOTES_EVERY_S = 10.0
"""The ingest log is written at most this often: it is an extra write, and requests should not cost two."""

MAINTAIN_S = 10.0

log = logging.getLogger("llm_tracer_service")


def handler(event: Event, context: Any) -> dict[str, Any]:
    """The function that Lambda calls. The first event opens the store, and if that fails the next one tries again. Raises
    BadSetting if no keys are configured."""
    try:
        function = _function()
    except StoreError as fault:
        if "requestContext" not in event:
            raise
        log.error(
            "the store cannot be opened: %s %s", fault, fault.hint
        )  # the text is enough, without a traceback
        # 503 for every cause (no table yet, no role, another region): it is never the asker's fault.
        return _answer(Problem(503, str(fault), fault.hint, headers={"Retry-After": str(RETRY_AFTER_S)}))
    return function(event, context)


@cache
def _function() -> Function:
    # A function URL can be reached from everywhere, whatever TRACER_HOST is: keys are required.
    settings = replace(read_settings(), host="0.0.0.0")  # noqa: S104
    Gate(settings).check_start()
    from llm_tracer_service.reading.price_file import load_price_file
    from llm_tracer_service.reading.pricing import PriceBook

    prices = PriceBook(None if settings.prices is None else load_price_file(settings.prices))
    reader = load_reader(settings.dialects, prices)
    store = open_store(settings.store, reader, time.time_ns, settings.abandon_after_s, holder="AWS Lambda")
    return Function(create_app(settings, store, reader, prices=prices, can_wait=False), settings)


class Function:
    """An application as a function of events. `clock_s` times the writing of the ingest log."""

    def __init__(self, app: Any, settings: Settings, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._service = app.state.service
        self._app = app
        self._clock_s = clock_s
        self._noted_s = clock_s()

    def __call__(self, event: Event, context: Any) -> dict[str, Any]:
        if "requestContext" not in event:
            return self._scheduled(event)
        answer = Mangum(self._app, "off", _base_path(event))(dict(event), context)
        self._note(answer)
        return _fitting(answer)

    def _scheduled(self, event: Event) -> dict[str, Any]:
        """Does a scheduled task. Only the owner of the function can send one: requests have a context."""
        if event.get("task") != "maintain":
            raise ValueError(
                f"This function takes HTTP requests and {{'task': 'maintain'}}, not {list(event)}."
            )
        store: TraceStore = self._service.store
        self._service.ingest_log.flush()
        done = store.maintain(MAINTAIN_S, self._settings.retention_days, self._settings.max_store_bytes)
        return {"more": done.more}

    def _note(self, answer: Mapping[str, Any]) -> None:
        """Writes the ingest log, after a refusal at once, since its sender may look there now."""
        now_s = self._clock_s()
        if answer["statusCode"] < 400 and now_s - self._noted_s < NOTES_EVERY_S:
            return
        self._noted_s = now_s
        with suppress(StoreError):  # it stays pending
            self._service.ingest_log.flush()


def _base_path(event: Event) -> str:
    """What precedes the paths of the application: the name of a stage of API Gateway, unless it is `$default`."""
    context = event["requestContext"]
    base, path = f"/{context.get('stage')}", context.get("http", {}).get("path", "")
    return base if path.startswith(f"{base}/") else "/"


def _fitting(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer, or a refusal that says what to do if it is too long for Lambda."""
    size = _carried_bytes(answer.get("body", ""))
    if size <= ANSWER_BYTES_MAX:
        return answer
    problem = Problem(
        413,
        f"The answer has {size} bytes as Lambda carries them; it can carry {ANSWER_BYTES_MAX}.",
        "Ask for less: a smaller `limit`, the next page by `cursor`, a part of a blob by `Range`; or start "
        "`llm-tracer serve` on the same table, which has no such limit.",
        facts={"limit_bytes": ANSWER_BYTES_MAX},
    )
    log.warning("an answer of %d bytes was refused", size)
    return _answer(problem)


def _carried_bytes(body: str) -> int:
    """The length of a text in the JSON that the runtime makes of it: quotes and line ends take two bytes; characters outside
    ASCII take those of UTF-8, or six if they are escaped."""
    if len(body) * _JSON_BYTES_A_CHAR_MAX <= ANSWER_BYTES_MAX:
        return len(body)
    # AWS's runtime client escapes in this environment, and in newer ones it does not.
    is_escaped = os.environ.get("AWS_EXECUTION_ENV", _ESCAPING) == _ESCAPING
    return len(json.dumps(body, ensure_ascii=is_escaped).encode("utf-8", "surrogatepass")) - 2


_JSON_BYTES_A_CHAR_MAX = 12
_ESCAPING = "AWS_Lambda_python3.11"


def _answer(problem: Problem) -> dict[str, Any]:
    headers = {"content-type": PROBLEM_JSON, "cache-control": "no-store", "x-content-type-options": "nosniff"}
    return {
        "statusCode": problem.status,
        "headers": headers | {name.lower(): value for name, value in problem.headers.items()},
        "body": problem_body(problem).decode(),
        "isBase64Encoded": False,
    }
