"""Watchers of a calendar: they read its slots once, and from then on only hear of events."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from models.bookings.booking import Span
from models.bookings.events import EventKind, cursor_of
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
class Reading:
    """The listed slots of every length, and the number of the event in that answer's cursor."""

    sequence: int
    notice: timedelta
    slots: dict[SlotKey, Slot]

    def listed_at(self, now: datetime) -> dict[SlotKey, Slot]:
        """Those still listed then: what comes under the minimum notice leaves by the clock."""
        earliest = now + self.notice
        return {key: slot for key, slot in self.slots.items() if key.starts_at >= earliest}


async def read(expert_id: Id, since: datetime, now: datetime | None = None) -> Reading:
    """Read some days as the API does: first the calendar, which has the cursor, then bookings."""
    until = since + DAYS
    [calendar] = await slots.calendars([expert_id])
    [occupants] = await slots.occupants([Span(expert_id, since, until)])
    assert calendar
    at = now or utc_now()
    found = {
        slot.key: slot
        for offer in calendar.rules.offers
        for slot in slots.slots_between(calendar, occupants, offer.minutes, since, until, at)
    }
    notice = timedelta(minutes=calendar.rules.minimum_notice_minutes)
    return Reading(calendar.sequence, notice, found)


@dataclass(eq=False)
class Watcher:
    """Somebody who knows the slots of an expert by a reading and the events after it.

    `pause` is what each event takes; after `patience` of them the connection is lost, and taken
    up again with the cursor of the last one.
    """

    hub: Hub
    expert_id: Id
    since: datetime
    reading: Reading
    pause: float = 0
    patience: int = 1_000_000
    position: int = field(init=False)
    seen: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.position = self.reading.sequence
        self._moved = asyncio.Event()

    async def watch(self) -> None:
        """Hear of events, until cancelled."""
        while True:
            left = self.patience
            cursor = cursor_of(self.expert_id, self.position)
            async with aclosing(slot_events(self.hub, self.expert_id, cursor, CHANGED)) as events:
                async for event in events:
                    await self._learn(event)
                    left -= 1
                    if not left:
                        break

    async def _learn(self, event: Event) -> None:
        # A reset is answered by reading anew; what that reading knows already is left out.
        if event.sequence > self.reading.sequence:
            if event.kind is EventKind.RESET:
                self.reading = await read(self.expert_id, self.since)
            else:
                known = [state.slot(self.expert_id) for state in event.changed]
                within = {s.key: s for s in known if s.key.starts_at < self.since + DAYS}
                self.reading = replace(self.reading, slots=self.reading.slots | within)
        await asyncio.sleep(self.pause)
        self.seen.append(event.sequence)
        self.position = event.sequence
        self._moved.set()

    async def knows(self, sequence: int) -> None:
        """Wait until the event of that number has come."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.position < sequence:
                self._moved.clear()
                await self._moved.wait()


@asynccontextmanager
async def watching(*watchers: Watcher) -> AsyncIterator[None]:
    """Have some watch for as long as the context lasts."""
    tasks = [asyncio.create_task(watcher.watch()) for watcher in watchers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
