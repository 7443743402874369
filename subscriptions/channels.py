"""Channels: each delivers one expert's events to subscribers of this process, without gaps.

Subscribers have no queues of their own, but read from the channel's buffer of recent events. A slow
subscriber therefore costs no memory: it reads events that have left the buffer from the event log.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from time import monotonic
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from pydantic import ValidationError

from models.bookings.events import Event, LogHead, Position, events_after, events_until, log_holds
from models.errors import CursorExpired, NoSuchExpert
from models.telemetry.metrics import DELIVERIES
from subscriptions.audiences import Audience
from subscriptions.backends import RESYNC

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from models.ids import Id
    from subscriptions.audiences import Member, Render

    _AudienceKey: TypeAlias = tuple[Render, bool]

log = logging.getLogger(__name__)

BUFFER_SIZE = 256
EARLIER_EVENTS = 32
"""When a subscriber resumes at a position, this many earlier events are read as well, because other
subscribers may resume at earlier positions."""

MAX_EVENTS_PER_SEND = 16
"""Events are sent in chunks of this size; after each chunk, subscribers whose send buffer is full
leave the live audience."""

MAX_BUSY_SECONDS = 0.005
"""Time after which other tasks may run before an event is delivered to the other audiences."""


def expired() -> CursorExpired:
    """Return the error for a position at which subscribers can no longer resume."""
    return CursorExpired("after: these events are no longer kept; read the slots again")


class LogReplaced(Exception):
    """The event log lacks the last delivered event, because a backup was restored."""


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
        self._position = Position(0)
        self._is_replaced = False
        self._is_closed = False
        self._buffer: deque[Event] = deque(maxlen=BUFFER_SIZE)
        self._advanced = asyncio.Event()
        self._reading = asyncio.Lock()
        self._delivering = asyncio.Lock()
        self._audiences: dict[_AudienceKey, Audience] = {}
        self._due: dict[_AudienceKey, Audience] = {}
        """The audiences to which `_fresh` is still to be delivered."""
        self._fresh: Sequence[Event] = ()

    @property
    def last(self) -> int:
        """The number of the last event that was delivered."""
        return self._position.sequence

    @property
    def position(self) -> Position:
        """The position after the last event that was delivered."""
        return self._position

    def start(self, head: LogHead) -> None:
        """Start at the current end of the event log; the channel accepts only events after it."""
        self._position, self._is_closed = head
        self.ready.set()

    def mark_replaced(self) -> None:
        """End all subscriptions, because a restored backup has replaced the event log."""
        self._is_replaced = True
        self.ready.set()
        self._advanced.set()
        for audience in self._audiences.values():
            audience.end(expired)

    async def receive(self, message: str) -> None:
        """Deliver the event in a notification; read the log if earlier events are missing.

        Raises:
            LogReplaced: if the log no longer has the last delivered event.
            Unavailable: if the database does not respond.
        """
        if message == RESYNC:
            await self.catch_up()
            return
        try:
            event = Event.model_validate_json(message)
        except ValidationError:
            log.warning("ignored an invalid message on channel %s", self.name)
            return
        if not await self.deliver([event]):
            await self.catch_up()

    async def deliver(self, events: Sequence[Event]) -> bool:
        """Deliver the committed events that are next in order; run other tasks between audiences.

        Returns:
            Whether the channel has now delivered all of these events; False if earlier events are
            missing, or if the log was replaced.
        """
        async with self._delivering:
            if not self.ready.is_set() or any(map(self._contradicts, events)):
                return False
            await self._deliver_next(events)
            return all(event.sequence <= self.last for event in events)

    async def catch_up(self) -> None:
        """Deliver the events in the log that follow the last delivered event.

        Raises:
            LogReplaced: if the log no longer has the last delivered event.
            Unavailable: if the database does not respond.
        """
        async with self._reading:
            if not await log_holds(self.expert_id, self._position):
                raise LogReplaced
            while events := await events_after(self.expert_id, self.last):
                async with self._delivering:
                    await self._deliver_next(events)

    def _contradicts(self, event: Event) -> bool:
        """Return whether an event proves that the log was replaced after events were delivered."""
        if event.sequence == self.last + 1:
            return event.previous_id not in (None, self._position.event_id)
        index = event.sequence - self.last - 1
        is_buffered = -len(self._buffer) <= index < 0
        return is_buffered and self._buffer[index].id != event.id

    async def _deliver_next(self, events: Sequence[Event]) -> None:
        fresh = []
        for event in events:
            # An event that was read from the log may already have arrived in a notification.
            if event.sequence == self.last + 1:
                self._buffer.append(event)
                self._position = event.position
                fresh.append(event)
                if event.accepts_bookings is not None:
                    self._is_closed = not event.accepts_bookings
        if not fresh:
            return
        self._on_change(self.expert_id)
        advanced, self._advanced = self._advanced, asyncio.Event()
        advanced.set()
        self._due, self._fresh = dict(self._audiences), fresh
        pause_at = monotonic() + MAX_BUSY_SECONDS
        try:
            while self._due:
                self._deliver_to(next(iter(self._due)))
                if self._due and monotonic() >= pause_at:
                    await asyncio.sleep(0)
                    pause_at = monotonic() + MAX_BUSY_SECONDS
        finally:  # a cancelled delivery must not leave gaps
            while self._due:
                self._deliver_to(next(iter(self._due)))

    def _deliver_to(self, key: _AudienceKey) -> None:
        """Deliver the fresh events to an audience that is due."""
        (_, sees_disabled), audience = key, self._due.pop(key)
        for first in range(0, len(self._fresh), MAX_EVENTS_PER_SEND):
            audience.deliver(self._fresh[first : first + MAX_EVENTS_PER_SEND])
        if self._is_closed and not sees_disabled:
            audience.end(NoSuchExpert)

    async def next_events(self, position: int, *, sees_disabled: bool = False) -> Sequence[Event]:
        """Wait for events after a position, and return at least the next one.

        Args:
            position: the number of the last event that the caller has seen.
            sees_disabled: whether to continue after the expert is disabled.

        Raises:
            CursorExpired: if the next event has been deleted, or the log was replaced.
            NoSuchExpert: if there are no events after the position and the expert is disabled,
                unless `sees_disabled` is set.
            Unavailable: if the events must be read from the database, and it does not respond.
        """
        self._require_log()
        while self.last <= position:
            self.require_open(sees_disabled=sees_disabled)
            await self._advanced.wait()
            self._require_log()
        missed = self.last - position
        if missed <= len(self._buffer):
            return [self._buffer[index] for index in range(-missed, 0)]
        events = await events_after(self.expert_id, position)
        if not events:
            raise expired()
        return events

    async def require_position(self, position: Position) -> None:
        """Check that subscribers can resume at a position, and buffer the events that follow it.

        After the server restarts, all subscribers of an expert reconnect at the same time; the
        first one reads the events for all of them.

        Raises:
            CursorExpired: if the next event has been deleted, or the log was replaced.
            Unavailable: if the events must be read from the database, and it does not respond.
        """
        async with self._reading:
            if self._holds(position) is None:
                await self._read_back(position.sequence)
        holds = self._holds(position)
        if holds is None:
            holds = await log_holds(self.expert_id, position)
        if not holds:
            raise expired()

    def _holds(self, position: Position) -> bool | None:
        """Return whether subscribers can resume at a position; None if the buffer cannot tell."""
        if position == self._position:
            return True
        index = position.sequence - self.last - 1
        if -len(self._buffer) <= index < -1:
            return self._buffer[index].id == position.event_id
        precedes_buffer = self._buffer and index == -len(self._buffer) - 1
        return (
            True if precedes_buffer and self._buffer[0].previous_id == position.event_id else None
        )

    async def _read_back(self, sequence: int) -> None:
        """Read events after `sequence` that precede the buffer's events, if the buffer has room."""
        last, room = self.last - len(self._buffer), BUFFER_SIZE - len(self._buffer)
        missing = last - sequence
        if not 0 < missing <= room:
            return
        wanted = min(room, missing + EARLIER_EVENTS)
        events = await events_until(self.expert_id, last, wanted)
        # New events may have filled the buffer in the meantime.
        if len(events) + len(self._buffer) <= BUFFER_SIZE:
            self._buffer.extendleft(reversed(events))

    def _require_log(self) -> None:
        """Raise CursorExpired if the log was replaced."""
        if self._is_replaced:
            raise expired()

    def require_open(self, *, sees_disabled: bool) -> None:
        """Raise NoSuchExpert if the expert is disabled, unless `sees_disabled` is set."""
        if self._is_closed and not sees_disabled:
            raise NoSuchExpert

    async def serve(
        self, render: Render, member: Member, position: int, *, sees_disabled: bool = False
    ) -> NoReturn:
        """Send a member all events after a position, until the caller is cancelled.

        Missed events are sent first. Then the member joins its live audience, between two events,
        so that no event is missed or repeated. A member whose send buffer is full leaves the
        audience, waits until the buffer has drained, and catches up again.

        Raises:
            CursorExpired: if the next event has been deleted, or the log was replaced.
            NoSuchExpert: if the expert is disabled, unless the member may see disabled experts.
            Unavailable: if the database does not respond.
        """
        key = render, sees_disabled
        audience = self._audiences.setdefault(key, Audience(render))
        audience.size += 1
        try:
            while True:
                # A position read from the database may be ahead of this channel.
                while position != self.last:
                    if position > self.last:
                        await self._advanced.wait()
                        self._require_log()
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
                self._require_log()
                self.require_open(sees_disabled=sees_disabled)
                if key in self._due:  # the member has seen the events that the audience lacks
                    self._deliver_to(key)
                position = await audience.join(member)
                await member.drained()
        finally:
            audience.leave(member)
            audience.size -= 1
            if not audience.size:
                del self._audiences[key]
                audience.close()
