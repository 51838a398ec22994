"""`llm-tracer demo`: something to look at before one's own program sends anything."""

from __future__ import annotations

import http.client
import secrets
import time
import urllib.error
import urllib.request

import click

from llm_tracer_service.cli.serving import fail


@click.command()
@click.option(
    "--url",
    default="http://127.0.0.1:8001",
    show_default=True,
    envvar="TRACER_API_URL",
    help="The Tracer API.",
)
@click.option("--key", envvar="TRACER_API_KEY", help="The API key, where the Tracer API asks for one.")
def demo(url: str, key: str | None) -> None:
    """Send realistic traces, written by us, of an agent, a RAG service, a failed run and more, each in the dialect of
    another library. No network but the Tracer API, no key of any provider."""
    from llm_tracer_service.demo import requests

    url = url.rstrip("/")
    sent: list[str] = []
    for request in requests(time.time_ns(), run=secrets.randbits(32)):
        headers = {"Content-Type": request.content_type, "User-Agent": "llm-tracer-demo"}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        _post(url + request.path, request.body, headers)
        sent.append(request.convention)
        click.echo(f"  sent  {request.convention}")
    click.echo(f"{len(sent)} requests sent to {url}.")


def _post(url: str, body: bytes, headers: dict[str, str]) -> None:
    try:
        request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310 - the user names the address
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            answer.read()
    except urllib.error.HTTPError as refused:
        text = refused.read().decode("utf-8", "replace")[:300]
        raise fail(f"{url} answered {refused.code}: {text}") from None
    except (OSError, ValueError, http.client.HTTPException) as fault:
        raise fail(
            f"No Tracer API answers at {url} ({fault}).",
            "Start one with `llm-tracer up`, or name it with --url.",
        ) from None
