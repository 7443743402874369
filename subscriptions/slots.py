"""Events that subscriptions to an expert's slots receive."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from models.bookings.events import EventKind

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from models.bookings.events import Event, Position
    from models.ids import Id
    from subscriptions.hub import Hub

BOOKED = frozenset({EventKind.BOOKED})
AVAILABLE = frozenset({EventKind.RELEASED})
CHANGED = frozenset({EventKind.HELD, EventKind.BOOKED, EventKind.RELEASED, EventKind.RESET})
"""All kinds of events that change slots. Events that change only a booking's status or a waiting
list are not included."""


def is_sent(event: Event, kinds: frozenset[EventKind]) -> bool:
    """Return whether a subscription to events of the given kinds sends this event.

    Subscriptions to available slots do not send released time that is offered to a waiting client.
    """
    return event.kind in kinds and (kinds != AVAILABLE or event.has_open_slot)


async def slot_events(
    hub: Hub,
    expert_id: Id,
    after: Position | None,
    kinds: frozenset[EventKind],
    *,
    sees_disabled: bool = False,
) -> AsyncGenerator[Event, None]:
    """Yield events of the given kinds: first past events after a position, then new events.

    Raises:
        NoSuchExpert: if the expert is unknown, or is disabled and `sees_disabled` is False.
        CursorExpired: if the events after the position have been deleted.
        Unavailable: if the database does not respond.
    """
    following = hub.follow(expert_id, after, sees_disabled=sees_disabled)
    async with aclosing(following) as events:
        async for event in events:
            if is_sent(event, kinds):
                yield event
