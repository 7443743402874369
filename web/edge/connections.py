"""The connections of one process: how many there are, and how many each address has."""

from __future__ import annotations

import resource
from collections import Counter
from typing import TYPE_CHECKING

from uvicorn.server import ServerState

from web.edge.addresses import counted_as
from web.edge.refusals import FULL, TOO_MANY_CONNECTIONS, HttpRefused

if TYPE_CHECKING:
    from web.edge.proxies import TrustedProxies

MOST = 10_000
MOST_PER_ADDRESS = 400
"""Twice as many as an address may have sockets."""

OTHER_FILES = 200
"""Descriptors for everything but clients: the database, Redis, mail, files that are served."""


class Connections(ServerState):
    """Admits connections up to a number, and up to another from each address.

    Args:
        proxies: who connects for many, and is not counted.
        has_caps: whether addresses are counted at all.
    """

    def __init__(self, proxies: TrustedProxies, *, has_caps: bool) -> None:
        super().__init__()
        self._most = min(MOST, open_files() - OTHER_FILES)
        self._addresses: Counter[str] = Counter()
        self._proxies = proxies
        self.has_caps = has_caps

    def enter(self, host: str | None) -> str | None:
        """Admit one that is among the connections; gives the place to leave later, if any.

        Raises:
            Refused: where there are too many.
        """
        if len(self.connections) > self._most:
            raise HttpRefused(FULL)
        if not self.has_caps or host is None or host in self._proxies:
            return None
        place = counted_as(host)
        if self._addresses[place] >= MOST_PER_ADDRESS:
            raise HttpRefused(TOO_MANY_CONNECTIONS)
        self._addresses[place] += 1
        return place

    def leave(self, place: str) -> None:
        """Count one less."""
        self._addresses[place] -= 1
        if not self._addresses[place]:
            del self._addresses[place]


def open_files() -> int:
    """How many files this process may have open, after asking for as many as it may ask for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST + OTHER_FILES
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return wanted if soft == resource.RLIM_INFINITY else soft
