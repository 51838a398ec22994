"""One signed HTTP request, on connections that are kept alive."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from queue import Empty, LifoQueue
from typing import TypeAlias
from urllib.parse import urlsplit

from llm_tracer_service.store.dynamodb.credentials import KeysOf
from llm_tracer_service.store.dynamodb.signing import signed_headers

TIMEOUT_S = 5.0
"""DynamoDB answers within milliseconds; after this long, asking again is better."""

Transport: TypeAlias = Callable[[str, bytes], tuple[int, bytes]]
"""Sends the JSON of an operation; returns the status and the body of the answer. Raises OSError if there is no answer: the
operation may have been done all the same. Tests put faults here."""


class HttpTransport:
    """A Transport to one endpoint, such as `https://dynamodb.eu-central-1.amazonaws.com`; safe for many threads."""

    def __init__(self, endpoint: str, region: str, keys: KeysOf) -> None:
        url = urlsplit(endpoint)
        self._is_secure = url.scheme == "https"
        self._host = url.netloc
        self._region = region
        self._keys = keys
        self._idle: LifoQueue[HTTPConnection] = LifoQueue()

    def __call__(self, operation: str, body: bytes) -> tuple[int, bytes]:
        headers = signed_headers(
            self._keys(), self._region, self._host, f"DynamoDB_20120810.{operation}", body, datetime.now(UTC)
        )
        connection = self._connection()
        try:
            connection.request("POST", "/", body, dict(headers))
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, HTTPException) as error:
            connection.close()
            # Other idle connections may be dead too, as after a function was frozen: the next attempt makes a new one.
            self.close()
            raise OSError(f"{type(error).__name__}: {error}") from error
        self._idle.put(connection)
        return answer.status, content

    def close(self) -> None:
        """Closes the idle connections."""
        while True:
            try:
                self._idle.get_nowait().close()
            except Empty:
                return

    def _connection(self) -> HTTPConnection:
        try:
            return self._idle.get_nowait()
        except Empty:
            if self._is_secure:
                return HTTPSConnection(self._host, timeout=TIMEOUT_S, context=self._trusted)
            return HTTPConnection(self._host, timeout=TIMEOUT_S)

    @cached_property
    def _trusted(self) -> ssl.SSLContext:
        return ssl.create_default_context()
