"""Checks every command that the application sends to the database.

Reads must return majority-committed data, writes must survive a failover, and a write to a sharded
collection must name the shard key, because a mongos sends any other write to every shard. Sources:

- https://www.mongodb.com/docs/manual/reference/read-concern-majority/
- https://www.mongodb.com/docs/manual/core/transactions/#transactions-and-read-concern
- https://www.mongodb.com/docs/manual/core/sharded-cluster-query-router/#targeted-operations-vs--broadcast-operations
"""

from __future__ import annotations

import functools
import sys
from collections import deque
from typing import TYPE_CHECKING, Any, Final

import pymongo
from pymongo.monitoring import CommandListener

from models.store import connection

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pymongo.monitoring import (
        CommandFailedEvent,
        CommandStartedEvent,
        CommandSucceededEvent,
    )

    Command = Mapping[str, Any]

OFFENCE: Final = "OFFENCE: "
READS: Final = frozenset({"find", "aggregate", "count", "distinct"})
WRITES: Final = frozenset(
    {"insert", "update", "delete", "bulkWrite", "findAndModify", "commitTransaction"}
)
SHARD_KEYS: Final = {
    **dict.fromkeys(("bookings", "events", "reviews", "waits"), "expert_id"),
    "calendars": "_id",
}


class CommandRules(CommandListener):
    """Collects the database commands of this process's application that violate a rule."""

    def __init__(self) -> None:
        self.offences: list[str] = []
        self.levels: deque[str] = deque(maxlen=100)
        """The read concern levels of the latest reads outside of transactions."""
        self._has_snapshot: dict[bytes, bool] = {}

    def started(self, event: CommandStartedEvent) -> None:
        """Check a command."""
        for offence in self._offences(event.command_name, event.command):
            self.offences.append(f"{offence}: {str(event.command)[:500]}")
            print(OFFENCE, self.offences[-1], file=sys.stderr)  # noqa: T201 - for a server's log

    def succeeded(self, _event: CommandSucceededEvent) -> None:
        """Do nothing."""

    def failed(self, _event: CommandFailedEvent) -> None:
        """Do nothing."""

    def _offences(self, name: str, command: Command) -> Iterator[str]:
        level = command.get("readConcern", {}).get("level", "")
        preference = command.get("$readPreference", {"mode": "primary"})
        if name in READS and preference["mode"] != "primary":
            yield "not a read from the primary"
        if "autocommit" in command:
            session = bytes(command["lsid"]["id"])
            if command.get("startTransaction"):
                self._has_snapshot[session] = level == "snapshot"
            if name in READS and not self._has_snapshot[session]:
                yield "a transaction that reads without a snapshot"
        elif name in READS:
            self.levels.append(level)
            if level not in {"majority", "snapshot"}:
                yield "a read that may be rolled back"
        is_commit_or_single = "autocommit" not in command or name == "commitTransaction"
        is_majority = command.get("writeConcern", {}).get("w") == "majority"
        if name in WRITES and is_commit_or_single and not is_majority:
            yield "a write that may be rolled back"
        for collection, filter_ in _written(name, command):
            if SHARD_KEYS.get(collection, "_id") not in filter_ and collection in SHARD_KEYS:
                yield "a write to every shard"


def _written(name: str, command: Command) -> Iterator[tuple[str, Command]]:
    """Yield the collection and filter of each update and delete in a command."""
    if name == "bulkWrite":
        names = [each["ns"].partition(".")[2] for each in command["nsInfo"]]
        for operation in command["ops"]:
            if "filter" in operation:
                number = operation.get("update", operation.get("delete"))
                yield names[number], operation["filter"]
    for kind, list_ in (("update", "updates"), ("delete", "deletes")):
        if name == kind:
            yield from ((command[name], statement["q"]) for statement in command.get(list_, ()))
    if name == "findAndModify":
        yield command[name], command.get("query", {})


RULES = CommandRules()


def watch_commands() -> None:
    """Check the commands of all connections that the application opens from now on."""

    @functools.wraps(pymongo.AsyncMongoClient)
    def watched(*arguments: Any, event_listeners: list[Any], **options: Any) -> Any:
        listeners = [*event_listeners, RULES]
        return pymongo.AsyncMongoClient(*arguments, event_listeners=listeners, **options)

    setattr(connection, "AsyncMongoClient", watched)  # noqa: B010 - the module does not export it
