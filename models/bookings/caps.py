"""Caps on the bookings, holds and moves of one client."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from models.bookings.booking import UPCOMING, Booking, BookingStatus, order_key
from models.errors import TooMany
from models.ids import Id
from models.store.documents import at_one_moment, or_unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from models.calendar.slots import SlotKey

MAX_ROWS = 1_000
"""Limit on a client's bookings and holds that are read for counting; reaching it raises TooMany."""

PERIOD = timedelta(hours=1)
"""Time after creation during which a booking or hold counts even if it has ended."""

TURNOVER = 2
"""Bookings that may be made within `PERIOD`, as a multiple of the cap on upcoming ones; also the
holds of overlapping slots, as a multiple of the cap on holds of one slot."""


@dataclass(frozen=True, slots=True)
class Caps:
    """Maximum numbers for one client.

    Attributes:
        coming: upcoming bookings.
        coming_with_expert: upcoming bookings with one expert.
        holds: holds at one time, each with a different expert.
        renewals: times that a slot may be held again within `PERIOD`.
        moves: times that a booking may be moved.
    """

    coming: int
    coming_with_expert: int
    holds: int
    renewals: int
    moves: int

    def check_booking(
        self, rows: Sequence[ClientBooking], keys: Sequence[SlotKey], now: datetime
    ) -> None:
        """Check that a client may book the given slots in addition.

        Raises:
            TooMany: if a limit on upcoming or recent bookings would be exceeded.
        """
        coming = [row for row in rows if row.status in UPCOMING]
        # Otherwise, a client could cause endless mails by booking and cancelling repeatedly.
        recent = [row for row in rows if not row.was_hold and row.created_at > now - PERIOD]
        for counted, factor in ((coming, 1), (recent, TURNOVER)):
            experts = [row.expert_id for row in counted] + [key.expert_id for key in keys]
            if len(experts) > factor * self.coming:
                raise TooMany(factor * self.coming)
            if any(experts.count(k.expert_id) > factor * self.coming_with_expert for k in keys):
                raise TooMany(factor * self.coming_with_expert)

    def check_hold(self, rows: Sequence[ClientBooking], key: SlotKey, now: datetime) -> None:
        """Check that a client may hold a slot; offers of waiting lists do not count.

        Raises:
            TooMany: if a limit on holds would be exceeded.
        """
        rows = [row for row in rows if not row.was_offer]
        standing = {
            row.expert_id for row in rows if row.held_until is not None and row.held_until > now
        }
        if len(standing | {key.expert_id}) > self.holds:
            raise TooMany(self.holds)
        earlier = [
            row
            for row in rows
            if row.was_hold and row.overlaps(key) and row.created_at > now - PERIOD
        ]
        # Otherwise, a client could hold overlapping slots one after another, and nobody else would
        # ever get the time.
        if sum(row.starts_at == key.starts_at for row in earlier) > self.renewals or len(
            earlier
        ) >= TURNOVER * (1 + self.renewals):
            raise TooMany(self.renewals)

    def check_move(self, booking: Booking) -> None:
        """Check that a booking may be moved once more.

        Raises:
            TooMany: if it was already moved as often as allowed.
        """
        if sum(change.is_move for change in booking.history) >= self.moves:
            raise TooMany(self.moves)


class ClientBooking(NamedTuple):
    """Fields of a client's booking that caps depend on.

    `was_hold` means that it was never booked, `was_offer` that it began as an offer to a waiting
    client.
    """

    expert_id: Id
    status: BookingStatus
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    held_until: datetime | None
    was_hold: bool
    was_offer: bool

    def overlaps(self, key: SlotKey) -> bool:
        """Return whether the booking overlaps a slot."""
        is_apart = self.ends_at <= key.starts_at or key.ends_at <= self.starts_at
        return self.expert_id == key.expert_id and not is_apart


async def coming_bookings(client_id: Id, now: datetime) -> list[ClientBooking]:
    """Return a client's bookings and holds that have not begun, with recently ended ones.

    Raises:
        TooMany: if there are more than can be counted.
        Unavailable: if the database does not answer.
    """
    shown = (
        *("expert_id", "status", "starts_at", "minutes"),
        *("created_at", "held_until", "contact_key", "wait_id"),
    )
    counts = [{"active": True}, {"created_at": {"$gt": now - PERIOD}}]
    query = {"client_id": client_id, "order_key": {"$gte": order_key(now)}, "$or": counts}
    with or_unavailable():
        found = at_one_moment(Booking).find(query, dict.fromkeys(shown, 1))
        rows = await found.limit(MAX_ROWS).to_list()
    if len(rows) == MAX_ROWS:
        raise TooMany(MAX_ROWS)
    return [
        ClientBooking(
            Id(row["expert_id"]),
            BookingStatus(row["status"]),
            row["starts_at"],
            row["starts_at"] + timedelta(minutes=row["minutes"]),
            row["created_at"],
            row.get("held_until"),
            row.get("contact_key") is None,
            row.get("wait_id") is not None,
        )
        for row in rows
    ]
