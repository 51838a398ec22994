"""A connection that strangers cannot fill or hold: uvicorn's, with a limit on what is no body, and on time."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES_MAX = 64 * 1024
"""So much may arrive before it is a head, a piece of a body, or the end of one."""

PATIENCE_S = 75.0
"""How long a request may take to arrive. A larger one has as long again for each PART_BYTES: whoever sends a byte a minute,
or has gone, holds a connection and its share of the memory for bodies."""

PART_BYTES = 1024 * 1024

STALLED_S = 75.0
"""How long a client may take nothing of an answer that waits for it. A slow one that takes a little has all the time."""


class Connection(HttpToolsProtocol):
    """The parser keeps heads and trailers of any size, and joins their pieces in quadratic time; and without a limit on
    time a client that has gone, or does not read its answer, keeps its connection for ever."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._unused_bytes = 0
        self._begin_part()
        self._look_again = self.loop.call_later(PATIENCE_S, self._close_if_late)
        self._look_at_answer(0)

    def connection_lost(self, exc: Exception | None) -> None:
        self._look_again.cancel()
        self._next_look_at_answer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._unused_bytes += len(data)
        self._part_bytes += len(data)
        if self._part_bytes >= PART_BYTES or not self._is_waiting_for_client():
            self._begin_part()
        super().data_received(data)
        if self._unused_bytes > HEAD_BYTES_MAX and not self.transport.is_closing():
            self._refuse_head()

    def on_headers_complete(self) -> None:
        self._unused_bytes = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._unused_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._unused_bytes = 0
        super().on_message_complete()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._unsent_bytes = 0

    def _look_at_answer(self, unsent_bytes: int) -> None:
        self._unsent_bytes = unsent_bytes
        self._next_look_at_answer = self.loop.call_later(STALLED_S, self._end_if_stalled)

    def _end_if_stalled(self) -> None:
        unsent_bytes = self.transport.get_write_buffer_size()
        if 0 < self._unsent_bytes <= unsent_bytes:
            self.transport.abort()  # closing would wait until the rest was taken
        else:
            self._look_at_answer(unsent_bytes)

    def _refuse_head(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.send_400_response(f"The head of the request is larger than {HEAD_BYTES_MAX} bytes.")
        else:  # trailers of a body: the place of the answer is taken
            self.transport.close()

    def _begin_part(self) -> None:
        self._part_bytes = 0
        self._part_begun_s = self.loop.time()

    def _close_if_late(self) -> None:
        left_s = PATIENCE_S
        if self._is_waiting_for_client():
            left_s = self._part_begun_s + PATIENCE_S - self.loop.time()
        if left_s <= 0:
            self.transport.close()
        else:
            self._look_again = self.loop.call_later(left_s, self._close_if_late)

    def _is_waiting_for_client(self) -> bool:
        """Whether the rest of a request is missing. Between two requests uvicorn has its own limit."""
        if self.cycle is None or self.cycle.response_complete:
            return self.timeout_keep_alive_task is None
        return bool(self.cycle.more_body) and not self.flow.read_paused
