"""`llm-tracer serve`: the Tracer API alone."""

from __future__ import annotations

import click

from llm_tracer_service import __version__
from llm_tracer_service.cli.serving import (
    hold_ports,
    port_of,
    settings_from,
    shown_address,
    starting_options,
    tracer_api,
)


@click.command()
@starting_options
def serve(store: str | None, host: str | None, port: int | None) -> None:
    """Start the Tracer API alone, without the dashboard. Its own page at / shows the traces, too."""
    settings = settings_from(store, host, port)
    listening = hold_ports(settings.host, {settings.port: "--port"})
    with tracer_api(settings, listening) as (app, grpc_port):
        from llm_tracer_service.serving.server import serve as run

        address = shown_address(settings.host, port_of(listening[0]))
        grpc = f", OTLP/gRPC on :{grpc_port}" if grpc_port else ""
        ready = f"Tracer API ready: {address}{grpc} (version {__version__}, store {settings.store})"
        run(app, listening, lambda: click.echo(ready))
