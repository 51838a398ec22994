"""`llm-tracer demo`: something to look at before one's own program sends anything."""

from __future__ import annotations

import secrets
import time
from collections import Counter

import click
from llm_tracer.model.text import counted

from llm_tracer_service.cli.api_client import ApiClient, Refused, api_options
from llm_tracer_service.cli.asking import ended_by


@click.command()
@api_options
def demo(url: str, key: str | None) -> None:
    """Send realistic traces, written by us, of an agent, a RAG service, a failed run and more, each in the dialect of
    another library. No network but the Tracer API, no key of any provider."""
    from llm_tracer_service.demo import requests

    api = ApiClient(url, key, "llm-tracer-demo")
    sent: Counter[str] = Counter()
    for request in requests(time.time_ns(), run=secrets.randbits(32)):
        try:
            api.post(request.path, request.body, request.content_type)
        except Refused as refused:
            raise ended_by(refused) from None
        sent[request.convention] += request.traces
    for convention, traces in sent.items():
        click.echo(f"  {convention}: {counted(traces, 'trace')}")
    click.echo(f"{counted(sent.total(), 'trace')} sent to {api.url}.")
