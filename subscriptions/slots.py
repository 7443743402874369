"""What watchers of an expert's slots get."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.events import EventKind, sequence_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from models.events import Event
    from models.ids import Id
    from subscriptions.hub import Hub

BOOKED = frozenset({EventKind.BOOKED})
AVAILABLE = frozenset({EventKind.RELEASED})


async def slot_events(
    hub: Hub, expert_id: Id, after: str | None, kinds: frozenset[EventKind]
) -> AsyncIterator[Event]:
    """The events of some kinds, those after a cursor first, then live.

    Raises:
        BadUserInput: for an unknown expert or a cursor that is not theirs.
        CursorExpired: when the events after the cursor are no longer kept.
        Unavailable: when the database does not answer.
    """
    position = None if after is None else sequence_in(after, expert_id)
    async for event in hub.follow(expert_id, position):
        if event.kind in kinds:
            yield event
