"""Slots, the events that concern them, and the subscriptions to these events."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import date as calendar_date
from datetime import datetime
from enum import Enum
from typing import Annotated, Final

import strawberry

from auth.visibility import manages_calendar
from models.bookings.events import Event, EventKind, Position, SlotState, cursor_of, position_in
from models.calendar import slots as model
from models.calendar.slots import SlotStatus, slot_id
from models.errors import CursorExpired, NoSuchExpert
from models.ids import Id, global_id, object_id
from resolvers import experts
from schema.context import Context, Info
from schema.enums import describe_enum
from schema.nodes import Money, Node
from subscriptions.slots import AVAILABLE, BOOKED, CHANGED, slot_events

describe_enum(
    SlotStatus,
    "Whether a slot can be booked.",
    OPEN="Can be booked.",
    HELD="Overlaps a hold but no booking; the slot may become open again within minutes.",
    BOOKED="Overlaps a booking or the break after it.",
)


@strawberry.type(description="A start time and session length that an expert offers.")
class Slot(Node):
    """A slot, computed from an expert's rules and bookings; slots are not stored."""

    starts_at: datetime = strawberry.field(description="Start of the session.")
    ends_at: datetime = strawberry.field(description="End of the session.")
    minutes: int = strawberry.field(description="Length in minutes.")
    price: Money = strawberry.field(description="Price of the whole session.")
    status: SlotStatus = strawberry.field(description="Whether the slot can be booked.")
    held_until: datetime | None = strawberry.field(
        description="End of the last hold that overlaps the slot; null unless the status is HELD."
    )
    mine: bool = strawberry.field(
        description="Whether the slot's time is held or booked by the viewer and nobody else."
    )
    sequence: int = strawberry.field(
        description="Sequence number of the last calendar event that this state of the slot "
        "reflects. If responses arrive out of order, the state with the higher number is the newer "
        "one."
    )

    @classmethod
    def of(cls, slot: model.Slot, context: Context, sequence: int) -> Slot:
        """Convert a slot to the GraphQL type, as the viewer sees it.

        Args:
            slot: the slot.
            context: the operation's context, with the viewer and the currency.
            sequence: number of the last calendar event that `slot` reflects.
        """
        viewer = context.viewer
        return cls(
            id=strawberry.ID(slot_id(slot.key)),
            starts_at=slot.key.starts_at,
            ends_at=slot.key.ends_at,
            minutes=slot.key.minutes,
            price=Money.of(slot.price, context.services.currency),
            status=slot.status,
            held_until=slot.held_until,
            mine=slot.is_mine(viewer.id if viewer else None),
            sequence=sequence,
        )


@strawberry.type(description="Slots of one day.")
class Day:
    """Slots of one local date."""

    date: calendar_date = strawberry.field(description="Date in the requested time zone.")
    slots: list[Slot] = strawberry.field(
        description="Slots that start on this date, earliest first."
    )


MAX_REPLAY_COST: Final = 200_000
"""Maximum cost of replaying missed events; beyond this, reading the slots again costs less."""


class SlotEventKind(Enum):
    """Kinds of events that concern a single slot."""

    HELD = "HELD"
    BOOKED = "BOOKED"
    RELEASED = "RELEASED"


describe_enum(
    SlotEventKind,
    "Kind of a slot event.",
    HELD="A client holds the slot for a few minutes.",
    BOOKED="A client booked the slot.",
    RELEASED="A hold or booking ended or was moved; `slot.status` tells whether the slot is open.",
)


@strawberry.type(
    description="A change of a slot. The events of one expert arrive in order and without gaps."
)
class SlotEvent:
    """Event of a slot, as subscribers receive it."""

    cursor: str = strawberry.field(description="Cursor to pass as `after` when resubscribing.")
    sequence: int = strawberry.field(description="Sequence number among the expert's events.")
    expert_id: strawberry.ID = strawberry.field(description="Id of the expert.")
    kind: SlotEventKind = strawberry.field(description="Kind of change.")
    at: datetime = strawberry.field(description="Time of the change.")
    slot: Slot = strawberry.field(description="The slot that was held, booked or released.")
    changed: list[Slot] = strawberry.field(
        description="All offered slots, of any length, whose status changed, including `slot`. "
        "Each has its new status."
    )

    @classmethod
    def of(cls, event: Event, context: Context) -> SlotEvent:
        """Convert a stored event to the GraphQL type, as the viewer sees it."""
        if event.slot is None:
            raise ValueError("the event has no slot")

        def slot_in(state: SlotState) -> Slot:
            return Slot.of(state.slot(event.expert_id), context, event.sequence)

        return cls(
            cursor=cursor_of(event.expert_id, event.position),
            sequence=event.sequence,
            expert_id=strawberry.ID(global_id("Expert", event.expert_id)),
            kind=SlotEventKind(event.kind.value),
            at=event.at,
            slot=slot_in(event.slot),
            changed=[slot_in(state) for state in event.changed],
        )


@strawberry.type(
    description="The expert's availability changed, which may affect any slot: query the slots "
    "again."
)
class CalendarReset:
    """Event that invalidates all slots that a subscriber has received."""

    cursor: str = strawberry.field(description="Cursor to pass as `after` when resubscribing.")
    sequence: int = strawberry.field(description="Sequence number among the expert's events.")
    expert_id: strawberry.ID = strawberry.field(description="Id of the expert.")
    at: datetime = strawberry.field(description="Time of the change.")

    @classmethod
    def of(cls, event: Event) -> CalendarReset:
        """Convert a stored event to the GraphQL type; the result is the same for all viewers."""
        return cls(
            cursor=cursor_of(event.expert_id, event.position),
            sequence=event.sequence,
            expert_id=strawberry.ID(global_id("Expert", event.expert_id)),
            at=event.at,
        )


CalendarEvent = Annotated[
    SlotEvent | CalendarReset,
    strawberry.union("CalendarEvent", description="An event that `slotChanged` sends."),
]


def calendar_event(event: Event, context: Context) -> SlotEvent | CalendarReset:
    """Convert a calendar's event to its GraphQL type, as the viewer sees it."""
    if event.kind is EventKind.RESET:
        return CalendarReset.of(event)
    return SlotEvent.of(event, context)


ExpertIdArgument = Annotated[
    strawberry.ID, strawberry.argument(description="Id of the expert whose calendar to watch.")
]
AfterArgument = Annotated[
    str | None,
    strawberry.argument(
        description="Cursor of this expert's calendar; the events after it are sent first. If the "
        "cursor is too old, the subscription fails with CURSOR_EXPIRED."
    ),
]


async def watchable_expert(context: Context, expert_id: str) -> Id:
    """Return the database id of an expert whose calendar the viewer may watch.

    Raises:
        BadUserInput: if `expert_id` is not the global id of an expert.
        NoSuchExpert: if the expert does not exist, or the viewer may not see the expert.
        Unavailable: if the database does not respond.
        TimedOut: if looking up the expert takes too long.
    """
    key = object_id(expert_id, "Expert", "expertId")
    async with context.time_limit():
        expert = await context.loaders.expert.load(key)
    if experts.if_visible(context.viewer, expert) is None:
        raise NoSuchExpert
    return key


async def replay_start(context: Context, expert_id: Id, after: str | None) -> Position | None:
    """Return the position that a cursor encodes; charge the client for replaying later events.

    Raises:
        BadUserInput: if `after` is not a cursor of this expert's calendar.
        CursorExpired: if replaying the events would cost more than reading the slots again.
        RateLimited: if the client's budget does not cover the replay.
    """
    if after is None:
        return None
    position = position_in(after, expert_id)
    latest = await context.services.hub.latest(expert_id)
    if latest and (cost := context.event_cost * (latest.sequence - position.sequence)) > 0:
        if cost > MAX_REPLAY_COST:
            raise CursorExpired("after: too many events ago; read the slots again")
        await context.charge(cost)
    return position


async def watch_calendar(
    info: Info, expert_id: str, after: str | None, kinds: frozenset[EventKind]
) -> AsyncGenerator[Event, None]:
    """Yield a calendar's events of the given kinds; update `context.now` for each event."""
    context = info.context
    key = await watchable_expert(context, expert_id)
    start = await replay_start(context, key, after)
    sees_disabled = manages_calendar(context.viewer, key)
    following = slot_events(context.services.hub, key, start, kinds, sees_disabled=sees_disabled)
    with context.live_subscription(key):
        async with aclosing(following) as events:
            async for event in events:
                context.restart()
                yield event


@strawberry.type
class SlotSubscription:
    """Subscriptions to an expert's calendar."""

    @strawberry.subscription(description="An event for each slot of an expert that is booked.")
    async def slot_booked(
        self, info: Info, expert_id: ExpertIdArgument, after: AfterArgument = None
    ) -> AsyncGenerator[SlotEvent, None]:
        """Yield an event for each booking."""
        async with aclosing(watch_calendar(info, expert_id, after, BOOKED)) as events:
            async for event in events:
                yield SlotEvent.of(event, info.context)

    @strawberry.subscription(
        description="An event for each slot of an expert that becomes free and can be booked. Time "
        "that is offered to a client on the waiting list is left out."
    )
    async def slot_available(
        self, info: Info, expert_id: ExpertIdArgument, after: AfterArgument = None
    ) -> AsyncGenerator[SlotEvent, None]:
        """Yield an event for each slot that becomes free and can be booked."""
        async with aclosing(watch_calendar(info, expert_id, after, AVAILABLE)) as events:
            async for event in events:
                yield SlotEvent.of(event, info.context)

    @strawberry.subscription(
        description="Every change of an expert's slots, including holds. If slots are queried "
        "together with `Expert.cursor`, applying these events to the slots keeps them up to date."
    )
    async def slot_changed(
        self, info: Info, expert_id: ExpertIdArgument, after: AfterArgument = None
    ) -> AsyncGenerator[CalendarEvent, None]:
        """Yield every event that changes slots of the calendar."""
        async with aclosing(watch_calendar(info, expert_id, after, CHANGED)) as events:
            async for event in events:
                yield calendar_event(event, info.context)
