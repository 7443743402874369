"""Services that hold and book slots on a test's ledger, without caps on bookings."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from resolvers.caps import BookingChecks
from resolvers.reservations import ReservationServices

if TYPE_CHECKING:
    from models.ledger.ledger import Ledger

FIVE_MINUTES = timedelta(minutes=5)


def reserving(ledger: Ledger, hold_lifetime: timedelta = FIVE_MINUTES) -> ReservationServices:
    """Return services without caps, for clients whose e-mail addresses need no verification."""
    checks = BookingChecks(None, requires_verified_email=False)
    return ReservationServices(ledger, checks, "EUR", None, hold_lifetime)
