"""Servers that reach their database through a wire proxy."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support.databases import run_database
from tests.support.fleet import Fleet
from tests.support.wire_hello import Role
from tests.support.wire_proxy import WireProxy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SERVERS = 2
SETTINGS = {
    "experts": 20,
    "throttle": "off",
    "access_token_minutes": 1440,
    "hold_seconds": 3600,
}


@dataclass
class Cluster:
    """Servers that reach their database through a proxy."""

    database_url: str
    proxy: WireProxy
    fleet: Fleet


@contextmanager
def run_cluster(folder: Path, role: Role = Role.PRIMARY) -> Iterator[Cluster]:
    """Run two servers that reach one database through a proxy, which appears in the given role."""
    with (
        run_database(folder / "database") as url,
        WireProxy(url, role=role) as proxy,
        Fleet(folder, SERVERS, mongodb_url=proxy.url, **SETTINGS) as fleet,
    ):
        yield Cluster(url, proxy, fleet)
