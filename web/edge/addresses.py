"""Network addresses of clients: parsing, trusted proxies, and the keys of per-address limits."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

# `_TrustedHosts` is private, but uvicorn's public middleware neither validates networks nor exposes
# its check of a client.
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware, _TrustedHosts

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable

    from starlette.types import ASGIApp, Receive, Scope, Send

Address = IPv4Address | IPv6Address

MAX_ADDRESS_CHARS = 64
"""More than the length of any IPv6 address with a zone; longer texts are not IP addresses."""

SITE_BITS = 64
"""Prefix length of the smallest IPv6 network that a customer is assigned (RFC 6177, RFC 4291)."""


def parse_address(host: str) -> Address | None:
    """Parse an IP address, converting IPv4-mapped IPv6 to IPv4; return None if it is invalid."""
    return _parse_address(host) if len(host) <= MAX_ADDRESS_CHARS else None


@lru_cache(maxsize=4096)
def _parse_address(host: str) -> Address | None:
    if "%" in host:  # the zone only has a meaning on the local machine
        host = host.partition("%")[0]
    try:
        address = ip_address(host)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def address_key(host: str) -> str:
    """Return the key for per-address limits: the IPv4 address or the IPv6 /64 network.

    All texts that are not IP addresses, such as a proxy's "unknown", share the empty key.
    """
    return _address_key(host) if len(host) <= MAX_ADDRESS_CHARS else ""


@lru_cache(maxsize=4096)
def _address_key(host: str) -> str:
    address = _parse_address(host)
    if isinstance(address, IPv6Address):
        network = int(address) >> (128 - SITE_BITS) << (128 - SITE_BITS)
        return f"{IPv6Address(network)}/{SITE_BITS}"
    return str(address or "")


class TrustedProxies(_TrustedHosts):
    """Networks of proxies whose headers are trusted; `in` checks whether they contain an address.

    Args:
        networks: IP addresses or networks such as "10.0.0.0/8".

    Raises:
        ValueError: an address or network is invalid.
    """

    def __init__(self, networks: Iterable[str]) -> None:
        valid = [ip_network(network) for network in networks]
        # A socket for both IP versions shows the IPv4 peer 10.0.0.1 as ::ffff:10.0.0.1 (RFC 4291,
        # 2.5.5.2), so IPv4 networks are added in this form, too.
        mapped = [
            f"::ffff:{network.network_address}/{96 + network.prefixlen}"
            for network in valid
            if isinstance(network, IPv4Network)
        ]
        super().__init__([*map(str, valid), *mapped])


class ForwardedClients:
    """Uvicorn's middleware for X-Forwarded-For and X-Forwarded-Proto, plus X-Forwarded-Host."""

    def __init__(self, app: ASGIApp, proxies: TrustedProxies) -> None:
        self._proxies = proxies
        middleware = ProxyHeadersMiddleware(app)  # type: ignore[arg-type] # Starlette's types
        middleware.trusted_hosts = proxies
        self._app: ASGIApp = middleware  # type: ignore[assignment] # likewise

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Call the application with the original client's address, scheme and host."""
        client = scope.get("client")
        if client and client[0] in self._proxies:
            hosts = [value for name, value in scope["headers"] if name == b"x-forwarded-host"]
            if hosts:
                # The last host in the header was added by the nearest proxy.
                host = hosts[-1].rpartition(b",")[2].strip()
                others = [header for header in scope["headers"] if header[0] != b"host"]
                scope["headers"] = [(b"host", host), *others]
        return self._app(scope, receive, send)
