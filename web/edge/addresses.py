"""Internet addresses: which of them count as one client."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

Address = IPv4Address | IPv6Address

SITE_BITS = 64
"""Of an IPv6 address: what a single customer is given at least (RFC 6177, RFC 4291)."""


@lru_cache(maxsize=4096)
def parsed(host: str) -> Address | None:
    """An address as it is written; one of IPv4 in IPv6's clothes is IPv4's."""
    if "%" in host:  # a zone is a matter of the machine's own links
        host = host.partition("%")[0]
    try:
        address = ip_address(host)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


@lru_cache(maxsize=4096)
def counted_as(host: str) -> str:
    """Under what a client's address is counted: itself, and of IPv6 its network."""
    address = parsed(host)
    if isinstance(address, IPv6Address):
        network = int(address) >> (128 - SITE_BITS) << (128 - SITE_BITS)
        return f"{IPv6Address(network)}/{SITE_BITS}"
    return str(address or host)
