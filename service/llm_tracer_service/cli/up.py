"""`llm-tracer up`: everything with one command."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import click

from llm_tracer_service import __version__
from llm_tracer_service.cli.api_client import URL
from llm_tracer_service.cli.dashboard_process import DashboardProcess, is_installed
from llm_tracer_service.cli.dynamodb import local_store
from llm_tracer_service.cli.endings import fail
from llm_tracer_service.cli.serving import (
    hold_ports,
    port_of,
    settings_from,
    shown_address,
    starting_options,
    tracer_api,
)
from llm_tracer_service.settings import Settings

OTLP_PORT = 4318
"""Where OpenTelemetry's exporters send by default."""

GRPC_PORT = 4317
"""Where gRPC exporters send by default; opened if the extra `grpc` is installed."""

DASHBOARD_START_S = 30.0


@click.command()
@starting_options
@click.option("--dashboard/--no-dashboard", default=True, help="Start the dashboard too.", show_default=True)
@click.option("--dashboard-port", type=int, default=3000, show_default=True, help="Port of the dashboard.")
@click.option(
    "--dashboard-backend-port",
    type=int,
    default=8002,
    show_default=True,
    help="Port of the dashboard's backend.",
)
@click.option(
    "--otlp-port",
    type=int,
    default=OTLP_PORT,
    show_default=True,
    help="A second port for OTLP/HTTP, opened if it is free.",
)
def up(
    store: str | None,
    host: str | None,
    port: int | None,
    dashboard: bool,
    dashboard_port: int,
    dashboard_backend_port: int,
    otlp_port: int,
) -> None:
    """Start everything: the Tracer API with its store, and the dashboard. Ctrl-C stops all of it."""
    with local_store(settings_from(store, host, port)) as settings:
        _up(settings, dashboard, dashboard_port, dashboard_backend_port, otlp_port)


def _up(
    settings: Settings, dashboard: bool, dashboard_port: int, dashboard_backend_port: int, otlp_port: int
) -> None:
    if dashboard:
        _check_dashboard(dashboard_port, dashboard_backend_port)
    listening = hold_ports(settings.host, {settings.port: "--port"}, [otlp_port])
    api_url = shown_address(settings.host, port_of(listening[0])).replace("localhost", "127.0.0.1")
    started = time.monotonic()
    # The dashboard starts first: it loads for as long as the API does, and there are two cores.
    process = (
        DashboardProcess("127.0.0.1", dashboard_port, dashboard_backend_port, api_url) if dashboard else None
    )
    try:
        with tracer_api(settings, listening, GRPC_PORT) as (app, grpc_port):
            from llm_tracer_service.serving.server import serve

            otlp_open = len(listening) > 1

            def announce() -> None:
                dashboard_is_up = _is_up(process)
                click.echo(_greeting(settings.host, port_of(listening[0]), otlp_port if otlp_open else None, grpc_port,
                                     dashboard_port if dashboard_is_up else None, settings.store,
                                     time.monotonic() - started))  # fmt: skip
                if not otlp_open:
                    click.echo(
                        f"Port {otlp_port} is in use, so OTLP is received only on the port of the API.\n"
                    )
                _watch(process)

            serve(app, listening, lambda: _in_background(announce))
    finally:
        if process:
            process.stop()


def _check_dashboard(port: int, backend_port: int) -> None:
    """Ends the command if the dashboard cannot start. The dashboard opens its ports itself; here the error can name the
    option of this command."""
    if not is_installed():
        raise fail(
            "The dashboard is not installed.", "Install llm-tracer-dashboard, or start with --no-dashboard."
        )
    for held in hold_ports("127.0.0.1", {port: "--dashboard-port", backend_port: "--dashboard-backend-port"}):
        for each in held:
            each.close()


def _in_background(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="announce", daemon=True).start()


def _is_up(process: DashboardProcess | None) -> bool:
    """Waits for the dashboard; says so if it does not come."""
    if process is None:
        return False
    is_up = process.wait_until_ready(DASHBOARD_START_S)
    if not is_up:
        click.echo("The dashboard did not start; the Tracer API continues without it.", err=True)
    return is_up


def _watch(process: DashboardProcess | None) -> None:
    """Says so if the dashboard ends by itself. The Tracer API goes on receiving: no data depends on a page."""
    if process and (code := process.wait()) not in (0, -2, -15):
        click.echo(f"The dashboard ended with code {code}; the Tracer API continues without it.", err=True)


def _greeting(
    host: str,
    port: int,
    otlp_port: int | None,
    grpc_port: int | None,
    dashboard_port: int | None,
    store: str,
    seconds: float,
) -> str:
    address = shown_address(host, port)
    elsewhere = "" if URL.endswith(f":{port}") else f" --url {address}"
    ways = [f"HTTP also on :{otlp_port}"] if otlp_port else []
    ways += [f"gRPC on :{grpc_port}"] if grpc_port else []
    lines = [f"LLM Tracer {__version__}, ready in {seconds:.1f} s", ""]
    if dashboard_port:
        lines.append(f"  Dashboard    {shown_address('127.0.0.1', dashboard_port)}")
    lines.append(f"  Tracer API   {address}")
    if ways:
        lines.append(f"  OTLP         {', '.join(ways)}")
    lines += [
        f"  Store        {store}",
        "",
        "Send the first trace, from any program with OpenTelemetry:",
        "",
        f"  export OTEL_EXPORTER_OTLP_ENDPOINT={address}",
        "",
        "or with our SDK:",
        "",
        f"  export TRACER_API_URL={address}",
        f"  {_as_typed('python')} -c \"from llm_tracer import trace; trace('chat')(str.upper)('Hello?')\"",
        "",
        f"or let `{_as_typed('llm-tracer')} demo{elsewhere}` send some. Ctrl-C stops everything.",
        "",
    ]
    return "\n".join(lines)


def _as_typed(program: str) -> str:
    """A program beside this one, as one would type it here: by its path if the name alone finds another one or none, as in
    a checkout."""
    own = shutil.which(program, path=os.path.dirname(sys.executable))
    if own is None or own == shutil.which(program):
        return program
    return os.path.relpath(own) if Path(own).is_relative_to(Path.cwd()) else own
