"""Who really asks if there are proxies in front: the address, and whether HTTPS was used. Pure functions.

A proxy appends the address that it saw to X-Forwarded-For. So the list is read from its end, as long as the entries
are our proxies; anything before that was written by a stranger.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Final

from starlette.datastructures import Headers
from starlette.types import Scope

from .settings import Network

LOOPBACK: Final = (ip_network("127.0.0.0/8"), ip_network("::1"))
MANY: Final = 32
"""At most so many addresses of an X-Forwarded-For are read."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Who asks. `address` is "" if unknown; `is_named_proxy`: the connection comes from a configured proxy."""

    address: str
    is_https: bool
    is_named_proxy: bool


def peer_of(scope: Scope, headers: Headers, proxies: Iterable[Network]) -> Peer:
    """Who asks by this connection and these headers. `proxies` are named; this machine may forward, too."""
    proxies = tuple(proxies)
    address = (scope.get("client") or ("",))[0]
    is_https = scope.get("scheme") in ("https", "wss")
    is_named_proxy = _is_in(address, proxies)
    if is_named_proxy or _is_in(address, LOOPBACK):
        is_https = is_https or headers.get("x-forwarded-proto", "").split(",")[-1].strip() in ("https", "wss")
        address = _behind(address, headers.getlist("x-forwarded-for"), proxies)
    return Peer(address, is_https, is_named_proxy)


def _behind(address: str, said: list[str], proxies: tuple[Network, ...]) -> str:
    """The last address said that is no named proxy; the first one said where all are; `address` where nothing was said."""
    for one in reversed([part.strip() for line in said for part in line.split(",")][-MANY:]):
        address = one
        if not _is_in(address, proxies):
            break
    return address


def _is_in(address: str, networks: Iterable[Network]) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in networks)
