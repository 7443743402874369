"""Event logs of new experts, to which tests commit events directly."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from models.bookings.events import Event, EventKind, Position, position_of
from models.calendar.rules import Calendar
from models.calendar.times import utc_now
from models.ids import Id, new_id
from models.store.transactions import READ, WRITE
from tests.support.samples import rules

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from models.store.connection import Client
    from subscriptions.audiences import EncodedEvents


@dataclass
class EventLog:
    """One expert's events."""

    client: Client
    expert_id: Id = field(default_factory=new_id)

    async def commit(self, count: int = 1, **fields: Any) -> list[Event]:
        """Commit new events and the event counter in one transaction; announce no event."""
        calendar = await Calendar.get(self.expert_id)
        assert calendar
        events: list[Event] = []
        position = position_of(calendar)
        for number in range(1, count + 1):
            event = Event(
                expert_id=self.expert_id,
                sequence=calendar.sequence + number,
                at=utc_now(),
                kind=EventKind.STATUS,
                previous_id=position.event_id,
                **fields,
            )
            position = event.position
            events.append(event)
        async with (
            self.client.start_session() as session,
            await session.start_transaction(READ, WRITE),
        ):
            counter = {"$inc": {"sequence": count}, "$set": {"last_event_id": position.event_id}}
            await Calendar.find_one({"_id": self.expert_id}, session=session).update(counter)
            await Event.insert_many(events, session=session)
        return events

    async def restore(self, position: Position) -> None:
        """Remove all events after a position, as restoring a backup from that moment would do."""
        later = {"expert_id": self.expert_id, "sequence": {"$gt": position.sequence}}
        await Event.find(later).delete()
        fields = {"sequence": position.sequence, "last_event_id": position.event_id}
        await Calendar.find_one({"_id": self.expert_id}).update({"$set": fields})


class Member:
    """A member of an audience that records the numbers of the events that it receives."""

    viewer_id: Id | None = None

    def __init__(self) -> None:
        self.received: list[int] = []
        self.has_received = asyncio.Event()

    def render(self, event: Event) -> bytes:
        """Return the event's number."""
        return b"%d" % event.sequence

    def send(self, events: EncodedEvents) -> bool:
        """Record the numbers of the events."""
        self.received += [int(payload) for payload in events.payloads]
        self.has_received.set()
        return True

    async def drained(self) -> None:
        """Return at once, because there is no send buffer to drain."""


@asynccontextmanager
async def event_logs(client: Client, count: int = 1) -> AsyncIterator[list[EventLog]]:
    """Insert calendars with empty event logs; delete both when the context ends."""
    logs = [EventLog(client) for _ in range(count)]
    ids = [log.expert_id for log in logs]
    await Calendar.insert_many([Calendar(id=id_, rules=rules()) for id_ in ids])
    try:
        yield logs
    finally:
        await Event.find({"expert_id": {"$in": ids}}).delete()
        await Calendar.find({"_id": {"$in": ids}}).delete()
