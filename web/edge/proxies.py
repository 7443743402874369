"""Client address, scheme and host from the headers of trusted proxies.

Headers only count if the connection comes from a trusted network. Each proxy appends to
`X-Forwarded-For`, so the client is the rightmost address that is not trusted. Addresses to the left
of it may be forged.
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
FORWARDING_HEADERS = frozenset({FOR, PROTO, HOST, FORWARDED})
HTTP = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
WS = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
HOP_WITH_PORT = re.compile(r"\[(?P<six>[^\]]*)\](?::\d+)?|(?P<four>[\d.]+):\d+")


class TrustedProxies:
    """Networks of proxies whose headers are trusted; `in` checks a host.

    Args:
        networks: addresses or networks such as "10.0.0.0/8".

    Raises:
        ValueError: if one of them is invalid.
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

    def client_address(self, peer: str, hops: list[str]) -> str:
        """Return the client's address.

        If a hop is not an address, such as "unknown", the result is the proxy to its right.

        Args:
            peer: address of the connection.
            hops: addresses in the order in which the proxies added them.
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
    """Middleware that replaces the proxy's address, scheme and host by those of the client."""

    def __init__(self, app: ASGIApp, proxies: TrustedProxies) -> None:
        self._app = app
        self._proxies = proxies

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Call the application with the client's address, scheme and host."""
        client = scope.get("client")
        if client and client[0] in self._proxies:
            values = _forwarded_values(scope["headers"])
            if values["for"]:
                scope["client"] = (self._proxies.client_address(client[0], values["for"]), 0)
            if values["proto"]:
                is_socket = scope["type"] == "websocket"
                scheme = (WS if is_socket else HTTP).get(values["proto"][-1].lower())
                scope["scheme"] = scheme or scope["scheme"]
            if values["host"]:
                host = values["host"][-1].encode("latin-1")
                other_headers = [header for header in scope["headers"] if header[0] != b"host"]
                scope["headers"] = [(b"host", host), *other_headers]
        return self._app(scope, receive, send)


def _forwarded_values(headers: Iterable[tuple[bytes, bytes]]) -> Mapping[str, list[str]]:
    """Return the forwarded values named "for", "proto" and "host", each in header order.

    `Forwarded` is only read without `X-Forwarded-*` headers: a proxy that sets those may pass on a
    client's `Forwarded` unchanged.
    """
    raw_values: dict[bytes, list[str]] = {name: [] for name in FORWARDING_HEADERS}
    for name, value in headers:
        if name in FORWARDING_HEADERS:
            raw_values[name].append(value.decode("latin-1"))
    if raw_values[FORWARDED] and not (raw_values[FOR] or raw_values[PROTO] or raw_values[HOST]):
        return _parse_forwarded(",".join(raw_values[FORWARDED]))
    return {
        name: [part.strip() for line in raw_values[key] for part in line.split(",") if part.strip()]
        for name, key in (("for", FOR), ("proto", PROTO), ("host", HOST))
    }


def _parse_forwarded(text: str) -> Mapping[str, list[str]]:
    """Return the values of a `Forwarded` header (RFC 7239, section 4).

    Quotes are ignored when splitting, so that a client's unclosed quote cannot hide what a proxy
    appends.
    """
    values: dict[str, list[str]] = {"for": [], "proto": [], "host": []}
    for element in text.split(","):
        for pair in element.split(";"):
            name, _, value = pair.strip().partition("=")
            if name.lower() in values:
                values[name.lower()].append(value.strip('"'))
    return values


def _without_port(hop: str) -> str:
    found = HOP_WITH_PORT.fullmatch(hop)
    return (found["six"] or found["four"] or "") if found else hop
