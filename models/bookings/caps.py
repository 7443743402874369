"""Limits on the number of bookings, holds and moves of one client."""

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
"""Maximum number of a client's bookings and holds that are read; reaching it raises TooMany."""

PERIOD = timedelta(hours=1)
"""Time for which a booking or hold counts after its creation, even if it has ended."""

TURNOVER = 2
"""Maximum number of bookings made within `PERIOD`, as a multiple of the cap on upcoming bookings;
also the maximum number of holds of overlapping slots, as a multiple of the cap on holds of one
slot."""


@dataclass(frozen=True, slots=True)
class Caps:
    """Maximum numbers of bookings, holds and moves for one client.

    Attributes:
        coming: upcoming bookings.
        coming_with_expert: upcoming bookings with one expert.
        holds: simultaneous holds, each with a different expert.
        renewals: how often the same slot may be held again within `PERIOD`.
        moves: how often a booking may be moved.
    """

    coming: int
    coming_with_expert: int
    holds: int
    renewals: int
    moves: int

    def check_booking(
        self, rows: Sequence[ClientBooking], keys: Sequence[SlotKey], now: datetime
    ) -> None:
        """Check that a client may book the given slots in addition to the given bookings.

        Raises:
            TooMany: if the booking would exceed a limit on upcoming or recent bookings.
        """
        coming = [row for row in rows if row.status in UPCOMING]
        # Without the limit on recent bookings, repeated booking and cancelling could cause endless
        # e-mails.
        recent = [row for row in rows if not row.was_hold and row.created_at > now - PERIOD]
        for counted, factor in ((coming, 1), (recent, TURNOVER)):
            experts = [row.expert_id for row in counted] + [key.expert_id for key in keys]
            if len(experts) > factor * self.coming:
                raise TooMany(factor * self.coming)
            if any(experts.count(k.expert_id) > factor * self.coming_with_expert for k in keys):
                raise TooMany(factor * self.coming_with_expert)

    def check_hold(self, rows: Sequence[ClientBooking], key: SlotKey, now: datetime) -> None:
        """Check that a client may hold a slot; offers from waiting lists do not count as holds.

        Raises:
            TooMany: if the hold would exceed a limit on holds.
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
        # Earlier holds count, because a client could hold overlapping slots one after another, so
        # that nobody else would ever get the time.
        if sum(row.starts_at == key.starts_at for row in earlier) > self.renewals or len(
            earlier
        ) >= TURNOVER * (1 + self.renewals):
            raise TooMany(self.renewals)

    def check_move(self, booking: Booking) -> None:
        """Check that a booking may be moved once more.

        Raises:
            TooMany: if the booking has already been moved as often as allowed.
        """
        if sum(change.is_move for change in booking.history) >= self.moves:
            raise TooMany(self.moves)


class ClientBooking(NamedTuple):
    """The fields of a client's booking on which the limits depend.

    `was_hold` means that the slot was never booked, and `was_offer` that the booking began as an
    offer from a waiting list.
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
        """Return whether the booking overlaps a slot of the same expert."""
        is_apart = self.ends_at <= key.starts_at or key.ends_at <= self.starts_at
        return self.expert_id == key.expert_id and not is_apart


async def coming_bookings(client_id: Id, now: datetime) -> list[ClientBooking]:
    """Return a client's bookings and holds that start in the future and are active or recent.

    Raises:
        TooMany: if `MAX_ROWS` or more bookings and holds are found.
        Unavailable: if the database does not respond.
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
