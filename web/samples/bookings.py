"""Sample bookings, as if an expert had used the calendar for a few weeks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from models.accounts.emails import email_key
from models.bookings.booking import (
    INACTIVE,
    Booking,
    BookingChange,
    BookingStatus,
    search_words_of,
)
from models.bookings.events import RETENTION_SECONDS
from models.bookings.wait import Wait, WaitTerms, next_due_at
from models.calendar.slots import SlotKey, starts
from models.calendar.times import CELL, cell_of, instant_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date, datetime
    from random import Random

    from models.bookings.booking import Contact
    from models.calendar.rules import Calendar, Rules
    from models.ids import Id

PAST_DAYS: Final = 28
FORMER_DAYS: Final = 360
PAST_BOOKINGS: Final = (3, 8)  # Minimum and maximum number per expert.
COMING_DAYS: Final = 21
COMING_SHARE: Final = (0.035, 0.06)  # Minimum and maximum share of working hours to book.
MAX_DAYS_TRIED: Final = 8  # Number of days on which to look for one free slot.
SHORT_SHARE: Final = 0.7  # Share of sessions with the shorter length.
NOTE_SHARE: Final = 0.6  # Share of bookings with a note.
CLIENT_CANCELLATION_SHARE: Final = 0.75  # Share of cancellations by the client.
CONFIRMED_BEFORE_CANCELLATION: Final = 0.5  # Share of cancelled requests confirmed earlier.
MIN_LEAD_TIME: Final = timedelta(hours=2)
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
# All changes are older than the event retention, so no events have to be written.
MIN_CHANGE_AGE: Final = timedelta(seconds=RETENTION_SECONDS) + DAY

PAST_OUTCOMES: Final[Mapping[BookingStatus, int]] = {
    BookingStatus.COMPLETED: 84,
    BookingStatus.NO_SHOW: 6,
    BookingStatus.CANCELLED: 10,
}
COMING_OUTCOMES: Final[Mapping[BookingStatus, int]] = {
    BookingStatus.CONFIRMED: 92,
    BookingStatus.CANCELLED: 8,
}
COMING_OUTCOMES_BY_HAND: Final[Mapping[BookingStatus, int]] = {
    BookingStatus.CONFIRMED: 52,
    BookingStatus.PENDING: 40,
    BookingStatus.CANCELLED: 8,
}


class Client(NamedTuple):
    """An account that books, and its contact details."""

    id: Id
    contact: Contact


class _Period(NamedTuple):
    """A period to fill: its first day, length, usable cells, and its bookings' final statuses."""

    first: date
    days: int
    cells: range
    outcomes: list[BookingStatus]


@dataclass(frozen=True, slots=True)
class SampleCalendar:
    """An empty calendar and the material for its bookings.

    Attributes:
        keeper_id: the expert's account.
        regular: a client with both a past and an upcoming booking.
        new_id: returns the id of the booking with the given number.
        former_sessions: number of completed sessions before the past period.
        share: number of bookings relative to the usual number, 0 to 1.
        moment: the time relative to which the bookings are past or upcoming.
    """

    calendar: Calendar
    keeper_id: Id
    clients: Sequence[Client]
    regular: Client | None
    notes: Sequence[str]
    new_id: Callable[[int], Id]
    former_sessions: int
    share: float
    moment: datetime
    rng: Random

    def fill(self) -> list[Booking]:
        """Return the bookings, ordered by their last change, and advance the calendar's sequence.

        Every booking takes a slot that was offered at the time of booking, and none overlap.
        """
        bookings: list[Booking] = []
        taken: set[int] = set()
        for period in self._past(), self._coming(), self._former():
            client = None if period.days > PAST_DAYS else self.regular
            for outcome in period.outcomes:
                key = self._free_slot(period, taken)
                if key:
                    taken.update(key.occupies(self._rules))
                    id_ = self.new_id(len(bookings))
                    client = client or self.rng.choice(self.clients)
                    bookings.append(self._booking(id_, key, client, outcome))
                    client = None
        bookings.sort(key=lambda booking: booking.updated_at)
        for sequence, booking in enumerate(bookings, 1):
            booking.sequence = sequence
            self.calendar.sequence = sequence
            self.calendar.last_event_at = booking.updated_at
        return bookings

    @property
    def _rules(self) -> Rules:
        return self.calendar.rules

    def _past(self) -> _Period:
        first = self.calendar.today(self.moment) - PAST_DAYS * DAY
        # Sessions end a day before the latest change, which leaves time to record their outcome.
        last = cell_of(self.moment - MIN_CHANGE_AGE - DAY)
        outcomes = self._outcomes(self.rng.uniform(*PAST_BOOKINGS), PAST_OUTCOMES)
        return _Period(first, PAST_DAYS, range(last), outcomes)

    def _former(self) -> _Period:
        days = FORMER_DAYS - PAST_DAYS
        first = self.calendar.today(self.moment) - FORMER_DAYS * DAY
        last = cell_of(self.moment - PAST_DAYS * DAY)
        count = round(self.former_sessions * self.share)
        return _Period(first, days, range(last), [BookingStatus.COMPLETED] * count)

    def _coming(self) -> _Period:
        minutes = sum(range_.end - range_.start for range_ in self._rules.weekly) * COMING_DAYS / 7
        short, long = (offer.minutes for offer in self._rules.offers)
        length = SHORT_SHARE * short + (1 - SHORT_SHARE) * long
        usual = minutes / length * self.rng.uniform(*COMING_SHARE)
        weights = COMING_OUTCOMES if self._rules.confirms_automatically else COMING_OUTCOMES_BY_HAND
        cells = range(
            cell_of(self.moment + MIN_LEAD_TIME) + 1,
            cell_of(self.moment + (COMING_DAYS + 2) * DAY),
        )
        first = self.calendar.today(self.moment)
        return _Period(first, COMING_DAYS, cells, self._outcomes(usual, weights))

    def _outcomes(self, usual: float, weights: Mapping[BookingStatus, int]) -> list[BookingStatus]:
        """Draw the bookings' final statuses first, so that they do not depend on `moment`."""
        count = max(1, round(usual * self.share))
        return self.rng.choices(list(weights), list(weights.values()), k=count)

    def _free_slot(self, period: _Period, taken: set[int]) -> SlotKey | None:
        """Return a random free slot of the period, or None if none of the days tried has one."""
        for _ in range(MAX_DAYS_TRIED):
            day = period.first + self.rng.randrange(period.days) * DAY
            short, long = (offer.minutes for offer in self._rules.offers)
            minutes = short if self.rng.random() < SHORT_SHARE else long
            keys = [
                SlotKey(self.calendar.id, cell, minutes)
                for cell in starts(self._rules, minutes, day)
            ]
            free = [
                key
                for key in keys
                if key.cell in period.cells
                and key.session_end in period.cells
                and taken.isdisjoint(key.occupies(self._rules))
            ]
            if free:
                return self.rng.choice(free)
        return None

    def _booking(self, id_: Id, key: SlotKey, client: Client, outcome: BookingStatus) -> Booking:
        history = self._history(key, client, outcome)
        status = history[-1].after
        offer = self._rules.offer(key.minutes) or self._rules.offers[0]
        return Booking(
            id=id_,
            expert_id=key.expert_id,
            client_id=client.id,
            status=status,
            active=status not in INACTIVE,
            starts_at=key.starts_at,
            minutes=key.minutes,
            cells=[instant_of(cell) for cell in key.occupies(self._rules)],
            price=offer.price,
            place=offer.place,
            contact=client.contact,
            contact_key=email_key(client.contact.email),
            search_words=search_words_of(id_, client.contact),
            note=self.rng.choice(self.notes) if self.rng.random() < NOTE_SHARE else "",
            created_at=history[0].at,
            updated_at=history[-1].at,
            cancellable_until=key.starts_at - self._cancellation_notice,
            history=history,
        ).update_order_key()

    def _history(self, key: SlotKey, client: Client, outcome: BookingStatus) -> list[BookingChange]:
        """Return the changes up to the outcome, at times and by actors that the rules allow."""
        by_hand = not self._rules.confirms_automatically
        notice = timedelta(minutes=self._rules.minimum_notice_minutes)
        # The booking is created at least a day before the deadlines, which leaves enough time for
        # the expert's answer and for a cancellation.
        deadline = key.starts_at - max(notice, self._cancellation_notice)
        created_at = min(deadline, self.moment - MIN_CHANGE_AGE) - self._random_duration(
            DAY, 15 * DAY
        )
        steps = [
            (created_at, client.id, BookingStatus.PENDING if by_hand else BookingStatus.CONFIRMED)
        ]
        is_answered = (
            outcome is not BookingStatus.CANCELLED
            or self.rng.random() < CONFIRMED_BEFORE_CANCELLATION
        )
        if by_hand and is_answered and outcome is not BookingStatus.PENDING:
            answered_at = created_at + self._random_duration(HOUR / 4, 12 * HOUR)
            steps.append((answered_at, self.keeper_id, BookingStatus.CONFIRMED))
        if outcome is BookingStatus.CANCELLED:
            actor_id = (
                client.id if self.rng.random() < CLIENT_CANCELLATION_SHARE else self.keeper_id
            )
            steps.append((created_at + self._random_duration(12 * HOUR, DAY), actor_id, outcome))
        elif outcome in PAST_OUTCOMES:
            steps.append(
                (key.ends_at + self._random_duration(0 * HOUR, 12 * HOUR), self.keeper_id, outcome)
            )
        befores = [None, *(status for _, _, status in steps)]
        return [
            BookingChange(
                at=at, actor_id=actor_id, before=before, after=after, starts_at=key.starts_at
            )
            for before, (at, actor_id, after) in zip(befores, steps, strict=False)
        ]

    @property
    def _cancellation_notice(self) -> timedelta:
        return timedelta(minutes=self._rules.cancellation_notice_minutes)

    def wait(self, id_: Id, bookings: Sequence[Booking]) -> list[Wait]:
        """Return a waiting-list entry of the regular client, for another client's last session.

        Joining the waiting list is the calendar's latest change. If no other client has an upcoming
        session, the result is empty.
        """
        coming = [
            booking
            for booking in bookings
            if booking.active and booking.starts_at > self.moment + DAY
            if self.regular and booking.client_id != self.regular.id
        ]
        if self.regular is None or not coming:
            return []
        wanted = max(coming, key=lambda booking: booking.starts_at)
        terms = WaitTerms(
            client_id=self.regular.id,
            since=wanted.starts_at,
            until=wanted.starts_at + CELL,
            minutes=wanted.minutes,
        )
        self.calendar.sequence += 1
        self.calendar.waiting = 1
        return [
            Wait(
                id=id_,
                expert_id=self.calendar.id,
                number=self.calendar.sequence,
                terms=terms,
                joined_at=self.calendar.last_event_at,
                due_at=next_due_at(terms, self._rules, self.moment),
            )
        ]

    def _random_duration(self, shortest: timedelta, longest: timedelta) -> timedelta:
        """Return a random duration in whole seconds, from `shortest` up to `longest`."""
        return timedelta(
            seconds=self.rng.randrange(int(shortest.total_seconds()), int(longest.total_seconds()))
        )
