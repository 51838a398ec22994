"""`llm-tracer mcp`: the traces for coding agents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from llm_tracer_service.cli.api_client import ApiClient, Refused, api_options
from llm_tracer_service.cli.endings import fail

if TYPE_CHECKING:
    from llm_tracer_service.agent_tools.text import Ask


@click.command()
@click.option(
    "--http", "over_http", is_flag=True, help="Listen for HTTP on this machine instead of standard input."
)
@click.option(
    "--port", type=click.IntRange(1, 65_535), default=8003, show_default=True, help="With --http: the port."
)
@api_options
def mcp(over_http: bool, port: int, url: str, key: str | None) -> None:
    """Serve the traces of a running Tracer API to coding agents, by the Model Context Protocol.

    An agent starts this command by itself and speaks to it over standard input and output; with --http it listens at
    http://127.0.0.1:PORT/mcp. It searches, outlines and reads traces, compares them and counts; it changes nothing. How to
    make it known to an agent: docs/mcp.md. It needs the extra `mcp`: pip install 'llm-tracer-service[mcp]'.
    """
    try:
        from llm_tracer_service.agent_tools.server import make_server
    except ModuleNotFoundError as missing:
        raise fail(
            f"The SDK of the Model Context Protocol is not installed ({missing.name} is missing).",
            "Install it: pip install 'llm-tracer-service[mcp]'.",
        ) from None
    server = make_server(_asking(ApiClient(url, key, "llm-tracer-mcp")))
    if over_http:
        click.echo(f"Listening at http://127.0.0.1:{port}/mcp for the traces of {url}.", err=True)
        server.run("streamable-http", port=port, stateless_http=True)
    else:
        server.run("stdio")


def _asking(client: ApiClient) -> Ask:
    """Asks the Tracer API; its refusals do not end the command."""
    from llm_tracer_service.agent_tools.text import Unanswered

    def ask(path: str, **params: Any) -> dict[str, Any]:
        try:
            return client.ask(path, **params)
        except Refused as refused:
            raise Unanswered(f"{refused} {refused.hint}".strip()) from None
        except click.ClickException as unreachable:
            raise Unanswered(unreachable.message) from None

    return ask
