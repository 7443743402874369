"""Database faults that tests inject, either once or at a rate under load."""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bson import ObjectId
from pymongo import MongoClient
from pymongo.errors import DuplicateKeyError

from tests.support.wire_faults import (
    CommandError,
    Delay,
    Fault,
    LostReply,
    WriteConcernError,
)
from tests.support.wire_hello import Role

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
    from contextlib import AbstractAsyncContextManager

    from tests.support.wire_proxy import WireProxy

COMMIT, WRITE = "commitTransaction", "bulkWrite"
READS = ("find", "aggregate", "getMore")
CODES = (
    *(6, 24, 50, 59, 64, 89, 91, 112, 115, 133, 189, 246, 251, 262),
    *(10107, 11600, 11602, 13435),
)
"""Error codes with which any command may fail."""
CYCLE_SECONDS = 1.0
"""Length of a cycle in seconds; some faults last for a part of each cycle."""
Effect = CommandError | WriteConcernError | LostReply | Delay


def from_mongos(code: int) -> CommandError:
    """Return an error as a mongos sends it: without labels, so that the driver does not retry."""
    return CommandError(code, labels=())


@dataclass(frozen=True)
class Case:
    """A fault to inject, and the commands that it affects."""

    name: str
    effect: Effect
    command: str | tuple[str, ...] | None = None
    takes_effect: bool = False
    matches: Callable[[Mapping[str, Any]], bool] | None = None

    def __str__(self) -> str:
        return self.name

    def fault(self, *, rate: float = 1.0, times: int | None = None) -> Fault:
        """Return the fault, to be injected at the given rate and at most `times` times."""
        return Fault(
            self.effect,
            self.command,
            matches=self.matches,
            rate=rate,
            times=times,
            takes_effect=self.takes_effect,
        )


UNKNOWN_COMMITS = [
    *(Case(f"{code} before the commit", from_mongos(code), COMMIT) for code in (6, 50, 89, 262)),
    *(
        Case(f"{code} after the commit", from_mongos(code), COMMIT, takes_effect=True)
        for code in (6, 50, 89, 262)
    ),
    Case("commit not acknowledged", WriteConcernError(64), COMMIT),
]
KNOWN_COMMITS = [
    *(Case(f"{code} for the commit", CommandError(code), COMMIT) for code in (24, 112, 246, 251)),
    *(
        Case(f"{code} after the commit", CommandError(code), COMMIT, takes_effect=True)
        for code in (91, 189, 10107, 11600, 11602)
    ),
    Case("lost commit", LostReply(), COMMIT),
    Case("lost answer to the commit", LostReply(), COMMIT, takes_effect=True),
    Case("slow commit", Delay(0.2), COMMIT),
]
WRITES_AND_READS = [
    *(
        Case(f"{code} for a write", CommandError(code), WRITE)
        for code in (6, 24, 89, 91, 112, 189, 246, 251, 262, 10107, 11600, 11602)
    ),
    *(
        Case(f"{code} for a read", CommandError(code), READS)
        for code in (6, 89, 91, 189, 262, 10107, 11600, 11602, 13435)
    ),
    Case("lost write", LostReply(), WRITE),
    Case("lost answer to a write", LostReply(), WRITE, takes_effect=True),
    Case("lost read", LostReply(), READS),
]
MISLEADING_COMMITS = [
    *(
        Case(f"{code} in spite of the commit", from_mongos(code), COMMIT, takes_effect=True)
        for code in (24, 59, 112, 115, 133, 246, 251)
    ),
    *(
        Case(f"commit not acknowledged because of {code}", WriteConcernError(code), COMMIT)
        for code in (79, 100, 11601)
    ),
]
"""Errors of commits that took effect, although the errors suggest the contrary."""
ONCE = [*UNKNOWN_COMMITS, *KNOWN_COMMITS, *MISLEADING_COMMITS, *WRITES_AND_READS]
"""Faults that each affect only one kind of command."""


def _of_any_command() -> Iterator[Case]:
    """Yield the faults that may affect any kind of command."""
    for code in CODES:
        yield Case(f"{code} before", CommandError(code))
        yield Case(f"{code} after", CommandError(code), takes_effect=True)
    for code in (64, 91, 11600, 11602):
        yield Case(f"{code} of the write concern", WriteConcernError(code), matches=is_acknowledged)
    yield Case("lost command", LostReply())
    yield Case("lost answer", LostReply(), takes_effect=True)
    yield Case("slow primary", Delay(0.1))


def is_acknowledged(command: Mapping[str, Any]) -> bool:
    """Return whether a command waits until its write concern is fulfilled."""
    return "writeConcern" in command


@dataclass(frozen=True)
class Disturbance:
    """A fault under load, which `during(proxy, rate)` injects while its context is open."""

    name: str
    during: Callable[[WireProxy, float], AbstractAsyncContextManager[None]]

    def __str__(self) -> str:
        return self.name


def injected(name: str, *cases: Case, wire_version: int | None = None) -> Disturbance:
    """Return a disturbance that injects the given faults, each at an equal share of the rate.

    Args:
        name: the disturbance's name.
        cases: the faults to inject.
        wire_version: version of the wire protocol that the database announces during the faults.
    """

    @asynccontextmanager
    async def during(proxy: WireProxy, rate: float) -> AsyncIterator[None]:
        if wire_version:
            proxy.announce(max_wire_version=wire_version)
        with ExitStack() as faults:
            for case in cases:
                faults.enter_context(proxy.injected(case.fault(rate=rate / len(cases))))
            yield
        if wire_version:
            proxy.announce(max_wire_version=0)

    return Disturbance(name, during)


@asynccontextmanager
async def rolled_back(proxy: WireProxy, rate: float) -> AsyncIterator[None]:
    """In each cycle, insert events and bookings, and roll them back after a part of the cycle."""

    def write(database: Any) -> None:
        calendars = list(database["calendars"].aggregate([{"$sample": {"size": 1}}]))
        ended = database["bookings"].aggregate([{"$match": {"active": False}}, *ONE])
        for calendar in calendars:
            last = database["events"].find_one({"_id": calendar.get("last_event_id")})
            if last:
                event = last | {"_id": ObjectId(), "sequence": last["sequence"] + 1}
                proxy.uncommitted.insert("events", event)
        for booking in ended:
            status = {"status": "CONFIRMED", "active": True, "held_until": None}
            proxy.uncommitted.insert("bookings", booking | status | {"_id": ObjectId()})

    def write_and_roll_back(database: Any) -> None:
        with proxy.uncommitted.until_rollback():
            # A server under test may have written a conflicting document.
            with suppress(DuplicateKeyError):
                write(database)
            time.sleep(CYCLE_SECONDS * rate)

    with MongoClient[dict[str, Any]](proxy.database_url) as client:

        async def once() -> None:
            await asyncio.to_thread(write_and_roll_back, client.get_default_database())

        async with _repeated(once, pause=CYCLE_SECONDS * (1 - rate)):
            yield


@asynccontextmanager
async def stepping_down(proxy: WireProxy, rate: float) -> AsyncIterator[None]:
    """In each cycle, turn the primary into a secondary for a part of the cycle."""

    async def once() -> None:
        await asyncio.to_thread(proxy.announce, role=Role.SECONDARY)
        await asyncio.sleep(CYCLE_SECONDS * rate)
        await asyncio.to_thread(proxy.announce, role=Role.PRIMARY)

    async with _repeated(once, pause=CYCLE_SECONDS * (1 - rate)):
        yield


@asynccontextmanager
async def _repeated(once: Callable[[], Awaitable[None]], pause: float) -> AsyncIterator[None]:
    """Repeat a fault while the context lasts; at its end, wait for the last fault to end."""
    over = asyncio.Event()

    async def repeat() -> None:
        while not over.is_set():
            await once()
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), pause)

    async with asyncio.TaskGroup() as group:
        group.create_task(repeat())
        yield
        over.set()


OLDER, CURRENT, NEWER = 21, 25, 28
"""Versions of the wire protocol: those of MongoDB 7.0 and 8.0, and a future one."""
ONE = [{"$sample": {"size": 1}}]
ALL = injected("all", *ONCE)
ROLLBACKS = Disturbance("rollbacks", rolled_back)
ELECTIONS = Disturbance("elections", stepping_down)
DISTURBANCES = [
    *(injected(case.name, case) for case in (*_of_any_command(), *UNKNOWN_COMMITS)),
    *(
        injected(f"all at wire version {version}", *ONCE, wire_version=version)
        for version in (OLDER, CURRENT, NEWER)
    ),
    ROLLBACKS,
    ELECTIONS,
]
OF_MONGOS = injected("all of a mongos", *UNKNOWN_COMMITS, *WRITES_AND_READS)
"""The disturbance for a proxy that appears as a mongos."""
