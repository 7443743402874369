"""Tests of the generated sample data, which are written to a real embedded database."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from models.accounts.users import Role, User
from models.bookings.booking import INACTIVE, Booking, BookingStatus, taken_cells
from models.bookings.events import RETENTION_SECONDS, Event
from models.bookings.wait import Wait
from models.calendar.rules import Calendar
from models.calendar.slots import SlotStatus, listed_slot, listed_slots
from models.directory.experts import Category, Expert
from tests.support.seeding import DAY, HASH, NOW, fill, opened
from web.samples.demo import DEMO_ACCOUNTS, DEMO_CLIENT, DEMO_EXPERT, Outcome
from web.samples.seed import NO_PASSWORD

if TYPE_CHECKING:
    from models.ids import Id

EXPERTS = 60


@dataclass(frozen=True)
class Sample:
    """Outcome of seeding a database with 60 sample experts, and the documents that were stored."""

    outcome: Outcome
    users: dict[Id, User]
    experts: dict[Id, Expert]
    calendars: dict[Id, Calendar]
    bookings: list[Booking]
    waits: list[Wait]
    events: int

    def user(self, email: str) -> User:
        """Return the account with the given e-mail address."""
        [found] = [user for user in self.users.values() if user.email == email]
        return found

    def by_expert(self) -> dict[Id, list[Booking]]:
        """Return the bookings of each expert, keyed by the expert's ID."""
        found: dict[Id, list[Booking]] = {id_: [] for id_ in self.experts}
        for booking in self.bookings:
            found[booking.expert_id].append(booking)
        return found


@pytest.fixture(scope="module")
async def sample(seed_server: str) -> Sample:
    async with opened(seed_server, "sample"):
        return Sample(
            outcome=await fill(EXPERTS),
            users={user.id: user async for user in User.find_all()},
            experts={expert.id: expert async for expert in Expert.find_all()},
            calendars={calendar.id: calendar async for calendar in Calendar.find_all()},
            bookings=await Booking.find_all().to_list(),
            waits=await Wait.find_all().to_list(),
            events=await Event.count(),
        )


def test_seeding_creates_experts_with_calendars_accounts_and_bookings(sample: Sample) -> None:
    """Each expert has an account, a calendar and, on average, about twenty bookings."""
    assert sample.outcome is Outcome.SEEDED
    assert len(sample.experts) == EXPERTS
    assert sample.calendars.keys() == sample.experts.keys()
    assert {expert.category for expert in sample.experts.values()} == set(Category)
    assert all(expert.listed and expert.words for expert in sample.experts.values())
    assert Counter(user.role for user in sample.users.values()) == {
        Role.EXPERT: EXPERTS,
        Role.CLIENT: 201,
        Role.ADMIN: 1,
    }
    for expert in sample.experts.values():
        assert sample.users[expert.user_id].expert_id == expert.id
    assert 1_000 < len(sample.bookings) < 1_300
    assert min(map(len, sample.by_expert().values())) >= 2


def test_bookings_are_in_offered_slots(sample: Sample) -> None:
    """Each booking has the time and the price of a slot that was listed when it was booked.

    It occupies the quarter hours of its session and of the break after the session.
    """
    for booking in sample.bookings:
        rules = sample.calendars[booking.expert_id].rules
        slot = listed_slot(booking.key, rules, {}, booking.created_at)
        assert slot is not None
        assert slot.price == booking.price
        assert len(booking.cells) * 15 == booking.minutes + rules.break_minutes
        assert booking.cells[0] == booking.starts_at
        notice = timedelta(minutes=rules.cancellation_notice_minutes)
        assert booking.cancellable_until == booking.starts_at - notice


def test_no_two_bookings_overlap(sample: Sample) -> None:
    """No quarter hour of an expert belongs to two active bookings, even as part of a break."""
    cells = Counter((b.expert_id, cell) for b in sample.bookings if b.active for cell in b.cells)
    assert set(cells.values()) == {1}


def test_sample_has_no_recent_changes(sample: Sample) -> None:
    """All bookings were last changed before the retention period of events, so no events exist."""
    assert sample.events == 0
    for booking in sample.bookings:
        assert booking.updated_at < NOW - timedelta(seconds=RETENTION_SECONDS)
        assert booking.created_at < booking.starts_at
    coming = [booking for booking in sample.bookings if booking.ends_at > NOW]
    assert min(booking.starts_at for booking in coming) > NOW + timedelta(hours=2)
    assert max(booking.starts_at for booking in coming) < NOW + 22 * DAY


def test_past_sessions_have_ended_and_upcoming_ones_have_not(sample: Sample) -> None:
    """Most past sessions are completed and most upcoming ones confirmed; some are cancelled."""
    past = Counter(b.status for b in sample.bookings if b.starts_at < NOW)
    coming = Counter(b.status for b in sample.bookings if b.starts_at > NOW)
    assert set(past) == {"COMPLETED", "NO_SHOW", "CANCELLED"}
    assert set(coming) == {"CONFIRMED", "PENDING", "CANCELLED"}
    assert past.most_common(1)[0][0] is BookingStatus.COMPLETED
    assert coming.most_common(1)[0][0] is BookingStatus.CONFIRMED
    for booking in sample.bookings:
        assert booking.active == (booking.status not in INACTIVE)
        by_hand = not sample.calendars[booking.expert_id].rules.confirms_automatically
        assert by_hand or booking.status is not BookingStatus.PENDING


def test_booking_histories_are_consistent(sample: Sample) -> None:
    """Every step of a booking's history is allowed, and the last step set the booking's status."""
    for booking in sample.bookings:
        keeper_id = sample.experts[booking.expert_id].user_id
        first, *rest = booking.history
        last = booking.history[-1]
        creation = (booking.created_at, booking.client_id, None)
        assert (first.at, first.actor_id, first.before) == creation
        assert (last.at, last.after) == (booking.updated_at, booking.status)
        for one, next_ in pairwise(booking.history):
            assert one.at < next_.at
            assert one.after == next_.before
        for step in rest:
            if step.after is BookingStatus.CANCELLED and step.actor_id == booking.client_id:
                assert step.at <= booking.cancellable_until
            else:
                assert step.actor_id == keeper_id
            if step.after in {BookingStatus.COMPLETED, BookingStatus.NO_SHOW}:
                assert step.at >= booking.ends_at
        assert booking.contact
        assert booking.contact.email == sample.users[booking.client_id].email
        assert booking.contact_key == booking.contact.email
        assert booking.order_key.endswith(str(booking.id))


def test_bookings_are_numbered_without_gaps(sample: Sample) -> None:
    """Each expert's bookings are numbered from 1, in the order of their last changes.

    The calendar stores the highest number in use, that of a booking or a waiting-list entry.
    """
    for expert_id, bookings in sample.by_expert().items():
        in_order = sorted(bookings, key=lambda booking: booking.updated_at)
        assert [booking.sequence for booking in in_order] == list(range(1, len(bookings) + 1))
        calendar = sample.calendars[expert_id]
        assert calendar.sequence == len(bookings) + calendar.waiting
        assert calendar.last_event_at == in_order[-1].updated_at


def test_upcoming_weeks_are_mostly_open(sample: Sample) -> None:
    """Within one week and within three weeks, a few percent of the slots are booked.

    Most experts have a booking in the next week, and each has many free slots.
    """
    statuses: dict[int, Counter[SlotStatus]] = defaultdict(Counter)
    busy_next_week = 0
    for expert_id, bookings in sample.by_expert().items():
        rules = sample.calendars[expert_id].rules
        minutes = rules.offers[0].minutes
        taken = taken_cells([each.occupant() for each in bookings if each.active], NOW)
        for days in (7, 21):
            slots = list(listed_slots(expert_id, rules, taken, minutes, NOW, NOW + days * DAY, NOW))
            counted = Counter(slot.status for slot in slots)
            assert counted[SlotStatus.OPEN] > 0.7 * len(slots)
            statuses[days].update(counted)
            busy_next_week += days == 7 and counted[SlotStatus.BOOKED] > 0
    for counted in statuses.values():
        assert 0.02 < counted[SlotStatus.BOOKED] / counted.total() < 0.08
    assert busy_next_week > 0.6 * EXPERTS


def test_only_the_demo_accounts_can_sign_in(sample: Sample) -> None:
    """The three demo accounts have their roles and a password; no other account has one."""
    for email, role in DEMO_ACCOUNTS:
        user = sample.user(email)
        assert (user.role, user.password_hash, user.email_verified) == (role, HASH, True)
    hashes = Counter(user.password_hash for user in sample.users.values())
    assert hashes == {HASH: 3, NO_PASSWORD: len(sample.users) - 3}


def test_demo_accounts_have_bookings(sample: Sample) -> None:
    """The demo client has past and upcoming sessions; the demo expert has unanswered requests."""
    client, keeper = sample.user(DEMO_CLIENT), sample.user(DEMO_EXPERT)
    own = [booking for booking in sample.bookings if booking.client_id == client.id]
    assert Counter(booking.starts_at > NOW for booking in own) == {True: 6, False: 6}
    assert keeper.expert_id
    assert not sample.calendars[keeper.expert_id].rules.confirms_automatically
    kept = sample.by_expert()[keeper.expert_id]
    assert {BookingStatus.CONFIRMED, BookingStatus.PENDING} <= {
        booking.status for booking in kept if booking.starts_at > NOW
    }


def test_demo_client_is_on_the_waiting_list_of_the_demo_expert(sample: Sample) -> None:
    """The time that the demo client waits for is booked by another client."""
    client, keeper = sample.user(DEMO_CLIENT), sample.user(DEMO_EXPERT)
    assert {wait.terms.client_id for wait in sample.waits} == {client.id}
    assert keeper.expert_id in {wait.expert_id for wait in sample.waits}
    for wait in sample.waits:
        calendar = sample.calendars[wait.expert_id]
        assert (calendar.waiting, wait.number) == (1, calendar.sequence)
        assert NOW + DAY < wait.due_at == wait.terms.until
        assert wait.joined_at < NOW - timedelta(seconds=RETENTION_SECONDS)
        [wanted] = [
            booking
            for booking in sample.by_expert()[wait.expert_id]
            if booking.active and wait.terms.admits(booking.key)
        ]
        assert wanted.client_id != client.id
