"""What this process knows of the changes of clients' bookings, and owes to those who watch.

What is owed to a subscription is a set of bookings, which are read when they are sent: two quick
changes may be one message, and nothing older follows a newer state.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import ValidationError

from models.bookings.booking import Booking
from models.bookings.events import BookingTouched, bookings_touched
from models.calendar.times import utc_now
from models.errors import ExpertBookError, Unavailable
from models.store.documents import or_unavailable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from models.ids import Id

log = logging.getLogger(__name__)

PAUSE_SECONDS = 1.0
LOOK_BACK = timedelta(seconds=20)
"""More than a commit may take, by the clock of whichever process makes it."""

GLANCE_BACK = timedelta(seconds=2)
"""More than most commits take."""


class Watcher:
    """One subscription: the bookings of which it is owed the newest state."""

    def __init__(self) -> None:
        self._due: set[Id] = set()
        self._sent: dict[Id, int] = {}
        self._moved = asyncio.Event()
        self._error: ExpertBookError | None = None

    def owe(self, booking_id: Id) -> None:
        """Have a booking sent, whatever has happened to it by then."""
        self._due.add(booking_id)
        self._moved.set()

    def fail(self, error: ExpertBookError) -> None:
        """End the subscription: what it is owed cannot be told any more."""
        self._error = error
        self._moved.set()

    async def states(self) -> list[Booking]:
        """Wait until something is owed; the newest states, the earliest change first.

        Raises:
            ExpertBookError: what made the subscription fail.
        """
        await self._moved.wait()
        self._moved.clear()
        if self._error:
            raise self._error
        due, self._due = self._due, set()
        try:
            with or_unavailable():
                found = await Booking.find({"_id": {"$in": list(due)}}).to_list()
        except Unavailable:
            for booking_id in due:
                self.owe(booking_id)
            await asyncio.sleep(PAUSE_SECONDS)
            return []
        newer = [each for each in found if each.sequence > self._sent.get(each.id, -1)]
        self._sent |= {booking.id: booking.sequence for booking in newer}
        return sorted(newer, key=lambda booking: (booking.updated_at, booking.sequence))


class ClientChannel:
    """What this process knows of the changes of one client's bookings.

    It knows of everything before `looked_at`, but for what was then still being committed.
    """

    def __init__(self, client_id: Id, since: datetime) -> None:
        self.client_id = client_id
        self.name = f"client:{client_id}"
        self.looked_at = since
        self.watchers: set[Watcher] = set()
        self.task: asyncio.Task[None]
        self.ready = asyncio.Event()
        self._known: dict[Id, BookingTouched] = {}

    def begin(self, earlier: Iterable[BookingTouched]) -> None:
        """Know of what had happened before, of which nobody is told."""
        for touched in earlier:
            known = self._known.get(touched.booking_id)
            if touched.at < self.looked_at and (not known or known.sequence < touched.sequence):
                self._known[touched.booking_id] = touched

    def join(self, watcher: Watcher, since: datetime) -> None:
        """Tell a watcher of every change from that time on."""
        self.watchers.add(watcher)
        for known in self._known.values():
            if known.at >= since:
                watcher.owe(known.booking_id)

    def hear(self, message: str) -> None:
        """Take a nudge."""
        try:
            self.take(BookingTouched.model_validate_json(message))
        except ValidationError:
            log.warning("a nudge on %s is no event of a booking", self.name)

    def take(self, touched: BookingTouched) -> None:
        """Learn of a change, for the first time or again."""
        known = self._known.get(touched.booking_id)
        if known is None or known.sequence < touched.sequence:
            self._known[touched.booking_id] = touched
            for watcher in self.watchers:
                watcher.owe(touched.booking_id)

    def looked(self, at: datetime) -> None:
        """Remember until when the log has been read; forget what will not be read again."""
        self.looked_at = at
        kept = {id_: known for id_, known in self._known.items() if known.at >= at - LOOK_BACK}
        self._known = kept


async def look(channels: dict[Id, ClientChannel], back: timedelta) -> None:
    """Read what the log has of clients since the last look, and from so long before it.

    Raises:
        Unavailable: when the database does not answer.
    """
    if not channels:
        return
    began = utc_now()
    since = min(channel.looked_at for channel in channels.values()) - back
    for touched in await bookings_touched(channels, since):
        channels[touched.client_id].take(touched)
    for channel in channels.values():
        channel.looked(began)
