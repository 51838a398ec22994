"""Serves the whole dashboard from one process, on the page's port and the backend's port, without Node or writing
files.

Both ports answer everything, so a browser needs only the first. The second is for those who expect the backend on a
port of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from . import __version__, settings
from .serve import LOOPBACK, Frontend, Guard

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import ASGIApp

RUNTIME = Path(__file__).resolve().parent / "_runtime"
MODULE = __package__ or ""
INSTALLED_NAME = "llm_tracer_dashboard"


UNUSED = ("pydantic", "httpx._main")
"""Optional parts of libraries that are imported if they are installed, but not used here: 8 MB."""


class CannotStart(Exception):
    """The reason, in one line that says what to change."""


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options: host, port, backend_port."""
    parser = argparse.ArgumentParser(
        prog=f"python -m {INSTALLED_NAME}",
        description="The LLM Tracer dashboard. Reads TRACER_API_URL and TRACER_API_KEY (docs/configuration.md).",
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: %(default)s, this machine only)"
    )
    parser.add_argument("--port", type=int, default=3000, help="port of the pages (default: %(default)s)")
    parser.add_argument(
        "--backend-port", type=int, default=8002, help="second port (default: %(default)s; 0: none)"
    )
    parser.add_argument("--end-with-stdin", action="store_true", help="stop when standard input ends")
    parser.add_argument("--version", action="version", version=__version__)
    return parser.parse_args(arguments)


def listen(host: str, port: int, option: str) -> socket.socket:
    """A listening socket. Raises CannotStart, which names `option`, if the port is taken or the address is not
    ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(256)
    except OverflowError as error:
        sock.close()
        raise CannotStart(f"{option} must be a port between 0 and 65535, not {port}") from error
    except OSError as error:
        sock.close()
        taken = error.errno in _BUSY
        what = f"port {port} on {host} is not available" if taken else f"cannot listen on {host}:{port}"
        raise CannotStart(f"{what} ({error.strerror}); choose another with {option}") from error
    sock.setblocking(False)
    return sock


_BUSY = (98, 48, 10048, 13)  # in use on Linux, macOS, Windows; 13: a port below 1024 without the right to it


def own_origins(host: str, ports: Sequence[int], config: settings.Settings) -> list[str]:
    """The origins of our own pages, which may call the backend."""
    names = {"127.0.0.1", "localhost", f"[{host}]" if ":" in host else host} - {"0.0.0.0", "[::]"}  # noqa: S104
    origins = [f"http://{name}:{port}" for name in sorted(names) for port in ports]
    if config.public_url:  # pages under these names call another address than their own
        origins += [f"{urlsplit(config.public_url).scheme}://{name}" for name in config.allowed_hosts]
    return origins


def check_door(host: str, config: settings.Settings) -> None:
    """Raises CannotStart if people from elsewhere could come in without signing in."""
    if config.asks_who or config.allow_anyone:
        return
    names = [name for name in config.allowed_hosts if name not in LOOPBACK]
    if host in LOOPBACK and not names:
        return
    what = (
        f"listen on {host}" if host not in LOOPBACK else f"be reached as {names[0]} (TRACER_DASHBOARD_HOSTS)"
    )
    raise CannotStart(
        f"refusing to {what} without sign-in: anyone who can reach it could read every trace. Set "
        "TRACER_DASHBOARD_PASSWORD, or TRACER_DASHBOARD_USER_HEADER with TRACER_DASHBOARD_PROXIES; if something else "
        "keeps strangers out, set TRACER_ALLOW_ANYONE=yes (docs/deploy.md)"
    )


def build(host: str, ports: Sequence[int], config: settings.Settings) -> ASGIApp:
    """The application: guard, sign-in, compiled frontend, Reflex's backend. Changes the working directory to the
    runtime's.

    Raises CannotStart if the frontend was never compiled.
    """
    if MODULE != INSTALLED_NAME:
        raise CannotStart(
            f"the frontend is compiled for {INSTALLED_NAME}: run `pip install ./dashboard`, then start that"
        )
    if not (RUNTIME / "client" / "index.html").is_file():
        raise CannotStart(
            "the frontend is not compiled: run `python build_frontend.py` in the folder dashboard/"
        )
    origins = own_origins(host, ports, config)
    for name in UNUSED:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # the documented way to make an import fail
    settings.prepare_reflex(origins)
    os.chdir(RUNTIME)  # Reflex looks for its rxconfig.py in the working directory only

    from reflex.utils.prerequisites import get_app

    from .sign_in import Door

    # rxconfig.py is in a folder to which we do not write.
    bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        backend = get_app().app()
    finally:
        sys.dont_write_bytecode = bytecode
    app: ASGIApp = Frontend(RUNTIME / "client", backend, config.public_url)
    if config.asks_who:
        app = Door(app, config)
    # Without sign-in only local names are answered to, or a foreign page could point a name of its own here.
    only_local = host in LOOPBACK or not config.asks_who
    names = set(config.allowed_hosts)
    if config.public_url and (only_local or names):
        names.add(urlsplit(config.public_url).hostname or "")
    return Guard(app, only_local, names, origins)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM. Returns the exit status."""
    options = parse(arguments)
    try:
        config = settings.load()
        settings.keep(config)
        check_door(options.host, config)
        sockets = [listen(options.host, options.port, "--port")]
        if options.backend_port:
            sockets.append(listen(options.host, options.backend_port, "--backend-port"))
        ports = [int(sock.getsockname()[1]) for sock in sockets]
        app = build(options.host, ports, config)
    except (CannotStart, ValueError) as error:
        print(f"llm-tracer dashboard: {error}", file=sys.stderr)
        return 2

    shown = "localhost" if options.host in ("127.0.0.1", "0.0.0.0", "::1", "::") else options.host  # noqa: S104
    extra = f", backend :{ports[1]}" if len(ports) > 1 else ""
    ready = f"Dashboard ready: http://{shown}:{ports[0]} (reads {config.api_url}{extra})"
    return serve(app, sockets, ready, options.end_with_stdin)


def serve(app: ASGIApp, sockets: list[socket.socket], ready: str, end_with_stdin: bool) -> int:
    """Serve on these sockets, and print `ready` once that works. Returns the exit status."""
    import uvicorn

    from .connection import Connection

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=sockets)
            if self.started:
                print(ready, flush=True)

    server = Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            lifespan="on",
            http=Connection,
            ws="wsproto",
            timeout_graceful_shutdown=2,
            server_header=False,
            proxy_headers=False,  # peers.py knows which proxies to believe
        )
    )
    if end_with_stdin:
        threading.Thread(target=_follow_stdin, args=(server,), name="stdin", daemon=True).start()
    # uvicorn stops cleanly at a signal, then raises it again for the handlers that were there before.
    signal.signal(signal.SIGTERM, lambda *_: None)
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=sockets)
    return 0 if server.started else 1


def _follow_stdin(server: uvicorn.Server) -> None:
    """Stop when whoever started us closes our input or ends, since nobody would be left to stop us."""
    with contextlib.suppress(OSError, ValueError):
        # Not sys.stdin: the interpreter cannot end while a thread waits inside a buffered reader.
        while os.read(0, 4096):
            pass
    server.should_exit = True
