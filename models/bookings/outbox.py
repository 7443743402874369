"""Transactional outbox: e-mails are stored in the transaction of the change that causes them.

Therefore an e-mail exists if and only if its change was committed. Workers in any number of
processes send the e-mails; a lease keeps two workers from sending the same e-mail. A recipient is
removed from an e-mail once the mail server has accepted the recipient's copy.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import Field
from pymongo import ASCENDING, IndexModel

from models.accounts.users import Language
from models.bookings.booking import INACTIVE, UPCOMING, Booking, BookingStatus
from models.calendar.times import utc_now
from models.ids import Id
from models.store.documents import Part, Record, or_unavailable

LEASE = timedelta(minutes=3)
"""Time for which a worker claims an e-mail, which is longer than sending it can take."""

FIRST_DELAY_SECONDS = 2.0
MAX_DELAY_SECONDS = 4 * 60 * 60.0
MAX_BACKLOG_COUNT = 1_000
RETENTION_SECONDS = 30 * 24 * 60 * 60


class MailKind(StrEnum):
    """Kind of an e-mail."""

    BOOKED = "BOOKED"
    CONFIRMED = "CONFIRMED"
    MOVED = "MOVED"
    CANCELLED = "CANCELLED"
    REMINDER = "REMINDER"
    COMPLETED = "COMPLETED"
    REVIEWED = "REVIEWED"
    REVIEW_HIDDEN = "REVIEW_HIDDEN"
    OFFERED = "OFFERED"
    VERIFICATION = "VERIFICATION"
    PASSWORD_RESET = "PASSWORD_RESET"  # noqa: S105 - an enum value, not a password
    SIGN_IN_CODE = "SIGN_IN_CODE"
    EMAIL_CHANGED = "EMAIL_CHANGED"


class Lane(StrEnum):
    """A queue of e-mails that is sent independently of the other queues.

    Urgent e-mails with links, codes and offers therefore do not wait for e-mails about bookings. No
    other e-mail waits for reminders, many of which are due at the same time, or for e-mails about
    reviews, which are not urgent.
    """

    ACCOUNT = "ACCOUNT"
    BOOKING = "BOOKING"
    OFFER = "OFFER"
    REMINDER = "REMINDER"
    REVIEW = "REVIEW"


CHANGE_KINDS = frozenset({MailKind.BOOKED, MailKind.CONFIRMED, MailKind.MOVED, MailKind.CANCELLED})
"""Kinds of e-mails that contain a calendar entry, since they report a change of a booking."""

REVIEW_KINDS = frozenset({MailKind.REVIEWED, MailKind.REVIEW_HIDDEN})
REMINDER_KINDS = frozenset({MailKind.REMINDER, MailKind.COMPLETED})
LANES = {
    **dict.fromkeys(MailKind, Lane.ACCOUNT),
    **dict.fromkeys(CHANGE_KINDS, Lane.BOOKING),
    **dict.fromkeys(REVIEW_KINDS, Lane.REVIEW),
    **dict.fromkeys(REMINDER_KINDS, Lane.REMINDER),
    MailKind.OFFERED: Lane.OFFER,
}
"""The lane of each kind of e-mail."""


class Party(StrEnum):
    """A recipient of an e-mail: the booking's contact or expert, or the owner of an account."""

    CLIENT = "CLIENT"
    EXPERT = "EXPERT"
    OWNER = "OWNER"


class MailState(StrEnum):
    """State of an e-mail; FAILED if the e-mail could not be delivered to some recipient."""

    WAITING = "WAITING"
    SENT = "SENT"
    FAILED = "FAILED"


MAX_AGES = {
    MailKind.PASSWORD_RESET: timedelta(hours=1),
    MailKind.SIGN_IN_CODE: timedelta(hours=1),  # a code may have to wait for the next hour
    MailKind.REMINDER: timedelta.max,  # a reminder is dropped when the session begins
}
DEFAULT_MAX_AGE = timedelta(days=3)


class BookingSnapshot(Part):
    """The booking as it was after the change that an e-mail reports.

    `revision` numbers the booking's changes from 0 (RFC 5545, SEQUENCE). Names and e-mail addresses
    are not part of the snapshot, since they are read when the e-mail is sent.
    """

    booking_id: Id
    status: BookingStatus
    starts_at: datetime
    minutes: int
    price: int
    revision: int
    moved_from: datetime | None = None


class Mail(Record):
    """An e-mail to send; `to` contains the recipients who have not received it yet.

    `due_at` is the time of the next attempt to send the e-mail. A claim sets `due_at` to the end of
    the lease, so the e-mail of a crashed worker becomes due again. E-mails to the owner of an
    account have a normalized `address` rather than the account's id, because a lookup of the
    account would reveal by its timing whether the account exists. If the `address` may belong to no
    account, `deliver_to` is the address as it was typed, and `language` is the language of the
    request. If the `address` is a former address of an account, `account_id` is that account, since
    another account may use the address now. A reminder is sent again at each of the times in
    `repeats`.
    """

    kind: MailKind
    lane: Lane = Field(default_factory=lambda data: LANES[data["kind"]])
    to: list[Party]
    refused: list[Party] = []
    occasion: BookingSnapshot | None = None
    address: str | None = None
    deliver_to: str | None = None
    account_id: Id | None = None
    language: Language | None = None
    state: MailState = MailState.WAITING
    attempts: int = 0
    due_at: datetime
    repeats: list[datetime] = []
    created_at: datetime
    sent_at: datetime | None = None
    failed_at: datetime | None = None

    class Settings:
        """`due_by_state_and_lane` serves the query for due e-mails of a lane."""

        name = "outbox"
        indexes = (
            IndexModel(
                [("state", ASCENDING), ("lane", ASCENDING), ("due_at", ASCENDING)],
                name="due_by_state_and_lane",
            ),
            IndexModel(
                [("failed_at", ASCENDING)],
                expireAfterSeconds=RETENTION_SECONDS,
                name="kept_thirty_days_once_failed",
            ),
            IndexModel(
                [("sent_at", ASCENDING)],
                expireAfterSeconds=RETENTION_SECONDS,
                name="kept_thirty_days_once_sent",
            ),
        )

    @property
    def copy_id(self) -> str:
        """Id that all recipients' copies share; each repeat of a reminder has an id of its own."""
        return f"{self.id}-{len(self.repeats)}" if self.kind is MailKind.REMINDER else str(self.id)

    async def claim(self, now: datetime) -> bool:
        """Claim the e-mail for the duration of a lease, unless it is too old to be sent.

        Returns:
            False if another worker has already claimed the e-mail, or if the e-mail is too old and
            has been marked as failed; otherwise True.

        Raises:
            Unavailable: if the database does not respond.
        """
        if await self._expire(now):
            return False
        return await self._set(due_at=now + LEASE, attempts=self.attempts + 1)

    async def mark_delivered(self, party: Party, now: datetime, *, refused: bool = False) -> bool:
        """Remove a recipient; if none is left, set the final state or schedule the next reminder.

        Args:
            party: the recipient.
            now: the current time.
            refused: whether the mail server has refused the recipient.

        Returns:
            False if the lease has ended and the e-mail has changed since then; otherwise True.

        Raises:
            Unavailable: if the database does not respond.
        """
        left = [other for other in self.to if other is not party]
        failed = [*self.refused, party] if refused else self.refused
        changed: dict[str, Any] = {"to": left, "refused": failed}
        coming = [at for at in self.repeats if at > now]
        if not left and coming and not failed:
            next_, *rest = coming
            changed = {"to": [party], "due_at": next_, "repeats": rest, "attempts": 0}
        elif not left:
            changed |= (
                {"state": MailState.FAILED, "failed_at": now}
                if failed
                else {"state": MailState.SENT, "sent_at": now}
            )
        return await self._set(**changed)

    async def postpone(self, now: datetime, until: datetime | None = None) -> bool:
        """Schedule the next attempt to send the e-mail.

        Args:
            now: the current time.
            until: the time of the next attempt; by default, after an exponentially growing delay of
                up to four hours.

        Returns:
            False if the e-mail is too old and has been marked as failed; otherwise True.

        Raises:
            Unavailable: if the database does not respond.
        """
        if await self._expire(now):
            return False
        await self._set(due_at=until or now + delay(self.attempts))
        return True

    async def _expire(self, now: datetime) -> bool:
        if now - self.created_at <= MAX_AGES.get(self.kind, DEFAULT_MAX_AGE):
            return False
        await self._set(state=MailState.FAILED, failed_at=now)
        return True

    async def _set(self, **changed: Any) -> bool:
        """Update the e-mail if it has not changed since it was read (optimistic concurrency)."""
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
    """Return the delay before the next attempt: exponential backoff with 25 % jitter."""
    seconds = min(FIRST_DELAY_SECONDS * 2 ** min(attempts - 1, 20), MAX_DELAY_SECONDS)
    return timedelta(milliseconds=int(seconds * 1000 * random.uniform(0.75, 1.25)))  # noqa: S311


async def due_mails(now: datetime, limit: int, lane: Lane) -> list[Mail]:
    """Return up to `limit` due e-mails of a lane, in the order in which they became due.

    Raises:
        Unavailable: if the database does not respond.
    """
    query = {"state": MailState.WAITING.value, "lane": lane.value, "due_at": {"$lte": now}}
    with or_unavailable():
        return await Mail.find(query).sort("+due_at").limit(limit).to_list()


async def backlog() -> tuple[int, float]:
    """Return the number of waiting e-mails, at most 1,000, and the oldest's age in seconds.

    E-mails in the reminder lane are not counted, since they wait until they are due.

    Raises:
        Unavailable: if the database does not respond.
    """
    lanes = [lane.value for lane in Lane if lane is not Lane.REMINDER]
    waiting = {"state": MailState.WAITING.value, "lane": {"$in": lanes}}
    with or_unavailable():
        found = Mail.get_pymongo_collection().find(waiting, {"created_at": 1})
        rows = await found.limit(MAX_BACKLOG_COUNT).to_list()
    oldest = min((row["created_at"] for row in rows), default=None)
    return len(rows), (utc_now() - oldest).total_seconds() if oldest else 0.0


def mail_for(booking: Booking) -> Mail | None:
    """Return the e-mail about a booking's last change, or None if the change causes no e-mail.

    Placing or ending a hold causes no e-mail, but an offer causes an e-mail to its client. After a
    completed session, the e-mail asks the client for a review.
    """
    *earlier, last = booking.history
    moved_from, due_at = None, last.at
    if last.before is None and last.after is BookingStatus.HELD and booking.wait_id:
        kind = MailKind.OFFERED
    elif last.after is BookingStatus.COMPLETED:
        kind, due_at = MailKind.COMPLETED, max(last.at, booking.ends_at)
    elif last.after in UPCOMING and last.before not in UPCOMING:
        kind = MailKind.BOOKED
    elif last.is_move and earlier:
        kind, moved_from = MailKind.MOVED, earlier[-1].starts_at
    elif last.after in UPCOMING and last.before is not last.after:
        kind = MailKind.CONFIRMED
    elif last.after in INACTIVE and last.before in UPCOMING:
        kind = MailKind.CANCELLED
    else:
        return None
    to = _recipients(kind, booking)
    if not to:
        return None
    return Mail(
        kind=kind,
        to=to,
        occasion=snapshot(booking, moved_from),
        due_at=due_at,
        created_at=last.at,
    )


def _recipients(kind: MailKind, booking: Booking) -> list[Party]:
    if kind is MailKind.OFFERED:
        return [Party.CLIENT]
    to_client = [Party.CLIENT] if booking.contact else []
    return to_client if kind is MailKind.COMPLETED else [*to_client, Party.EXPERT]


def snapshot(booking: Booking, moved_from: datetime | None = None) -> BookingSnapshot:
    """Return the snapshot of a booking after its last change, for an e-mail."""
    return BookingSnapshot(
        booking_id=booking.id,
        status=booking.status,
        starts_at=booking.starts_at,
        minutes=booking.minutes,
        price=booking.price,
        revision=len(booking.history) - 1,
        moved_from=moved_from,
    )
