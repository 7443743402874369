"""Caps on what one client may book, hold and change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from models.bookings.booking import UPCOMING, Booking, BookingStatus, place
from models.errors import TooMany
from models.ids import Id
from models.store.documents import at_one_moment, or_unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from models.calendar.slots import SlotKey

MAX_ROWS = 1_000
"""Rows that are read of a client's coming bookings and holds, ended ones included."""

RENEWAL_PERIOD = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Caps:
    """Numbers that one client must not exceed.

    Attributes:
        coming: coming bookings.
        coming_with_expert: coming bookings with one expert.
        holds: holds at one time, each with another expert.
        renewals: times that a slot may be held again within `RENEWAL_PERIOD`.
        moves: times that a booking may be moved.
    """

    coming: int
    coming_with_expert: int
    holds: int
    renewals: int
    moves: int

    def check_booking(self, rows: Sequence[ClientBooking], keys: Sequence[SlotKey]) -> None:
        """Check that a client may book some more slots.

        Raises:
            TooMany: with the limit.
        """
        experts = [row.expert_id for row in rows if row.status in UPCOMING]
        experts += [key.expert_id for key in keys]
        if len(experts) > self.coming:
            raise TooMany(self.coming)
        if any(experts.count(key.expert_id) > self.coming_with_expert for key in keys):
            raise TooMany(self.coming_with_expert)

    def check_hold(self, rows: Sequence[ClientBooking], key: SlotKey, now: datetime) -> None:
        """Check that a client may hold a slot.

        Raises:
            TooMany: with the limit.
        """
        standing = {
            row.expert_id for row in rows if row.held_until is not None and row.held_until > now
        }
        if len(standing | {key.expert_id}) > self.holds:
            raise TooMany(self.holds)
        earlier = [
            row
            for row in rows
            if row.was_hold
            and (row.expert_id, row.starts_at) == (key.expert_id, key.starts_at)
            and row.created_at > now - RENEWAL_PERIOD
        ]
        if len(earlier) > self.renewals:
            raise TooMany(self.renewals)

    def check_move(self, booking: Booking) -> None:
        """Check that a booking may be moved once more.

        Raises:
            TooMany: with the limit.
        """
        times = [change.starts_at for change in booking.history]
        moves = sum(before != after for before, after in pairwise(times))
        if moves >= self.moves:
            raise TooMany(self.moves)


class ClientBooking(NamedTuple):
    """The part of a client's booking that caps count; `was_hold` if it was never booked."""

    expert_id: Id
    status: BookingStatus
    starts_at: datetime
    created_at: datetime
    held_until: datetime | None
    was_hold: bool


async def coming_bookings(client_id: Id, now: datetime) -> list[ClientBooking]:
    """Return a client's bookings and holds that have not begun, ended ones included.

    Raises:
        Unavailable: if the database does not answer.
    """
    shown = ("expert_id", "status", "starts_at", "created_at", "held_until", "contact_key")
    query = {"client_id": client_id, "place": {"$gte": place(now)}}
    with or_unavailable():
        found = at_one_moment(Booking).find(query, dict.fromkeys(shown, 1))
        rows = await found.limit(MAX_ROWS).to_list()
    return [
        ClientBooking(
            Id(row["expert_id"]),
            BookingStatus(row["status"]),
            row["starts_at"],
            row["created_at"],
            row.get("held_until"),
            row.get("contact_key") is None,
        )
        for row in rows
    ]
