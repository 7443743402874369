"""Slots and what happens to them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import date as calendar_date
from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from models.bookings.events import Event, EventKind, SlotState, cursor_of
from models.calendar import slots as model
from models.calendar.slot_ids import slot_id
from models.calendar.slots import SlotStatus
from models.errors import BadUserInput
from models.ids import Id, global_id, object_id
from resolvers import experts
from schema.context import Context, Info
from schema.enums import describe_enum
from schema.nodes import Money, Node
from subscriptions.slots import AVAILABLE, BOOKED, CHANGED, slot_events

describe_enum(
    SlotStatus,
    "OPEN can be booked; HELD where only holds stand in the way.",
    OPEN="It can be booked.",
    HELD="Somebody keeps it, or a part of it, for a few minutes; it may become free.",
    BOOKED="It, or a part of it, is taken.",
)


@strawberry.type(description="A time and length that an expert offers: computed, never stored.")
class Slot(Node):
    """A slot as the viewer sees it."""

    starts_at: datetime = strawberry.field(description="The first instant.")
    ends_at: datetime = strawberry.field(description="The instant after the last.")
    minutes: int = strawberry.field(description="The session's length.")
    price: Money = strawberry.field(description="For the whole session.")
    status: SlotStatus = strawberry.field(description="Whether it can be booked.")
    held_until: datetime | None = strawberry.field(description="When the last hold on it ends.")
    mine: bool = strawberry.field(description="Held or booked by the viewer.")
    sequence: int = strawberry.field(
        description="The number of the last calendar event that this is sure to know. Of two "
        "answers that overtook each other the one with the higher number is the newer."
    )

    @classmethod
    def of(cls, slot: model.Slot, context: Context, sequence: int) -> Slot:
        """The slot for the viewer, as of that event."""
        viewer = context.viewer
        return cls(
            id=strawberry.ID(slot_id(slot.key)),
            starts_at=slot.key.starts_at,
            ends_at=slot.key.ends_at,
            minutes=slot.key.minutes,
            price=Money(amount=slot.price, currency=context.services.currency),
            status=slot.status,
            held_until=slot.held_until,
            mine=slot.is_mine(viewer.id if viewer else None),
            sequence=sequence,
        )


@strawberry.type(description="The slots of one local day.")
class Day:
    """A day and what it offers."""

    date: calendar_date = strawberry.field(description="In the zone that was asked for.")
    slots: list[Slot] = strawberry.field(description="Earliest first.")


class SlotEventKind(Enum):
    """The kinds of events that are about time."""

    HELD = "HELD"
    BOOKED = "BOOKED"
    RELEASED = "RELEASED"


describe_enum(
    SlotEventKind,
    "What happened to a slot.",
    HELD="A client keeps it for a few minutes.",
    BOOKED="A client has booked it.",
    RELEASED="It is free again: cancelled, moved elsewhere, removed or expired.",
)


@strawberry.type(description="A change of a slot, in the expert's order, none missed.")
class SlotEvent:
    """An event for a watcher."""

    cursor: str = strawberry.field(description="What to pass as `after` on return.")
    sequence: int = strawberry.field(description="Its number among the expert's events.")
    expert_id: strawberry.ID = strawberry.field(description="Whose calendar it is.")
    kind: SlotEventKind = strawberry.field(description="What happened.")
    at: datetime = strawberry.field(description="When.")
    slot: Slot = strawberry.field(description="The slot that was held, booked or released.")
    changed: list[Slot] = strawberry.field(
        description="It and every other listed slot, of any length, whose status this changed, "
        "as they now stand."
    )

    @classmethod
    def of(cls, event: Event, context: Context) -> SlotEvent:
        """The event for the viewer."""
        if event.slot is None:
            raise ValueError("an event of no slot")

        def slot_in(state: SlotState) -> Slot:
            return Slot.of(state.slot(event.expert_id), context, event.sequence)

        return cls(
            cursor=cursor_of(event.expert_id, event.sequence),
            sequence=event.sequence,
            expert_id=strawberry.ID(global_id("Expert", event.expert_id)),
            kind=SlotEventKind(event.kind.value),
            at=event.at,
            slot=slot_in(event.slot),
            changed=[slot_in(state) for state in event.changed],
        )


@strawberry.type(description="The rules changed, and any slot with them: ask for the slots anew.")
class CalendarReset:
    """An event after which what a watcher knows of the slots does not count."""

    cursor: str = strawberry.field(description="What to pass as `after` on return.")
    sequence: int = strawberry.field(description="Its number among the expert's events.")
    expert_id: strawberry.ID = strawberry.field(description="Whose calendar it is.")
    at: datetime = strawberry.field(description="When.")

    @classmethod
    def of(cls, event: Event) -> CalendarReset:
        """The event, which is the same for everybody."""
        return cls(
            cursor=cursor_of(event.expert_id, event.sequence),
            sequence=event.sequence,
            expert_id=strawberry.ID(global_id("Expert", event.expert_id)),
            at=event.at,
        )


CalendarEvent = Annotated[
    SlotEvent | CalendarReset,
    strawberry.union("CalendarEvent", description="What `slotChanged` sends."),
]


def calendar_event(event: Event, context: Context) -> SlotEvent | CalendarReset:
    """An event of a calendar for the viewer."""
    if event.kind is EventKind.RESET:
        return CalendarReset.of(event)
    return SlotEvent.of(event, context)


ExpertIdArgument = Annotated[
    strawberry.ID, strawberry.argument(description="Whose calendar to watch.")
]
AfterArgument = Annotated[
    str | None,
    strawberry.argument(
        description="A cursor of that expert: what came after it is sent first. One that is too "
        "old is answered with CURSOR_EXPIRED."
    ),
]


async def watched(context: Context, expert_id: str) -> Id:
    """The key of an expert whose calendar the viewer may watch.

    Raises:
        BadUserInput: when there is no such expert for the viewer.
        Unavailable: when the database does not answer.
        TimedOut: when it takes too long.
    """
    key = object_id(expert_id, "Expert", "expertId")
    async with context.in_time():
        found = await context.loaders.expert.load(key)
    if experts.seen(context.viewer, found) is None:
        raise BadUserInput("expertId: there is no such expert")
    return key


async def watch(
    info: Info, expert_id: str, after: str | None, kinds: frozenset[EventKind]
) -> AsyncGenerator[Event, None]:
    """The events of some kinds; each is answered as of when it comes."""
    context = info.context
    key = await watched(context, expert_id)
    async with aclosing(slot_events(context.services.hub, key, after, kinds)) as events:
        async for event in events:
            context.renew()
            yield event


@strawberry.type
class SlotSubscription:
    """Watching an expert's time."""

    @strawberry.subscription(description="Time of an expert that has been booked.")
    async def slot_booked(
        self, info: Info, expert_id: ExpertIdArgument, after: AfterArgument = None
    ) -> AsyncGenerator[SlotEvent, None]:
        """Bookings, and what they take."""
        async with aclosing(watch(info, expert_id, after, BOOKED)) as events:
            async for event in events:
                yield SlotEvent.of(event, info.context)

    @strawberry.subscription(description="Time of an expert that has become free.")
    async def slot_available(
        self, info: Info, expert_id: ExpertIdArgument, after: AfterArgument = None
    ) -> AsyncGenerator[SlotEvent, None]:
        """Cancellations and ended holds, and what they give back."""
        async with aclosing(watch(info, expert_id, after, AVAILABLE)) as events:
            async for event in events:
                yield SlotEvent.of(event, info.context)

    @strawberry.subscription(
        description="Every change of an expert's calendar, holds included. Slots read at a cursor "
        "plus its events give the slots read later."
    )
    async def slot_changed(
        self, info: Info, expert_id: ExpertIdArgument, after: AfterArgument = None
    ) -> AsyncGenerator[CalendarEvent, None]:
        """Whatever slots can change by."""
        async with aclosing(watch(info, expert_id, after, CHANGED)) as events:
            async for event in events:
                yield calendar_event(event, info.context)
