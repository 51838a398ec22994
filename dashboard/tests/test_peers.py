"""Who really asks, behind proxies that are ours and others that say they are."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest
from dashboard.peers import Peer, peer_of
from starlette.datastructures import Headers

PROXIES = (ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"))


def peer(address: str | None, scheme: str = "http", **headers: str) -> Peer:
    scope: dict[str, Any] = {
        "type": "http",
        "scheme": scheme,
        "client": (address, 1) if address is not None else None,
    }
    return peer_of(scope, Headers({name.replace("_", "-"): text for name, text in headers.items()}), PROXIES)


@pytest.mark.parametrize(
    ("address", "said", "real"),
    [
        ("203.0.113.1", "198.51.100.1", "203.0.113.1"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.2.3.4, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "10.0.0.3,10.0.0.2", "10.0.0.3"),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "198.51.100.1, 127.0.0.1", "127.0.0.1"),
        ("2001:db8::1", "2001:db9::7", "2001:db9::7"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "unknown", "unknown"),
    ],
)
def test_the_last_who_is_no_proxy_of_ours(address: str, said: str, real: str) -> None:
    found = peer(address, x_forwarded_for=said) if said else peer(address)
    assert found.address == real


def test_only_a_proxy_says_that_it_was_https() -> None:
    assert peer("10.0.0.1", x_forwarded_proto="https").is_https
    assert peer("127.0.0.1", "ws", x_forwarded_proto="wss").is_https
    assert not peer("203.0.113.1", x_forwarded_proto="https").is_https
    assert not peer("10.0.0.1", x_forwarded_proto="https, http").is_https
    assert peer("203.0.113.1", "https").is_https


def test_this_machine_forwards_and_is_not_named() -> None:
    assert not peer("127.0.0.1", x_forwarded_for="10.0.0.1").is_named_proxy
    assert peer("10.0.0.1").is_named_proxy


def test_without_an_address_nobody_is_believed() -> None:
    assert peer(None, x_forwarded_for="10.0.0.1") == Peer("", False, False)
    assert peer("testclient", x_forwarded_for="10.0.0.1").address == "testclient"
