"""Writes the demo traces: one module for each story, told on a simulated clock.

`python -m llm_tracer_service.demo.authoring` writes `demo/traces/*.json` again, and a test checks that
the files are up to date. Nothing of this is needed at run time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from llm_tracer_service.demo.authoring import (
    coding,
    digest,
    handbook,
    indexing,
    invoices,
    local_model,
    procurement,
    release,
    storefront,
    tickets,
    tutor,
)
from llm_tracer_service.demo.authoring.recorder import compact_json

STORIES: dict[str, Callable[[], dict[str, Any]]] = {
    "opentelemetry-genai": procurement.record,
    "openinference": handbook.record,
    "openllmetry": tickets.record,
    "vercel-ai-sdk": storefront.record,
    "langfuse": tutor.record,
    "mlflow": invoices.record,
    "llm-tracer": coding.record,
    "openinference-failed": digest.record,
    "opentelemetry-genai-long": release.record,
    "opentelemetry-genai-local-model": local_model.record,
    "llm-tracer-died.native": indexing.record,
}


def files() -> Iterator[tuple[str, str]]:
    """The name and the text of every file in `demo/traces`."""
    for name, record in STORIES.items():
        yield f"{name}.json", _text(record())


def _text(document: dict[str, Any]) -> str:
    """Compact JSON with one span per line, so that changes of a story are readable diffs."""
    compact = compact_json(document)
    for start in ('{"traceId":', '{"trace_id":', '{"scope":'):
        compact = compact.replace(start, "\n" + start)
    return compact + "\n"
