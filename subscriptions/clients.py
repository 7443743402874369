"""Changes of clients' bookings: the changes that are known, and those that must still be sent.

A subscription keeps the ids of changed bookings and reads the bookings' states when it sends
them. So two changes in quick succession may become one message, and an older state never follows a
newer one.
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

RETRY_SECONDS = 1.0
LONG_LOOKBACK = timedelta(seconds=20)
"""How far every fifth poll looks back: longer than a commit may take, plus the clock differences
between processes."""

SHORT_LOOKBACK = timedelta(seconds=2)
"""How far the other polls look back: longer than most commits take."""


class BookingSubscription:
    """The bookings whose newest state one subscription has yet to receive."""

    def __init__(self) -> None:
        self._pending: set[Id] = set()
        self._sent: dict[Id, tuple[datetime, int]] = {}
        self._changed = asyncio.Event()
        self._error: ExpertBookError | None = None

    def add(self, booking_id: Id) -> None:
        """Queue a booking, whose state is read when it is sent."""
        self._pending.add(booking_id)
        self._changed.set()

    def fail(self, error: ExpertBookError) -> None:
        """End the subscription with an error."""
        self._error = error
        self._changed.set()

    async def next_states(self) -> list[Booking]:
        """Wait for changed bookings; return their newest states, the earliest change first.

        Raises:
            ExpertBookError: the error with which the subscription was ended.
        """
        await self._changed.wait()
        self._changed.clear()
        if self._error:
            raise self._error
        pending, self._pending = self._pending, set()
        try:
            with or_unavailable():
                found = await Booking.find({"_id": {"$in": list(pending)}}).to_list()
        except Unavailable:
            for booking_id in pending:
                self.add(booking_id)
            await asyncio.sleep(RETRY_SECONDS)
            return []
        # Times are compared as well as sequence numbers, because restoring a backup can lower the
        # sequence number of a booking.
        states = {each.id: (each.updated_at, each.sequence) for each in found}
        changed = [each for each in found if states[each.id] != self._sent.get(each.id)]
        self._sent |= states
        return sorted(changed, key=lambda booking: (booking.updated_at, booking.sequence))


class ClientChannel:
    """Recent changes of one client's bookings that this process knows.

    The channel contains all recent changes before `polled_at`, except changes that were still
    being committed at that time.
    """

    def __init__(self, client_id: Id, since: datetime) -> None:
        self.client_id = client_id
        self.name = f"client:{client_id}"
        self.polled_at = since
        self.subscriptions: set[BookingSubscription] = set()
        self.task: asyncio.Task[None]
        self.ready = asyncio.Event()
        self._known: dict[Id, BookingTouched] = {}

    def start(self, earlier: Iterable[BookingTouched]) -> None:
        """Record earlier changes, without delivering them."""
        for touched in earlier:
            known = self._known.get(touched.booking_id)
            if touched.at < self.polled_at and touched.follows(known):
                self._known[touched.booking_id] = touched

    def subscribe(self, subscription: BookingSubscription, since: datetime) -> None:
        """Add a subscription, and deliver to it every known change since the given time."""
        self.subscriptions.add(subscription)
        for known in self._known.values():
            if known.at >= since:
                subscription.add(known.booking_id)

    def receive(self, message: str) -> None:
        """Deliver the change that a notification describes."""
        try:
            self.deliver(BookingTouched.model_validate_json(message))
        except ValidationError:
            log.warning("ignored an invalid message on channel %s", self.name)

    def deliver(self, touched: BookingTouched) -> None:
        """Deliver a change to all subscriptions, unless it is already known."""
        known = self._known.get(touched.booking_id)
        if touched.follows(known):
            self._known[touched.booking_id] = touched
            for subscription in self.subscriptions:
                subscription.add(touched.booking_id)

    def mark_polled(self, at: datetime) -> None:
        """Record the time of a poll of the log; forget changes that later polls will not return."""
        self.polled_at = at
        kept = {id_: known for id_, known in self._known.items() if known.at >= at - LONG_LOOKBACK}
        self._known = kept


async def poll(channels: dict[Id, ClientChannel], lookback: timedelta) -> None:
    """Read the changes in the event log since the channels were last polled; deliver them.

    Args:
        channels: the channels to poll, by client id.
        lookback: the time before the last poll that is read again.

    Raises:
        Unavailable: if the database does not respond.
    """
    if not channels:
        return
    began = utc_now()
    since = min(channel.polled_at for channel in channels.values()) - lookback
    for touched in await bookings_touched(channels, since):
        channels[touched.client_id].deliver(touched)
    for channel in channels.values():
        channel.mark_polled(began)
