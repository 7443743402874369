"""What watchers of an expert's slots get."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from models.bookings.events import EventKind, sequence_in

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from models.bookings.events import Event
    from models.ids import Id
    from subscriptions.hub import Hub

BOOKED = frozenset({EventKind.BOOKED})
AVAILABLE = frozenset({EventKind.RELEASED})
CHANGED = frozenset({EventKind.HELD, EventKind.BOOKED, EventKind.RELEASED, EventKind.RESET})
"""Whatever slots can change by; a booking's status alone changes none."""


async def slot_events(
    hub: Hub, expert_id: Id, after: str | None, kinds: frozenset[EventKind]
) -> AsyncGenerator[Event, None]:
    """The events of some kinds, those after a cursor first, then live.

    Raises:
        BadUserInput: for an unknown expert or a cursor that is not theirs.
        CursorExpired: when the events after the cursor are no longer kept.
        Unavailable: when the database does not answer.
    """
    position = None if after is None else sequence_in(after, expert_id)
    async with aclosing(hub.follow(expert_id, position)) as events:
        async for event in events:
            if event.kind in kinds:
                yield event
