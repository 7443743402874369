"""The limit on e-mails per recipient and hour, shared by all processes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from models.accounts import attempts
from models.accounts.emails import email_pseudonym

if TYPE_CHECKING:
    from models.bookings.outbox import Lane

HOUR: Final = timedelta(hours=1)


class RecipientLimit:
    """Counts the e-mails that were sent to each recipient in the current hour of the clock.

    The outbox's lanes are counted separately, so that e-mails about bookings never delay an e-mail
    with a link or code.

    Args:
        per_hour: maximum number of e-mails per recipient, lane and hour; None for no limit.
    """

    def __init__(self, per_hour: int | None) -> None:
        self._per_hour = per_hour

    async def free_at(self, lane: Lane, address: str, now: datetime) -> datetime | None:
        """Return the end of the current hour if the recipient has reached the limit, else None.

        Raises:
            Unavailable: if the database does not respond.
        """
        if self._per_hour is None:
            return None
        found = await attempts.counter(_key(lane, address, now))
        is_full = (found.tries if found else 0) >= self._per_hour
        return _start_of_hour(now) + HOUR if is_full else None

    async def count(self, lane: Lane, address: str, now: datetime) -> None:
        """Count an e-mail that was delivered to a recipient.

        Raises:
            Unavailable: if the database does not respond.
        """
        if self._per_hour is not None:
            await attempts.count(_key(lane, address, now), int(HOUR.total_seconds()), 1)


def _start_of_hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)


def _key(lane: Lane, address: str, now: datetime) -> str:
    return f"mails/{lane}/{email_pseudonym(address)}/{_start_of_hour(now):%Y-%m-%dT%H}"
