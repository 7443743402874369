"""Parse IP addresses and map them to the key under which a client's usage is counted."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

Address = IPv4Address | IPv6Address

SITE_BITS = 64
"""Length of the smallest IPv6 prefix that a customer is assigned (RFC 6177, RFC 4291)."""


@lru_cache(maxsize=4096)
def parse_address(host: str) -> Address | None:
    """Parse an address; return IPv4-mapped IPv6 addresses as IPv4 and None for anything else."""
    if "%" in host:  # the zone only has a meaning on the local machine
        host = host.partition("%")[0]
    try:
        address = ip_address(host)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


@lru_cache(maxsize=4096)
def address_key(host: str) -> str:
    """Return the key for per-address limits: the IPv4 address or the IPv6 /64 network."""
    address = parse_address(host)
    if isinstance(address, IPv6Address):
        network = int(address) >> (128 - SITE_BITS) << (128 - SITE_BITS)
        return f"{IPv6Address(network)}/{SITE_BITS}"
    return str(address or host)
