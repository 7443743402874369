"""Sample bookings: what an expert's calendar looks like after some weeks of use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from models.bookings.booking import INACTIVE, Booking, BookingChange, BookingStatus, contact_key
from models.bookings.events import KEPT_SECONDS
from models.calendar.slots import SlotKey, starts
from models.calendar.times import cell_of, instant_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date, datetime
    from random import Random

    from models.bookings.booking import Contact
    from models.calendar.rules import Calendar, Rules
    from models.ids import Id

PAST_DAYS: Final = 28
PAST_BOOKINGS: Final = (3, 8)
COMING_DAYS: Final = 21
COMING_SHARE: Final = (0.035, 0.06)  # of the hours of those days
ATTEMPTS: Final = 8  # at a day with a free slot: on two of seven there are no hours
SHORTER: Final = 0.7  # of the sessions are of the shorter length
NOTED: Final = 0.6
BY_CLIENT: Final = 0.75  # of the cancellations
CONFIRMED_FIRST: Final = 0.5  # of the cancelled requests
NOT_BEFORE: Final = timedelta(hours=2)
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
# Nothing happened lately: no event of it would still be kept, so none is written.
SETTLED: Final = timedelta(seconds=KEPT_SECONDS) + DAY

PAST: Final[Mapping[BookingStatus, int]] = {
    BookingStatus.COMPLETED: 84,
    BookingStatus.NO_SHOW: 6,
    BookingStatus.CANCELLED: 10,
}
COMING_AUTOMATIC: Final[Mapping[BookingStatus, int]] = {
    BookingStatus.CONFIRMED: 92,
    BookingStatus.CANCELLED: 8,
}
COMING_BY_HAND: Final[Mapping[BookingStatus, int]] = {
    BookingStatus.CONFIRMED: 52,
    BookingStatus.PENDING: 40,
    BookingStatus.CANCELLED: 8,
}


class Client(NamedTuple):
    """Somebody who books."""

    id: Id
    contact: Contact


class _Weeks(NamedTuple):
    """Some days in a row, the cells of them to book in, and how the bookings are to end."""

    first: date
    days: int
    cells: range
    ends: list[BookingStatus]


@dataclass(frozen=True, slots=True)
class SampleCalendar:
    """A calendar in which nobody has booked yet, and what its bookings are made from.

    `regular` has been there, and comes again. `share` is how many bookings there are, as a part
    of what is usual.
    """

    calendar: Calendar
    keeper_id: Id
    clients: Sequence[Client]
    regular: Client | None
    notes: Sequence[str]
    new_id: Callable[[int], Id]
    share: float
    moment: datetime
    rng: Random

    def fill(self) -> list[Booking]:
        """Make up the bookings, the earliest change first, and count them in the calendar.

        Each takes a slot that was offered when it was booked. No two of them share a cell.
        """
        made: list[Booking] = []
        taken: set[int] = set()
        for weeks in self._past(), self._coming():
            client = self.regular
            for end in weeks.ends:
                key = self._free_slot(weeks, taken)
                if key:
                    taken.update(key.occupies(self._rules))
                    id_ = self.new_id(len(made))
                    client = client or self.rng.choice(self.clients)
                    made.append(self._booking(id_, key, client, end))
                    client = None
        made.sort(key=lambda booking: booking.updated_at)
        for sequence, booking in enumerate(made, 1):
            booking.sequence = sequence
            self.calendar.sequence = sequence
            self.calendar.last_event_at = booking.updated_at
        return made

    @property
    def _rules(self) -> Rules:
        return self.calendar.rules

    def _past(self) -> _Weeks:
        first = self.calendar.today(self.moment) - PAST_DAYS * DAY
        # A day more, in which the expert says how it went.
        beyond = cell_of(self.moment - SETTLED - DAY)
        ends = self._ends(self.rng.uniform(*PAST_BOOKINGS), PAST)
        return _Weeks(first, PAST_DAYS, range(beyond), ends)

    def _coming(self) -> _Weeks:
        minutes = sum(range_.end - range_.start for range_ in self._rules.weekly) * COMING_DAYS / 7
        short, long = (offer.minutes for offer in self._rules.offers)
        length = SHORTER * short + (1 - SHORTER) * long
        usual = minutes / length * self.rng.uniform(*COMING_SHARE)
        ends = COMING_AUTOMATIC if self._rules.confirms_automatically else COMING_BY_HAND
        cells = range(
            cell_of(self.moment + NOT_BEFORE) + 1,
            cell_of(self.moment + (COMING_DAYS + 2) * DAY),
        )
        first = self.calendar.today(self.moment)
        return _Weeks(first, COMING_DAYS, cells, self._ends(usual, ends))

    def _ends(self, usual: float, weights: Mapping[BookingStatus, int]) -> list[BookingStatus]:
        """How the bookings of some weeks end; drawn before anything that depends on the moment."""
        count = max(1, round(usual * self.share))
        return self.rng.choices(list(weights), list(weights.values()), k=count)

    def _free_slot(self, weeks: _Weeks, taken: set[int]) -> SlotKey | None:
        """A slot on some day of theirs; rarely none, as most days are nearly free."""
        for _ in range(ATTEMPTS):
            day = weeks.first + self.rng.randrange(weeks.days) * DAY
            short, long = (offer.minutes for offer in self._rules.offers)
            minutes = short if self.rng.random() < SHORTER else long
            keys = [
                SlotKey(self.calendar.id, cell, minutes)
                for cell in starts(self._rules, minutes, day)
            ]
            free = [
                key
                for key in keys
                if key.cell in weeks.cells
                and key.session_end in weeks.cells
                and taken.isdisjoint(key.occupies(self._rules))
            ]
            if free:
                return self.rng.choice(free)
        return None

    def _booking(self, id_: Id, key: SlotKey, client: Client, end: BookingStatus) -> Booking:
        history = self._history(key, client, end)
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
            contact=client.contact,
            contact_key=contact_key(client.contact.email),
            note=self.rng.choice(self.notes) if self.rng.random() < NOTED else "",
            created_at=history[0].at,
            updated_at=history[-1].at,
            cancellable_until=key.starts_at - self._cancellation_notice,
            history=history,
        ).placed()

    def _history(self, key: SlotKey, client: Client, end: BookingStatus) -> list[BookingChange]:
        """The steps to that end, each at a time and by somebody that the rules allow."""
        by_hand = not self._rules.confirms_automatically
        notice = timedelta(minutes=self._rules.minimum_notice_minutes)
        # A day before either deadline, so that there is time for an answer and a cancellation.
        deadline = key.starts_at - max(notice, self._cancellation_notice)
        created_at = min(deadline, self.moment - SETTLED) - self._some_time(DAY, 15 * DAY)
        steps = [
            (created_at, client.id, BookingStatus.PENDING if by_hand else BookingStatus.CONFIRMED)
        ]
        is_answered = end is not BookingStatus.CANCELLED or self.rng.random() < CONFIRMED_FIRST
        if by_hand and is_answered and end is not BookingStatus.PENDING:
            answered_at = created_at + self._some_time(HOUR / 4, 12 * HOUR)
            steps.append((answered_at, self.keeper_id, BookingStatus.CONFIRMED))
        if end is BookingStatus.CANCELLED:
            actor_id = client.id if self.rng.random() < BY_CLIENT else self.keeper_id
            steps.append((created_at + self._some_time(12 * HOUR, DAY), actor_id, end))
        elif end in PAST:
            steps.append((key.ends_at + self._some_time(0 * HOUR, 12 * HOUR), self.keeper_id, end))
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

    def _some_time(self, shortest: timedelta, longest: timedelta) -> timedelta:
        """A time between the two in whole seconds."""
        return timedelta(
            seconds=self.rng.randrange(int(shortest.total_seconds()), int(longest.total_seconds()))
        )
