"""Daily booking figures equal a recount of the stored bookings, in several time zones."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

import pytest

from models.accounts.users import Role
from models.bookings.booking import Booking, BookingChange, BookingStatus
from models.bookings.figures import Count
from models.calendar.times import instant_of
from models.errors import BadUserInput, Forbidden, Unauthenticated
from models.ids import Id, new_id
from resolvers.figures import all_figures, check_days, check_income, expert_figures
from tests.support import samples

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from auth.viewers import Viewer
    from models.store.connection import Client

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Chatham", "UTC")
CHANGES = (date(2031, 3, 30), date(2031, 10, 26), date(2031, 3, 9), date(2031, 4, 6))
"""Days in 2031 on which clocks change somewhere; no other test has bookings in that year."""

HELD, PENDING, CONFIRMED = BookingStatus.HELD, BookingStatus.PENDING, BookingStatus.CONFIRMED
LIVES = (
    (PENDING,),
    (CONFIRMED,),
    (HELD, CONFIRMED),
    (PENDING, CONFIRMED, BookingStatus.COMPLETED),
    (CONFIRMED, BookingStatus.NO_SHOW),
    (CONFIRMED, BookingStatus.CANCELLED),
    (HELD, PENDING, BookingStatus.CANCELLED),
    (PENDING, BookingStatus.EXPIRED),
    (HELD,),
    (HELD, BookingStatus.CANCELLED),
    (HELD, BookingStatus.EXPIRED),
)
"""Sequences of statuses that bookings go through.

The figures leave out the last four: one booking that expired before the expert confirmed it, and
three holds that never became bookings.
"""

COUNTED = LIVES[:7]


def viewer(zone: str, role: Role = Role.ADMIN, expert_id: Id | None = None) -> Viewer:
    """Return a viewer with the given role and time zone."""
    user = SimpleNamespace(time_zone=zone)
    found = SimpleNamespace(user=user, id=new_id(), role=role, expert_id=expert_id, is_guest=False)
    return cast("Viewer", found)


def life(rng: Random, expert_id: Id, taken: set[int]) -> tuple[Booking, tuple[BookingStatus, ...]]:
    """Return a random booking near a clock change, and the statuses that it went through."""
    noon = datetime.combine(rng.choice(CHANGES), datetime.min.time(), UTC) + timedelta(hours=12)
    cell = int(noon.timestamp()) // 900 + rng.randrange(-200, 200)
    while cell in taken:
        cell += 1
    taken.add(cell)
    steps = rng.choice(LIVES)
    made = samples.booking(cell, 15)
    changes: dict[str, Any] = {
        "id": new_id(),
        "expert_id": expert_id,
        "client_id": new_id(),
        "status": steps[-1],
        "active": steps[-1] not in {BookingStatus.CANCELLED, BookingStatus.EXPIRED},
        "price": rng.randrange(20_000),
        "held_until": instant_of(cell) if steps[-1] is HELD else None,
        "removed_by": [new_id()] if rng.random() < 0.1 else [],
        "history": [
            BookingChange(
                at=made.created_at,
                actor_id=None,
                before=before,
                after=after,
                starts_at=made.starts_at,
            )
            for before, after in zip((None, *steps), steps, strict=False)
        ],
    }
    return made.model_copy(update=changes).update_order_key(), steps


@pytest.fixture(scope="module")
async def booked(database: Client) -> AsyncIterator[dict[Id, list[Booking]]]:
    """Store bookings of three experts; yield those that the figures count, keyed by expert id."""
    assert database is not None
    rng, counted = Random(31), dict[Id, list[Booking]]()
    experts = [new_id() for _ in range(3)]
    for expert_id in experts:
        taken: set[int] = set()
        lives = [life(rng, expert_id, taken) for _ in range(200)]
        await Booking.insert_many([booking for booking, _ in lives])
        counted[expert_id] = [booking for booking, steps in lives if steps in COUNTED]
    yield counted
    await Booking.find({"expert_id": {"$in": experts}}).delete()


def recount(bookings: list[Booking], day: date, zone: str) -> Count:
    """Return the counts of the bookings that start on the given day in the given time zone."""
    on_day = [b for b in bookings if b.starts_at.astimezone(ZoneInfo(zone)).date() == day]
    statuses = [booking.status for booking in on_day]
    missed = {BookingStatus.CANCELLED, BookingStatus.NO_SHOW}
    return Count(
        booked=len(on_day),
        completed=statuses.count(BookingStatus.COMPLETED),
        cancelled=statuses.count(BookingStatus.CANCELLED),
        no_shows=statuses.count(BookingStatus.NO_SHOW),
        income=sum(booking.price for booking in on_day if booking.status not in missed),
    )


@pytest.mark.parametrize("zone", ZONES)
async def test_figures_equal_a_recount_of_the_bookings(
    booked: dict[Id, list[Booking]], zone: str
) -> None:
    """Covers days of 23, 23.5, 24.5 and 25 hours; each range includes its first and last day."""
    everybody = [booking for bookings in booked.values() for booking in bookings]
    for change in CHANGES:
        for first, last in ((-3, 3), (0, 0), (-1, 0), (0, 1)):
            since, until = change + timedelta(days=first), change + timedelta(days=last)
            days = [since + timedelta(days=n) for n in range((until - since).days + 1)]
            found = await all_figures(viewer(zone), since, until)
            assert found.days == {day: recount(everybody, day, zone) for day in days}
            assert found.total.booked == sum(count.booked for count in found.days.values())
            for expert_id, bookings in booked.items():
                own = viewer(zone, Role.EXPERT, expert_id)
                found = await expert_figures(own, expert_id, since, until)
                assert found.days == {day: recount(bookings, day, zone) for day in days}


async def test_figures_of_a_whole_year_cover_every_day(booked: dict[Id, list[Booking]]) -> None:
    first, last = date(2031, 1, 1), date(2031, 12, 31)
    everybody = [booking for bookings in booked.values() for booking in bookings]
    found = await all_figures(viewer("Europe/Berlin"), first, last)
    assert list(found.days) == [first + timedelta(days=n) for n in range(365)]
    total = [recount(everybody, day, "Europe/Berlin") for day in found.days]
    assert found.total == Count(*map(sum, zip(*total, strict=True)))
    assert found.total.completed > 0 < found.total.no_shows


async def test_a_day_that_a_time_zone_skipped_has_empty_figures(database: Client) -> None:
    assert database is not None
    days = (date(2011, 12, 29), date(2011, 12, 31))
    found = await all_figures(viewer("Pacific/Apia"), *days)
    assert list(found.days.values()) == [Count()] * 3


async def test_only_the_expert_and_administrators_see_figures() -> None:
    day, expert_id = date(2031, 1, 1), new_id()
    for nobody in (all_figures(None, day, day), expert_figures(None, expert_id, day, day)):
        with pytest.raises(Unauthenticated):
            await nobody
    another = viewer("UTC", Role.EXPERT, new_id())
    for refused in (
        all_figures(another, day, day),
        all_figures(viewer("UTC", Role.EXPERT, expert_id), day, day),
        expert_figures(another, expert_id, day, day),
        expert_figures(viewer("UTC", Role.CLIENT, expert_id), expert_id, day, day),
    ):
        with pytest.raises(Forbidden):
            await refused


@pytest.mark.parametrize(
    ("since", "until", "argument"),
    [
        (date(2031, 1, 2), date(2031, 1, 1), "to"),
        (date(2031, 1, 1), date(2032, 1, 2), "to"),
        (date(1970, 12, 31), date(1971, 1, 1), "from"),
        (date(9000, 1, 2), date(9000, 1, 3), "from"),
    ],
)
def test_invalid_range_of_days_is_refused_with_the_argument_name(
    since: date, until: date, argument: str
) -> None:
    with pytest.raises(BadUserInput, match=f"^{argument}: "):
        check_days(since, until)


def test_figures_of_a_year_may_begin_on_any_day() -> None:
    check_days(date(2031, 1, 1), date(2032, 1, 1))
    check_days(date(2032, 1, 1), date(2032, 12, 31))


def test_income_beyond_the_range_of_a_graphql_int_is_refused() -> None:
    assert check_income(2**31 - 1) == 2**31 - 1
    with pytest.raises(BadUserInput, match=r"^to: the income exceeds 2,147,483,647"):
        check_income(2**31)
