"""One expert's events as this process knows them, without a gap.

A watcher has a place in the channel's ring and no queue of its own, so a slow one costs nothing:
what has left the ring it reads from the log.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING, NoReturn

from pydantic import ValidationError

from models.bookings.events import Event, events_after
from models.errors import CursorExpired
from models.telemetry.metrics import DELIVERIES
from subscriptions.audiences import Audience
from subscriptions.backends import RESYNC

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from models.ids import Id
    from subscriptions.audiences import Render, Subscriber

log = logging.getLogger(__name__)

RING = 256
AT_ONCE = 16
"""Events that are handed over in one piece: after each piece who cannot take more leaves."""


class Channel:
    """The ring of an expert's latest events, and who is served from it.

    Args:
        expert_id: whose.
        heard: is told before anybody of each change of the calendar that is news here.
    """

    def __init__(self, expert_id: Id, heard: Callable[[Id], None] = lambda _: None) -> None:
        self.expert_id = expert_id
        self._heard = heard
        self.name = f"expert:{expert_id}"
        self.watchers = 0
        self.task: asyncio.Task[None]
        self.ready = asyncio.Event()
        self.last = 0
        self._ring: deque[Event] = deque(maxlen=RING)
        self._moved = asyncio.Event()
        self._reading = asyncio.Lock()
        self._audiences: dict[Hashable, Audience] = {}

    def begin(self, last: int) -> None:
        """Start after the event of that number."""
        self.last = last
        self.ready.set()

    async def hear(self, message: str) -> None:
        """Take a nudge: deliver it if it is next, or read what is missing before it."""
        if message == RESYNC:
            await self.catch_up()
            return
        try:
            event = Event.model_validate_json(message)
        except ValidationError:
            log.warning("a nudge on %s is no event", self.name)
            return
        if not self.take([event]):
            await self.catch_up()

    def take(self, events: Sequence[Event]) -> bool:
        """Deliver what is next of committed events; whether they are all known then."""
        if not self.ready.is_set():
            return False
        self._deliver(events)
        return all(event.sequence <= self.last for event in events)

    async def catch_up(self) -> None:
        """Deliver what the log has after the last event."""
        async with self._reading:
            while events := await events_after(self.expert_id, self.last):
                self._deliver(events)

    def _deliver(self, events: Sequence[Event]) -> None:
        fresh = []
        for event in events:
            # What was read may have come by a nudge in the meantime.
            if event.sequence == self.last + 1:
                self._ring.append(event)
                self.last = event.sequence
                fresh.append(event)
        if not fresh:
            return
        self._heard(self.expert_id)
        for first in range(0, len(fresh), AT_ONCE):
            for audience in list(self._audiences.values()):
                audience.deliver(fresh[first : first + AT_ONCE])
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def after(self, sequence: int) -> Sequence[Event]:
        """Some events from the one after `sequence` on; waits until there is one.

        Raises:
            CursorExpired: when the next one is no longer kept.
            Unavailable: when it has to be read and the database does not answer.
        """
        while self.last <= sequence:
            await self._moved.wait()
        missed = self.last - sequence
        if missed <= len(self._ring):
            return [self._ring[index] for index in range(-missed, 0)]
        events = await events_after(self.expert_id, sequence)
        if not events:
            raise CursorExpired("after: these events are no longer kept; ask for the slots anew")
        return events

    async def attend(
        self, key: Hashable, render: Render, seat: Subscriber, position: int
    ) -> NoReturn:
        """Serve a subscription for as long as the caller lasts.

        What it missed comes first, by itself; then it joins those that are served live, between
        two events, so that nothing is missed or repeated. When it cannot take more, it leaves and
        begins again.

        Args:
            key: what everything in an event's rendering depends on, apart from the viewer.
            render: of an event for viewers who have no part in it.
            seat: whom to serve.
            position: the number of the last event that it knows.

        Raises:
            CursorExpired: when the next event is no longer kept.
            Unavailable: when the database does not answer.
        """
        audience = self._audiences.setdefault(key, Audience(render))
        audience.members += 1
        try:
            while True:
                # The log may be ahead of what this channel has heard of.
                while position != self.last:
                    if position > self.last:
                        await self._moved.wait()
                        continue
                    missed = await self.after(position)
                    DELIVERIES.inc(len(missed))
                    for first in range(0, len(missed), AT_ONCE):
                        some = missed[first : first + AT_ONCE]
                        parcel = audience.parcel(some, seat)
                        if parcel.payloads and not seat.send(parcel):
                            await seat.drained()
                        position = some[-1].sequence
                missed = ()
                position = await audience.sit(seat)
                await seat.drained()
        finally:
            audience.members -= 1
            if not audience.members:
                del self._audiences[key]
                audience.close()
