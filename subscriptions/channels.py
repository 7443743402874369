"""Channels: the gapless sequence of one expert's events, as known to this process.

Subscribers read from the channel's buffer of recent events and have no queues of their own, so a
slow subscriber costs no memory. It reads events that have left the buffer from the event log.
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
    from collections.abc import Callable, Sequence

    from models.ids import Id
    from subscriptions.audiences import Member, Render

log = logging.getLogger(__name__)

BUFFER_SIZE = 256
MAX_EVENTS_PER_SEND = 16
"""After each send, subscribers with a full send buffer are removed."""


class Channel:
    """Buffer of an expert's recent events, and the audiences that receive them.

    Args:
        expert_id: the expert.
        on_change: called with the expert's id before new events are delivered to subscribers.
    """

    def __init__(self, expert_id: Id, on_change: Callable[[Id], None] = lambda _: None) -> None:
        self.expert_id = expert_id
        self._on_change = on_change
        self.name = f"expert:{expert_id}"
        self.subscribers = 0
        self.task: asyncio.Task[None]
        self.ready = asyncio.Event()
        self.last = 0
        self._buffer: deque[Event] = deque(maxlen=BUFFER_SIZE)
        self._advanced = asyncio.Event()
        self._reading = asyncio.Lock()
        self._audiences: dict[Render, Audience] = {}

    def start(self, last: int) -> None:
        """Accept events after the one with that number."""
        self.last = last
        self.ready.set()

    async def receive(self, message: str) -> None:
        """Deliver the event in a notification; read the log if earlier events are missing."""
        if message == RESYNC:
            await self.catch_up()
            return
        try:
            event = Event.model_validate_json(message)
        except ValidationError:
            log.warning("ignored an invalid message on channel %s", self.name)
            return
        if not self.deliver([event]):
            await self.catch_up()

    def deliver(self, events: Sequence[Event]) -> bool:
        """Deliver the committed events that are next in order.

        Returns:
            Whether the channel has now delivered them all; False if earlier events are missing.
        """
        if not self.ready.is_set():
            return False
        self._deliver_next(events)
        return all(event.sequence <= self.last for event in events)

    async def catch_up(self) -> None:
        """Deliver the events that the log has after the last delivered one."""
        async with self._reading:
            while events := await events_after(self.expert_id, self.last):
                self._deliver_next(events)

    def _deliver_next(self, events: Sequence[Event]) -> None:
        fresh = []
        for event in events:
            # An event read from the log may also have arrived in a notification.
            if event.sequence == self.last + 1:
                self._buffer.append(event)
                self.last = event.sequence
                fresh.append(event)
        if not fresh:
            return
        self._on_change(self.expert_id)
        for first in range(0, len(fresh), MAX_EVENTS_PER_SEND):
            for audience in list(self._audiences.values()):
                audience.deliver(fresh[first : first + MAX_EVENTS_PER_SEND])
        advanced, self._advanced = self._advanced, asyncio.Event()
        advanced.set()

    async def next_events(self, position: int) -> Sequence[Event]:
        """Wait for events after a position, and return at least the next one.

        Raises:
            CursorExpired: if the next event has been deleted.
            Unavailable: if the events must be read and the database does not answer.
        """
        while self.last <= position:
            await self._advanced.wait()
        missed = self.last - position
        if missed <= len(self._buffer):
            return [self._buffer[index] for index in range(-missed, 0)]
        events = await events_after(self.expert_id, position)
        if not events:
            raise CursorExpired("after: these events are no longer kept; read the slots again")
        return events

    async def serve(self, render: Render, member: Member, position: int) -> NoReturn:
        """Send a member all events after a position, until the caller is cancelled.

        Missed events are sent first. Then the member joins its live audience, between two events,
        so that none is missed or repeated. A member whose send buffer is full leaves the audience
        and catches up again after it has drained.

        Raises:
            CursorExpired: if the next event has been deleted.
            Unavailable: if the database does not answer.
        """
        audience = self._audiences.setdefault(render, Audience(render))
        audience.size += 1
        try:
            while True:
                # A position read from the database may be ahead of this channel.
                while position != self.last:
                    if position > self.last:
                        await self._advanced.wait()
                        continue
                    missed = await self.next_events(position)
                    DELIVERIES.inc(len(missed))
                    for first in range(0, len(missed), MAX_EVENTS_PER_SEND):
                        events = missed[first : first + MAX_EVENTS_PER_SEND]
                        encoded = audience.encode(events, member)
                        if encoded.payloads and not member.send(encoded):
                            await member.drained()
                        position = events[-1].sequence
                missed = ()
                position = await audience.serve_live(member)
                await member.drained()
        finally:
            audience.size -= 1
            if not audience.size:
                del self._audiences[render]
                audience.close()
