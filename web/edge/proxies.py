"""Proxies that are trusted: what they say of the client is taken for what the client is.

Only headers of a connection from such a network count. Each proxy adds to the right of
`X-Forwarded-For`, so that the client is the first from the right that is no proxy of ours; what is
left of it is what the client itself may have sent.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import ip_network
from typing import TYPE_CHECKING

from web.edge.addresses import parse_address

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable, Mapping
    from ipaddress import IPv4Network, IPv6Network

    from starlette.types import ASGIApp, Receive, Scope, Send

FOR, PROTO, HOST = b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host"
FORWARDED = b"forwarded"
OURS = frozenset({FOR, PROTO, HOST, FORWARDED})
HTTP = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
WS = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
HOP_WITH_PORT = re.compile(r"\[(?P<six>[^\]]*)\](?::\d+)?|(?P<four>[\d.]+):\d+")


class TrustedProxies:
    """The networks whose word counts.

    Raises:
        ValueError: where one of them is no network.
    """

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks: list[IPv4Network | IPv6Network] = [ip_network(net) for net in networks]
        self._is_trusted = lru_cache(maxsize=4096)(self._is_within)

    def __bool__(self) -> bool:
        return bool(self._networks)

    def __contains__(self, host: object) -> bool:
        return isinstance(host, str) and self._is_trusted(host)

    def _is_within(self, host: str) -> bool:
        address = parse_address(host)
        return address is not None and any(address in network for network in self._networks)

    def client_of(self, peer: str, hops: list[str]) -> str:
        """Who asked, by the hops as they were added from left to right.

        A hop that is no address, which is what some proxies write for a client that they do not
        know, tells nothing: then it is the nearest proxy that is known.
        """
        client = peer
        for hop in reversed(hops):
            address = parse_address(_without_port(hop))
            if address is None:
                break
            client = str(address)
            if client not in self:
                break
        return client


class ForwardedClients:
    """Puts the client, its scheme and the host that it asked in place of the proxy's."""

    def __init__(self, app: ASGIApp, proxies: TrustedProxies) -> None:
        self._app = app
        self._proxies = proxies

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Handle a request as from the client."""
        client = scope.get("client")
        if client and client[0] in self._proxies:
            said = _said(scope["headers"])
            if said["for"]:
                scope["client"] = (self._proxies.client_of(client[0], said["for"]), 0)
            if said["proto"]:
                is_socket = scope["type"] == "websocket"
                scheme = (WS if is_socket else HTTP).get(said["proto"][-1].lower())
                scope["scheme"] = scheme or scope["scheme"]
            if said["host"]:
                host = said["host"][-1].encode("latin-1")
                others = [header for header in scope["headers"] if header[0] != b"host"]
                scope["headers"] = [(b"host", host), *others]
        return self._app(scope, receive, send)


def _said(headers: Iterable[tuple[bytes, bytes]]) -> Mapping[str, list[str]]:
    """What the proxies said, from left to right.

    `Forwarded` counts only where they send nothing else: a proxy that knows the one header passes
    on the other as the client wrote it.
    """
    lines: dict[bytes, list[str]] = {name: [] for name in OURS}
    for name, value in headers:
        if name in OURS:
            lines[name].append(value.decode("latin-1"))
    if lines[FORWARDED] and not (lines[FOR] or lines[PROTO] or lines[HOST]):
        return _of_forwarded(",".join(lines[FORWARDED]))
    return {
        name: [part.strip() for line in lines[key] for part in line.split(",") if part.strip()]
        for name, key in (("for", FOR), ("proto", PROTO), ("host", HOST))
    }


def _of_forwarded(text: str) -> Mapping[str, list[str]]:
    """The elements of `Forwarded` (RFC 7239, 4).

    Quotes are not heeded in splitting it: one that a client leaves open must not swallow what a
    proxy adds.
    """
    said: dict[str, list[str]] = {"for": [], "proto": [], "host": []}
    for element in text.split(","):
        for pair in element.split(";"):
            name, _, value = pair.strip().partition("=")
            if name.lower() in said:
                said[name.lower()].append(value.strip('"'))
    return said


def _without_port(hop: str) -> str:
    found = HOP_WITH_PORT.fullmatch(hop)
    return (found["six"] or found["four"] or "") if found else hop
