"""Runs the application: one process, one event loop, any number of listening ports."""

from __future__ import annotations

import asyncio
import errno
import gc
import logging
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import uvicorn
from starlette.applications import Starlette

from llm_tracer_service.serving.connection import Connection

KEEP_ALIVE_S = 75
"""How long an idle connection is kept. Exporters send every few seconds, and new connections cost more than idle ones."""

GRACE_S = 10
"""How long requests may go on after SIGTERM."""

_OBJECTS_COLLECTED_AFTER = 20_000

_FILES_MAX = 65_536
"""So many connections and files may be open, as far as the system allows; often it starts programs with 256 or 1,024."""

_FULL_SAID_EVERY_S = 60.0

log = logging.getLogger("llm_tracer_service")


class PortInUse(OSError):
    """Another program listens on this port."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(errno.EADDRINUSE, f"Port {port} on {host} is in use by another program.")
        self.host = host
        self.port = port


def listen(host: str, ports: Sequence[int], ports_if_free: Sequence[int] = ()) -> list[list[socket.socket]]:
    """Takes the ports, each on every address of the host. Connections wait until they are served.

    Those of `ports_if_free` that are taken are left out. Raises PortInUse; OSError for an address of another machine.
    """
    listening = [bind(host, port) for port in ports]
    for port in ports_if_free:
        try:
            listening.append(bind(host, port))
        except OSError:
            continue
    return listening


def serve(
    app: Starlette,
    listening: Sequence[Sequence[socket.socket]],
    on_ready: Callable[[], None] = lambda: None,
) -> None:
    """Serves the sockets that `listen` returned until SIGINT or SIGTERM, then finishes the requests that are being answered.

    `on_ready` is called once connections are accepted.
    """
    config = uvicorn.Config(
        app,
        http=Connection,
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
    )
    _raise_limit_of_files()
    # What is loaded now stays. So the collector can skip it, and run less often than after every tenth span: 9 % of CPU.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_COLLECTED_AFTER)
    server = _Server(config, on_ready=on_ready, on_stop=app.state.service.bell.close)
    server.run([each for sockets in listening for each in sockets])


def bind(host: str, port: int) -> list[socket.socket]:
    """Sockets that listen on a port on every address of a host name. Connections wait until they are served.

    Raises PortInUse; OSError for a host that is not this machine.
    """
    sockets: list[socket.socket] = []
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, _, _, _, address in dict.fromkeys(found):
            # Named IPPROTO_TCP, since only then asyncio sets TCP_NODELAY on accepted connections; without it answers wait
            # 40 ms for the client's delayed acknowledgement.
            listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
            sockets.append(listener)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            # A name with two addresses gets the same port on both, even if any free one was asked for.
            listener.bind(
                (address[0], sockets[0].getsockname()[1] if len(sockets) > 1 else port, *address[2:])
            )
            # Until somebody listens, SO_REUSEADDR would let another program bind the same port.
            listener.listen()
            listener.setblocking(False)
    except OSError as fault:
        for each in sockets:
            each.close()
        if fault.errno == errno.EADDRINUSE:
            raise PortInUse(host, port) from None
        raise
    return sockets


def _raise_limit_of_files() -> None:
    with suppress(ImportError, OSError, ValueError):  # Windows has no such limit
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = _FILES_MAX if hard == resource.RLIM_INFINITY else min(_FILES_MAX, hard)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class FullOnce:
    """An exception handler of event loops. asyncio reports a connection for which no file is left 2,000 times a second,
    each time with its traceback; this says it in a line a minute."""

    def __init__(self) -> None:
        self._said_s = -_FULL_SAID_EVERY_S

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        fault = context.get("exception")
        if not (isinstance(fault, OSError) and fault.errno in (errno.EMFILE, errno.ENFILE)):
            loop.default_exception_handler(context)
        elif time.monotonic() - self._said_s >= _FULL_SAID_EVERY_S:
            self._said_s = time.monotonic()
            log.warning(
                "Too many connections are open; new ones wait. Raise the limit of open files (ulimit -n)."
            )


class _Server(uvicorn.Server):
    def __init__(
        self, config: uvicorn.Config, on_ready: Callable[[], None], on_stop: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._on_stop = on_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        asyncio.get_running_loop().set_exception_handler(FullOnce())
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Those who wait for changes are answered now; otherwise stopping would take as long as they are ready to wait.
        self._on_stop()
        await asyncio.sleep(0)
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Like uvicorn's, but the signal is not raised again at the end: the caller has yet to close the store."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {
            number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
