"""Replies to `hello`, in which a server describes itself, rewritten for the wire proxy.

Sources: https://www.mongodb.com/docs/manual/reference/command/hello/,
https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-discovery-and-monitoring.md
(server types, `topologyVersion`) and
https://github.com/mongodb/specifications/blob/master/source/wireversion-featurelist/wireversion-featurelist.md
(21: MongoDB 7.0, 25: MongoDB 8.0).
"""

from __future__ import annotations

import asyncio
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from bson import Int64, ObjectId

if TYPE_CHECKING:
    from tests.support.wire_faults import Document

HELLO: Final = frozenset({"hello", "isMaster", "ismaster"})
OF_REPLICA_SETS: Final = frozenset(
    {
        *("setName", "setVersion", "hosts", "passives", "arbiters", "primary", "me"),
        *("secondary", "electionId", "lastWrite"),
    }
)
"""Fields of a reply to `hello` that a mongos does not send."""


class Role(Enum):
    """Role of a server in a deployment."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    MONGOS = "mongos"


class Topology:
    """A server's own view of the topology.

    Args:
        host: the network address (`host:port`) at which drivers reach the server.
        role: the server's role.
        max_wire_version: the newest version of the wire protocol that the server announces; None or
            0 for the version that the database itself announces.
    """

    def __init__(self, host: str, role: Role, max_wire_version: int | None) -> None:
        self._host = host
        self.role = role
        self._max_wire_version = max_wire_version
        self._process = ObjectId()
        self._counter = 0
        self.changed = asyncio.Event()
        """Event that is set at the next change of the topology, and then replaced by a new one."""

    @property
    def version(self) -> dict[str, Any]:
        """The `topologyVersion`."""
        return {"processId": self._process, "counter": Int64(self._counter)}

    async def change(self, *, role: Role | None, max_wire_version: int | None) -> None:
        """Change the role or the wire version (0 for the database's), and wake waiting drivers."""
        self.role = role or self.role
        if max_wire_version is not None:
            self._max_wire_version = max_wire_version
        self.next_version()

    def next_version(self) -> dict[str, Any]:
        """Let the primary step down and be re-elected; return the topology version in between."""
        self._counter += 1
        stepped_down = self.version
        self._counter += 1
        self.changed.set()
        self.changed = asyncio.Event()
        return stepped_down

    def rewritten(self, hello: Document) -> dict[str, Any]:
        """Return the database's reply to `hello`, rewritten to describe this server."""
        reply = {**hello, "topologyVersion": self.version}
        reply.pop("compression", None)  # The proxy does not speak OP_COMPRESSED.
        if self._max_wire_version:
            reply["maxWireVersion"] = self._max_wire_version
        if self.role is Role.MONGOS:
            for name in OF_REPLICA_SETS:
                reply.pop(name, None)
            return {**reply, "msg": "isdbgrid"}
        reply |= {"hosts": [self._host], "me": self._host, "primary": self._host}
        if self.role is Role.SECONDARY:
            for name in ("primary", "electionId"):
                reply.pop(name, None)
            reply |= {"secondary": True, "isWritablePrimary": False, "ismaster": False}
        return reply
