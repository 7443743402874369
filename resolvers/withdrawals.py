"""End the holds and waiting-list entries of accounts that are disabled or deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.bookings.booking import standing_holds
from models.bookings.life import Action
from models.bookings.moves import ChangeStatus
from models.calendar.times import utc_now
from models.errors import NotAllowed
from models.store.documents import or_unavailable
from resolvers.waits import leave_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.bookings.booking import Booking
    from models.ids import Id
    from models.ledger.ledger import Ledger

SETTLING_SECONDS: Final = 1.0
"""Seconds for which other processes may still treat an account as signed in."""


async def end_waits_and_holds(ledger: Ledger, client_id: Id) -> None:
    """End a client's waiting-list entries, offers and holds; offer the freed time to others.

    Raises:
        Unavailable: if the database does not respond.
    """
    await leave_all(ledger, client_id)
    with or_unavailable():
        holds = await standing_holds(client_id, utc_now())
    for hold in holds:
        await cancel(ledger, hold, client_id)


async def cancel(ledger: Ledger, booking: Booking, actor_id: Id) -> Sequence[Id]:
    """Cancel a booking or hold, even after the client's deadline, unless it has ended already.

    Returns:
        A sequence with the booking's id, or an empty sequence if the booking had ended already.

    Raises:
        Unavailable: if the database does not respond.
    """
    command = ChangeStatus(
        expert_ids=[booking.expert_id],
        booking_ids=[booking.id],
        action=Action.CANCEL,
        actor_id=actor_id,
        is_manager=True,
    )
    try:
        await ledger.post(command)
    except NotAllowed:
        return ()
    return (booking.id,)
