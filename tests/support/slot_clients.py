"""Clients that read an expert's slots once and then apply the events that they receive."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from models.bookings.booking import Span
from models.bookings.events import EventKind, Position, position_of
from models.calendar.times import utc_now
from resolvers import slots
from subscriptions.slots import CHANGED, slot_events

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from models.bookings.events import Event
    from models.calendar.slots import Slot, SlotKey
    from models.ids import Id
    from subscriptions.hub import Hub

PATIENCE_SECONDS = 60
DAYS = timedelta(days=3)


@dataclass(frozen=True)
class Snapshot:
    """An expert's listed slots of every length, and the position of the last event they reflect."""

    position: Position
    notice: timedelta
    slots: dict[SlotKey, Slot]

    def listed_at(self, now: datetime) -> dict[SlotKey, Slot]:
        """Return the slots that are still listed at a time, in view of the minimum notice."""
        earliest = now + self.notice
        return {key: slot for key, slot in self.slots.items() if key.starts_at >= earliest}


async def read_slots(expert_id: Id, since: datetime, now: datetime | None = None) -> Snapshot:
    """Read three days of slots as the API does: the calendar with its cursor, then the bookings."""
    until = since + DAYS
    [calendar] = await slots.calendars([expert_id])
    [occupants] = await slots.occupants([Span(expert_id, since, until)])
    assert calendar
    at = now or utc_now()
    listed = {
        slot.key: slot
        for offer in calendar.rules.offers
        for slot in slots.slots_between(calendar, occupants, offer.minutes, since, until, at)
    }
    notice = timedelta(minutes=calendar.rules.minimum_notice_minutes)
    return Snapshot(position_of(calendar), notice, listed)


@dataclass(eq=False)
class SlotClient:
    """A client that knows an expert's slots from a snapshot and the events after it.

    Attributes:
        pause: the seconds that the client takes to process an event.
        events_per_connection: the number of events after which the client reconnects with its last
            cursor.
    """

    hub: Hub
    expert_id: Id
    since: datetime
    snapshot: Snapshot
    pause: float = 0
    events_per_connection: int = 1_000_000
    position: Position = field(init=False)
    received: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.position = self.snapshot.position
        self._advanced = asyncio.Event()

    async def follow(self) -> None:
        """Receive and apply events until this task is cancelled."""
        while True:
            remaining = self.events_per_connection
            async with aclosing(
                slot_events(self.hub, self.expert_id, self.position, CHANGED)
            ) as events:
                async for event in events:
                    await self._apply(event)
                    remaining -= 1
                    if not remaining:
                        break

    async def _apply(self, event: Event) -> None:
        # After a RESET event, all slots are read again. Events that the snapshot already reflects
        # are skipped.
        if event.sequence > self.snapshot.position.sequence:
            if event.kind is EventKind.RESET:
                self.snapshot = await read_slots(self.expert_id, self.since)
            else:
                changed = [state.slot(self.expert_id) for state in event.changed]
                within = {s.key: s for s in changed if s.key.starts_at < self.since + DAYS}
                self.snapshot = replace(self.snapshot, slots=self.snapshot.slots | within)
        await asyncio.sleep(self.pause)
        self.received.append(event.sequence)
        self.position = event.position
        self._advanced.set()

    async def wait_for(self, sequence: int) -> None:
        """Wait until the event with the given sequence number has been received."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.position.sequence < sequence:
                self._advanced.clear()
                await self._advanced.wait()


@asynccontextmanager
async def following(*clients: SlotClient) -> AsyncIterator[None]:
    """Let the given clients receive events for the duration of the context."""
    tasks = [asyncio.create_task(client.follow()) for client in clients]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
