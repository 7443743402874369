"""Moving a guest's hold to an account, and prolonging holds."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from models.accounts import guests, sessions
from models.bookings.booking import standing_holds
from models.bookings.holds import MoveHold, ProlongHold
from models.calendar.times import utc_now
from models.store.documents import or_unavailable
from subscriptions.sessions import SessionEnd

if TYPE_CHECKING:
    from datetime import timedelta

    from models.accounts.users import User
    from models.ids import Id
    from models.ledger.ledger import Ledger
    from resolvers.callers import Caller
    from subscriptions.sessions import SessionEnds


async def move_hold(ledger: Ledger, ends: SessionEnds, caller: Caller, user: User) -> None:
    """Move a guest's hold to the account that the guest signs in to; mark the guest for removal.

    Do nothing if the caller is not a guest. If a guest signs in to two accounts, the first one gets
    the hold.

    Raises:
        Unavailable: if the database does not respond.
    """
    guest = await caller.guest()
    if guest is None or user.guest:
        return
    with or_unavailable():
        holds = await standing_holds(guest.id, utc_now())
    for hold in holds:
        await ledger.post(
            MoveHold(
                expert_ids=[hold.expert_id],
                booking_ids=[hold.id],
                holder_id=user.id,
                guest_id=guest.id,
                own_expert_id=user.expert_id,
            )
        )
    await sessions.end_all(guest.id)
    await ends.announce(SessionEnd(user_id=guest.id))
    await guests.retire(guest.id, utc_now())


async def prolong_holds(ledger: Ledger, client_id: Id, duration: timedelta) -> None:
    """Prolong a client's holds, except those that were prolonged before.

    Raises:
        Unavailable: if the database does not respond.
    """
    with or_unavailable():
        holds = await standing_holds(client_id, utc_now())
    commands = [
        ProlongHold(expert_ids=[hold.expert_id], booking_ids=[hold.id], duration=duration)
        for hold in holds
        if not hold.is_prolonged
    ]
    await asyncio.gather(*map(ledger.post, commands))
