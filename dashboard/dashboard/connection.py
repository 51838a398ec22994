"""A connection that strangers cannot hold: uvicorn's, with a limit on how long a request may take to arrive."""

from __future__ import annotations

import asyncio
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol

PATIENCE_S: Final = 75.0
"""Requests are small: pages only ask, and the largest body is that of the sign-in."""


class Connection(H11Protocol):
    """By h11, since httptools takes heads of any size. Without the limit, a client that sends a byte a minute, or has gone,
    keeps its connection for ever. The service has one of its own, for bodies of any size; neither part imports the other."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._begun_s = self.loop.time()
        self._look_again = self.loop.call_later(PATIENCE_S, self._close_if_late)

    def connection_lost(self, exc: Exception | None) -> None:
        self._look_again.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._is_waiting_for_client():
            self._begun_s = self.loop.time()
        super().data_received(data)

    def _close_if_late(self) -> None:
        if self.transport.get_protocol() is not self:
            return  # it has become a WebSocket
        left_s = PATIENCE_S
        if self._is_waiting_for_client():
            left_s = self._begun_s + PATIENCE_S - self.loop.time()
        if left_s <= 0:
            self.transport.close()
        else:
            self._look_again = self.loop.call_later(left_s, self._close_if_late)

    def _is_waiting_for_client(self) -> bool:
        """Whether the rest of a request is missing. Between two requests uvicorn has its own limit."""
        if self.cycle is None or self.cycle.response_complete:
            return self.timeout_keep_alive_task is None
        return bool(self.cycle.more_body)
