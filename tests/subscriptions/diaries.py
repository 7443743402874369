"""Experts whose events a test commits itself, number and event in one transaction."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from models.bookings.events import Event, EventKind
from models.calendar.rules import Calendar
from models.calendar.times import utc_now
from models.ids import Id, new_id
from tests.models.samples import rules

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from models.store.connection import Client


@dataclass
class Diary:
    """One expert's events."""

    client: Client
    expert_id: Id = field(default_factory=new_id)

    async def write(self, number: int = 1, **more: Any) -> list[Event]:
        """Commit some events, and tell nobody."""
        found = await Calendar.get(self.expert_id)
        assert found
        events = [
            Event(
                expert_id=self.expert_id,
                sequence=found.sequence + place,
                at=utc_now(),
                kind=EventKind.STATUS,
                **more,
            )
            for place in range(1, number + 1)
        ]
        async with self.client.start_session() as session, await session.start_transaction():
            counter = {"$inc": {"sequence": number}}
            await Calendar.find_one({"_id": self.expert_id}, session=session).update(counter)
            await Event.insert_many(events, session=session)
        return events


@asynccontextmanager
async def diaries(client: Client, number: int = 1) -> AsyncIterator[list[Diary]]:
    """The diaries of some new experts, for as long as the context lasts."""
    opened = [Diary(client) for _ in range(number)]
    ids = [diary.expert_id for diary in opened]
    await Calendar.insert_many([Calendar(id=id_, rules=rules()) for id_ in ids])
    try:
        yield opened
    finally:
        await Event.find({"expert_id": {"$in": ids}}).delete()
        await Calendar.find({"_id": {"$in": ids}}).delete()
