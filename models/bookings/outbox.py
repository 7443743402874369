"""The outbox: mails that are owed, written in the transaction of the change that they tell of.

A mail therefore exists if and only if its change does. Workers of any number of processes send
them; a mail is had by one of them at a time, and each recipient is crossed out as soon as the
mail server has taken their copy.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pymongo import ASCENDING, IndexModel

from models.bookings.booking import Booking, BookingStatus
from models.calendar.times import utc_now
from models.ids import Id
from models.store.documents import Part, Record, or_unavailable
from models.store.unchecked import construct_unchecked

if TYPE_CHECKING:
    from models.accounts.users import User

LEASE = timedelta(minutes=3)
"""How long a worker has a mail; longer than it may take to send it."""

FIRST_DELAY_SECONDS = 2.0
MAX_DELAY_SECONDS = 4 * 60 * 60.0
MAX_BACKLOG_COUNT = 1_000
RETENTION_SECONDS = 30 * 24 * 60 * 60


class MailKind(StrEnum):
    """What a mail tells."""

    BOOKED = "BOOKED"
    CONFIRMED = "CONFIRMED"
    MOVED = "MOVED"
    CANCELLED = "CANCELLED"
    VERIFICATION = "VERIFICATION"
    PASSWORD_RESET = "PASSWORD_RESET"  # noqa: S105 - the name of one


class Party(StrEnum):
    """Who gets a mail: the contact of the booking, its expert, or the owner of an account."""

    CLIENT = "CLIENT"
    EXPERT = "EXPERT"
    OWNER = "OWNER"


class MailState(StrEnum):
    """Where a mail is in its life; a failed one had a recipient who could not be reached."""

    WAITING = "WAITING"
    SENT = "SENT"
    FAILED = "FAILED"


MAX_AGES = {MailKind.PASSWORD_RESET: timedelta(hours=1)}
DEFAULT_MAX_AGE = timedelta(days=3)


class BookingSnapshot(Part):
    """A booking as the change left it; `revision` numbers its changes from 0 (RFC 5545, SEQUENCE).

    Names and addresses are no part of it: they are read when the mail is sent.
    """

    booking_id: Id
    status: BookingStatus
    starts_at: datetime
    minutes: int
    price: int
    revision: int
    moved_from: datetime | None = None


class Mail(Record):
    """A mail that is owed to `to`, of whom each is crossed out when served.

    While it waits, `due_at` is when it is tried next; claiming it moves that to the lease's end,
    so a mail whose worker died is due again by itself. Mails to an account name it by its folded
    address, since whether there is one is not to be seen from how long the answer takes.
    """

    kind: MailKind
    to: list[Party]
    refused: list[Party] = []
    occasion: BookingSnapshot | None = None
    address: str | None = None
    state: MailState = MailState.WAITING
    attempts: int = 0
    due_at: datetime
    created_at: datetime
    sent_at: datetime | None = None

    class Settings:
        """`due_by_state` finds what is to be sent; what failed has no `sent_at`, and is kept."""

        name = "outbox"
        indexes = (
            IndexModel([("state", ASCENDING), ("due_at", ASCENDING)], name="due_by_state"),
            IndexModel(
                [("sent_at", ASCENDING)],
                expireAfterSeconds=RETENTION_SECONDS,
                name="kept_thirty_days_once_sent",
            ),
        )

    async def claim(self, now: datetime) -> bool:
        """Have it for the time of the lease; False where another worker was first.

        Raises:
            Unavailable: when the database does not answer.
        """
        return await self._set(due_at=now + LEASE, attempts=self.attempts + 1)

    async def mark_delivered(self, party: Party, now: datetime, *, refused: bool = False) -> bool:
        """Cross out a recipient; the last one ends the mail. False once the lease has ended.

        Raises:
            Unavailable: when the database does not answer.
        """
        left = [other for other in self.to if other is not party]
        failed = [*self.refused, party] if refused else self.refused
        changed: dict[str, Any] = {"to": left, "refused": failed}
        if not left:
            changed |= (
                {"state": MailState.FAILED} if failed else {"state": MailState.SENT, "sent_at": now}
            )
        return await self._set(**changed)

    async def postpone(self, now: datetime) -> bool:
        """Try again later, each time twice as late up to four hours; False: it was given up.

        Raises:
            Unavailable: when the database does not answer.
        """
        if now - self.created_at > MAX_AGES.get(self.kind, DEFAULT_MAX_AGE):
            await self._set(state=MailState.FAILED)
            return False
        await self._set(due_at=now + delay(self.attempts))
        return True

    async def _set(self, **changed: Any) -> bool:
        """Change it as long as it is as this process knows it: one conditional update."""
        known = {"_id": self.id, "state": self.state.value, "due_at": self.due_at}
        with or_unavailable():
            result = await Mail.get_pymongo_collection().update_one(
                known, {"$set": {name: _stored(value) for name, value in changed.items()}}
            )
        if not result.matched_count:
            return False
        for name, value in changed.items():
            setattr(self, name, value)
        return True


def _stored(value: Any) -> Any:
    if isinstance(value, list):
        return [_stored(part) for part in value]
    return value.value if isinstance(value, StrEnum) else value


def delay(attempts: int) -> timedelta:
    """How long to wait after so many attempts: doubled each time, and a quarter more or less."""
    seconds = min(FIRST_DELAY_SECONDS * 2 ** min(attempts - 1, 20), MAX_DELAY_SECONDS)
    return timedelta(milliseconds=int(seconds * 1000 * random.uniform(0.75, 1.25)))  # noqa: S311


async def due_mails(now: datetime, limit: int) -> list[Mail]:
    """Some of the mails that are to be sent now, the longest due first.

    Raises:
        Unavailable: when the database does not answer.
    """
    query = {"state": MailState.WAITING.value, "due_at": {"$lte": now}}
    with or_unavailable():
        return await Mail.find(query).sort("+due_at").limit(limit).to_list()


async def backlog() -> tuple[int, float]:
    """How many mails wait, up to a thousand, and for how many seconds the oldest of them is owed.

    Raises:
        Unavailable: when the database does not answer.
    """
    waiting = {"state": MailState.WAITING.value}
    with or_unavailable():
        found = (
            Mail.get_pymongo_collection().find(waiting, {"created_at": 1}).limit(MAX_BACKLOG_COUNT)
        )
        rows = await found.to_list()
    oldest = min((row["created_at"] for row in rows), default=None)
    return len(rows), (utc_now() - oldest).total_seconds() if oldest else 0.0


UPCOMING = frozenset({BookingStatus.PENDING, BookingStatus.CONFIRMED})
ENDED = frozenset({BookingStatus.CANCELLED, BookingStatus.EXPIRED})


def mail_for(booking: Booking) -> Mail | None:
    """The mail about the last change of a booking, if its parties are to hear of it.

    Of a hold and its end nobody is told.
    """
    *earlier, last = booking.history
    moved_from = None
    if last.after in UPCOMING and last.before not in UPCOMING:
        kind = MailKind.BOOKED
    elif last.after in UPCOMING and earlier and earlier[-1].starts_at != last.starts_at:
        kind, moved_from = MailKind.MOVED, earlier[-1].starts_at
    elif last.after in UPCOMING and last.before is not last.after:
        kind = MailKind.CONFIRMED
    elif last.after in ENDED and last.before in UPCOMING:
        kind = MailKind.CANCELLED
    else:
        return None
    return construct_unchecked(
        Mail,
        kind=kind,
        to=[Party.CLIENT, Party.EXPERT] if booking.contact else [Party.EXPERT],
        occasion=construct_unchecked(
            BookingSnapshot,
            booking_id=booking.id,
            status=booking.status,
            starts_at=booking.starts_at,
            minutes=booking.minutes,
            price=booking.price,
            revision=len(earlier),
            moved_from=moved_from,
        ),
        due_at=last.at,
        created_at=last.at,
    )


def verification_mail(user: User, now: datetime) -> Mail:
    """The mail with the link that verifies an account's address."""
    return _to_owner(MailKind.VERIFICATION, user.email_key, now)


async def queue_reset_mail(address: str) -> None:
    """Owe whoever has an account with that folded address a link to a new password.

    Raises:
        Unavailable: when the database does not answer.
    """
    with or_unavailable():
        await _to_owner(MailKind.PASSWORD_RESET, address, utc_now()).insert()


def _to_owner(kind: MailKind, address: str, now: datetime) -> Mail:
    return Mail(kind=kind, to=[Party.OWNER], address=address, due_at=now, created_at=now)
