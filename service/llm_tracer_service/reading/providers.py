"""One name for each provider, whatever the sender calls it."""

from __future__ import annotations

from functools import lru_cache

from llm_tracer_service.reading.dialects import Dialects

_REMEMBERED_MAX = 2_000
_NAME_CHARS_MAX = 100


class Providers:
    """The canonical names of providers, by the table."""

    def __init__(self, dialects: Dialects) -> None:
        self._patterns = dialects.providers
        self._hosts = dialects.hosts
        self._remembered = lru_cache(_REMEMBERED_MAX)(self._find)

    def name(self, sent: str, server: str | None = None, port: int | None = None) -> str:
        """The canonical name; a name that is not in the table is kept in lower case.

        "openai" often says only which API is spoken: then the name of the server decides.
        """
        return self._remembered(sent, server, port)

    def known(self, sent: str) -> str | None:
        """The canonical name of a provider in the table; None for anything else."""
        lower = sent[:_NAME_CHARS_MAX].lower()
        return next((provider for pattern, provider in self._patterns if pattern.match(lower)), None)

    def _find(self, sent: str, server: str | None, port: int | None) -> str:
        found = self._canonical(sent)
        if found == "openai" and server is not None:
            found = self._by_host(server, port) or found
        return found

    def _canonical(self, sent: str) -> str:
        lower = sent.lower()
        for pattern, provider in self._patterns:
            if pattern.match(lower):
                return provider
        return lower

    def _by_host(self, server: str, port: int | None) -> str | None:
        host = server.lower().removeprefix("https://").removeprefix("http://").split("/")[0]
        with_port = f"{host}:{port}" if port is not None and ":" not in host else host
        for name, provider in self._hosts.items():
            if with_port == name or host == name or host.endswith("." + name):
                return provider
        return None
