"""`llm-tracer demo`: something to look at before one's own program sends anything."""

from __future__ import annotations

import secrets
import time

import click
from llm_tracer.model.text import counted

from llm_tracer_service.cli.api_client import ApiClient, Refused, api_options
from llm_tracer_service.cli.endings import fail


@click.command()
@api_options
def demo(url: str, key: str | None) -> None:
    """Send realistic traces, written by us, of an agent, a RAG service, a failed run and more, each in the dialect of
    another library. No network but the Tracer API, no key of any provider."""
    from llm_tracer_service.demo import requests

    api = ApiClient(url, key, "llm-tracer-demo")
    sent = 0
    for request in requests(time.time_ns(), run=secrets.randbits(32)):
        try:
            api.post(request.path, request.body, request.content_type)
        except Refused as refused:
            raise fail(f"{api.url} answered {refused.status}: {refused}", refused.hint) from None
        sent += 1
        click.echo(f"  sent  {request.convention}")
    click.echo(f"{counted(sent, 'request')} sent to {api.url}.")
