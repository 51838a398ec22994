"""What `up` and `serve` share: the options of the Tracer API, and how it is opened, run and closed."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from llm_tracer_service.cli.endings import fail, store_refusals
from llm_tracer_service.settings import BadSetting, Settings, read_settings

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from llm_tracer_service.reading import DialectReader
    from llm_tracer_service.reading.pricing import PriceBook

Command = TypeVar("Command", bound=Callable[..., Any])

_STARTING_OPTIONS = (
    click.option(
        "--store",
        metavar="URL",
        help="Where traces are kept: sqlite:PATH, dynamodb:TABLE or memory: (TRACER_STORE).",
    ),
    click.option("--host", metavar="ADDRESS", help="Address to listen on (TRACER_HOST; 127.0.0.1)."),
    click.option("--port", metavar="PORT", type=int, help="Port of the Tracer API (TRACER_PORT; 8001)."),
)


def starting_options(command: Command) -> Command:
    """Adds the options of every command that starts the Tracer API."""
    for option in reversed(_STARTING_OPTIONS):
        command = option(command)
    return command


def settings_from(store: str | None, host: str | None, port: int | None) -> Settings:
    """The settings; options take precedence over the environment. Ends the command, saying why, if one is unusable."""
    options = {
        "TRACER_STORE": store or "",
        "TRACER_HOST": host or "",
        "TRACER_PORT": "" if port is None else str(port),
    }
    try:
        return read_settings(options=options)
    except BadSetting as fault:
        raise fail(str(fault)) from None


def hold_ports(
    host: str, ports: dict[int, str], ports_if_free: Sequence[int] = ()
) -> list[list[socket.socket]]:
    """Sockets that hold the ports. If one is taken, ends the command and names the option that changes it."""
    from llm_tracer_service.serving.server import PortInUse, listen

    try:
        return listen(host, list(ports), ports_if_free)
    except PortInUse as taken:
        raise fail(
            str(taken.strerror), f"Choose another one with {ports[taken.port]}, or stop that program."
        ) from None
    except OSError as fault:
        raise fail(
            f"Cannot listen on {host}: {fault.strerror}.",
            f"Choose another address with --host, or another port with {' or '.join(ports.values())}.",
        ) from None


@contextmanager
def tracer_api(
    settings: Settings, listening: Sequence[Sequence[socket.socket]], grpc_port_if_free: int | None = None
) -> Iterator[tuple[Starlette, int | None]]:
    """All but the listening itself: the application over its store, which is closed at the end; what programs left in their
    spools for these ports while nobody listened; OTLP/gRPC. Yields the application and the port of gRPC, None if it is off.

    Ends the command if the store cannot be opened, or a port that was asked for cannot be had.
    """
    from llm_tracer_service.receiving.spooled import fetching_spooled

    ports = {port_of(sockets) for sockets in listening}
    with (
        _application(settings, port_of(listening[0])) as app,
        fetching_spooled(app.state.service, ports),
        _receiving_grpc(app, settings, grpc_port_if_free) as grpc_port,
    ):
        yield app, grpc_port


@contextmanager
def _application(settings: Settings, port: int) -> Iterator[Starlette]:
    from llm_tracer_service.access.auth import Gate
    from llm_tracer_service.access.keys import BadKey
    from llm_tracer_service.serving.app import create_app
    from llm_tracer_service.store import open_store

    try:
        with store_refusals():
            Gate(settings).check_start()
            reader, prices = reader_and_prices(settings)
            store = open_store(
                settings.store, reader, time.time_ns, settings.abandon_after_s, holder=f"port {port}"
            )
    except (BadSetting, BadKey) as fault:
        raise fail(str(fault)) from None
    try:
        yield create_app(settings, store, reader, prices=prices)
    finally:
        store.close()
    click.echo("Stopped.")


@contextmanager
def _receiving_grpc(app: Starlette, settings: Settings, port_if_free: int | None) -> Iterator[int | None]:
    """OTLP/gRPC while the block runs, on TRACER_GRPC_PORT, or else on a port that may be taken; yields the port.

    Yields None if it is off, its extra is missing, or that other port is taken.
    """
    asked = settings.grpc_port
    port = port_if_free if asked is None else asked
    if port is None or port == "off":
        yield None
        return
    try:
        from llm_tracer_service.serving.grpc_server import receiving
        from llm_tracer_service.serving.server import PortInUse
    except ModuleNotFoundError:
        if asked is None:
            yield None
            return
        raise fail("OTLP/gRPC needs grpcio.", "Install it: pip install 'llm-tracer-service[grpc]'.") from None
    with ExitStack() as stack:
        try:
            held = stack.enter_context(receiving(app.state.service, settings.host, port))
        except PortInUse as taken:
            if asked is not None:
                raise fail(
                    str(taken.strerror), "Choose another one with TRACER_GRPC_PORT, or stop that program."
                ) from None
            held = None
        yield held


def reader_and_prices(settings: Settings) -> tuple[DialectReader, PriceBook]:
    """The reader and the prices, with the user's own tables and prices if there are any. Ends the command for a bad file."""
    from llm_tracer_service.reading import load_reader
    from llm_tracer_service.reading.dialects import DialectError
    from llm_tracer_service.reading.price_file import PriceFileError, load_price_file
    from llm_tracer_service.reading.pricing import PriceBook

    try:
        prices = PriceBook(None if settings.prices is None else load_price_file(settings.prices))
    except PriceFileError as fault:
        raise fail(str(fault), "TRACER_PRICES names this file; docs/prices.md explains it.") from None
    try:
        return load_reader(settings.dialects, prices), prices
    except OSError as fault:
        raise fail(f"{settings.dialects} cannot be read: {fault.strerror}.", "See TRACER_DIALECTS.") from None
    except DialectError as fault:
        raise fail(f"{settings.dialects} cannot be used: {fault}.", "See docs/dialects.md.") from None


def shown_address(host: str, port: int) -> str:
    """The address as a person on this machine would open it."""
    name = "localhost" if host in ("127.0.0.1", "::1", "0.0.0.0", "::") else host  # noqa: S104
    return f"http://{f'[{name}]' if ':' in name else name}:{port}"


def port_of(sockets: Sequence[socket.socket]) -> int:
    """The port that these sockets hold."""
    return int(sockets[0].getsockname()[1])
