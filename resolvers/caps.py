"""Checks before a client holds or books a slot: a verified e-mail address, and caps on bookings."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

from models.accounts.turns import turn_of
from models.accounts.users import User
from models.bookings.booking import standing_holds
from models.bookings.caps import coming_bookings
from models.bookings.idempotency import IdempotencyRecord
from models.calendar.times import utc_now
from models.errors import TooMany, VerificationNeeded
from models.store.documents import or_unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from datetime import datetime

    from auth.viewers import Viewer
    from models.bookings.caps import Caps, ClientBooking
    from models.calendar.slots import SlotKey
    from models.ids import Id

MAX_HOLDS_OF_GUEST: Final = 1


class BookingChecks:
    """Checks whether a client may hold or book slots.

    Within a process, the requests of a client are checked one after another. Concurrent requests to
    several processes may together exceed a cap, by one request for each process after the first.
    This is acceptable, because caps only limit abuse; a unique index prevents double bookings.

    Args:
        caps: limits on a client's bookings and holds; None for no limits.
        requires_verified_email: whether booking requires a verified e-mail address.
    """

    def __init__(self, caps: Caps | None, *, requires_verified_email: bool) -> None:
        self.caps = caps
        self._requires_verified_email = requires_verified_email
        self._locks: WeakValueDictionary[Id, asyncio.Lock] = WeakValueDictionary()

    async def require_verified(self, viewer: Viewer) -> None:
        """Check that a client's e-mail address is verified, if that is required.

        Raises:
            VerificationNeeded: if the address must be verified but is not; guests always need a
                verified address.
        """
        is_required = self._requires_verified_email or viewer.is_guest
        if is_required and not await _is_verified(viewer):
            raise VerificationNeeded

    @asynccontextmanager
    async def booking(
        self, viewer: Viewer, keys: Sequence[SlotKey], record: IdempotencyRecord | None
    ) -> AsyncIterator[None]:
        """Check that a client may book slots; the caller must book them inside this context.

        Raises:
            VerificationNeeded: if the client's e-mail address must be verified first.
            TooMany: if a cap is reached, unless the request repeats one that has succeeded.
        """
        await self.require_verified(viewer)
        async with self._counted(
            viewer, record, lambda caps, rows, now: caps.check_booking(rows, keys, now)
        ):
            yield

    @asynccontextmanager
    async def hold(
        self, viewer: Viewer, key: SlotKey, record: IdempotencyRecord | None
    ) -> AsyncIterator[None]:
        """Check that a client may hold a slot; the caller must hold it inside this context.

        A guest may hold only one slot, so the requests of a guest to hold slots run one at a time,
        across all processes.

        Raises:
            TooMany: if a cap is reached, unless the request repeats one that has succeeded.
            Unavailable: if the database does not respond.
        """
        async with AsyncExitStack() as stack:
            if viewer.is_guest:
                await stack.enter_async_context(turn_of(viewer.id))
                with or_unavailable():
                    holds = await standing_holds(viewer.id, utc_now())
                if any(hold.expert_id != key.expert_id for hold in holds):
                    raise TooMany(MAX_HOLDS_OF_GUEST)
            await stack.enter_async_context(
                self._counted(
                    viewer, record, lambda caps, rows, now: caps.check_hold(rows, key, now)
                )
            )
            yield

    @asynccontextmanager
    async def _counted(
        self,
        viewer: Viewer,
        record: IdempotencyRecord | None,
        check: Callable[[Caps, Sequence[ClientBooking], datetime], None],
    ) -> AsyncIterator[None]:
        if self.caps is None:
            yield
            return
        lock = self._locks.setdefault(viewer.id, asyncio.Lock())
        async with lock:
            now = utc_now()
            try:
                check(self.caps, await coming_bookings(viewer.id, now), now)
            except TooMany:
                if record is None or not await _has_succeeded(record):
                    raise
            yield


async def _is_verified(viewer: Viewer) -> bool:
    """Return whether the viewer's e-mail address is verified.

    The cached viewer may be outdated, so the account is read again if the cache says no.
    """
    if viewer.user.email_verified:
        return True
    with or_unavailable():
        user = await User.get(viewer.id)
    return user is not None and user.email_verified


async def _has_succeeded(record: IdempotencyRecord) -> bool:
    with or_unavailable():
        return await IdempotencyRecord.get(record.id) is not None
