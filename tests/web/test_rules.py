"""What other rules do: to the slots that are listed, to bookings that stand, and to watchers."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from tests.clients import open_socket
from tests.offices import WEEKDAYS, hours, offer
from tests.practices import day_ahead, different

if TYPE_CHECKING:
    from tests.offices import Office
    from tests.practices import Practice

BOOKED = """subscription Booked($id: ID!, $after: String) {
  slotBooked(expertId: $id, after: $after) { sequence kind slot { id } } }"""
CURSOR = "query ($id: ID!) { expert(id: $id) { cursor } }"
WEEK = [day_ahead(days) for days in range(7, 14)]
DAY = WEEK[0]
WEEKDAY = WEEKDAYS[DAY.weekday()]
MORNINGS = [hours(day, "08:00", "12:00") for day in WEEKDAYS]
AFTERNOONS = [hours(day, "14:00", "17:00") for day in WEEKDAYS]
READ = """query ($id: ID!) { booking(id: $id) {
  status cancellableUntil price { amount } slot { status } } }"""


async def test_other_hours_are_listed_and_what_was_listed_before_is_refused(
    office: Office, practice: Practice
) -> None:
    client = await office.person()
    before = await practice.slot(DAY, "09:00")
    answer = await practice.set(weekly=AFTERNOONS)
    assert answer["outside"] == []
    assert await practice.open_at(DAY) == ["14:00", "15:00", "16:00"]
    refused = await client.api.book(before)
    assert (refused["__typename"], refused["slotId"]) == ("SlotNotOffered", before)
    assert await practice.sequence() == 1
    booking = await practice.booked(client.api, DAY, "15:00")
    assert booking["sequence"] == 2
    assert await practice.open_at(DAY) == ["14:00", "16:00"]


async def test_several_ranges_of_a_day_each_begin_anew(practice: Practice) -> None:
    spans = [("08:15", "10:00"), ("10:30", "11:30"), ("11:30", "12:15"), ("23:00", "24:00")]
    await practice.set(weekly=[hours(WEEKDAY, *span) for span in spans])
    assert await practice.open_at(DAY) == ["08:15", "10:30", "23:00"]
    assert await practice.open_at(DAY, 30) == [
        *("08:15", "08:45", "09:15", "10:30", "11:00", "11:30", "23:00", "23:30"),
    ]
    assert await practice.open_at(WEEK[1]) == []


async def test_a_step_and_lengths_say_what_is_listed(office: Office, practice: Practice) -> None:
    client = await office.person()
    await practice.set(weekly=MORNINGS, stepMinutes=30)
    halves = ["08:00", "08:30", "09:00", "09:30", "10:00", "10:30", "11:00"]
    assert await practice.open_at(DAY) == halves
    long = await practice.slot(DAY, "09:30")
    await practice.set(stepMinutes=None, offers=[offer(120, 7_000), offer(90, 6_000)])
    assert await practice.open_at(DAY) == ["08:00", "10:00"]
    assert await practice.open_at(DAY, 90) == ["08:00", "09:30"]
    assert await practice.open_at(DAY, 60) == []
    assert (await client.api.book(long))["__typename"] == "SlotNotOffered"


async def test_notice_and_horizon_end_what_is_listed(office: Office, practice: Practice) -> None:
    client = await office.person()
    near, far = await practice.slot(DAY, "09:00"), await practice.slot(day_ahead(60), "09:00")
    await practice.set(minimumNoticeMinutes=20 * 24 * 60, horizonDays=30)
    for slot_id in (near, far):
        assert (await client.api.book(slot_id))["__typename"] == "SlotNotOffered"
    today = day_ahead(0)
    ahead = {days: today + timedelta(days=days) for days in range(70)}
    listed = {days for days, day in ahead.items() if await practice.open_at(day)}
    passed = (day_ahead(0) - today).days  # midnights
    assert set(range(21 + passed, 31)) <= listed <= set(range(20, 31 + passed))


async def test_overrides_close_a_day_and_open_another(practice: Practice) -> None:
    closed, opened, weekday = WEEK[0], WEEK[1], WEEK[2]
    open_all_week = [hours(WEEKDAYS[day.weekday()], "08:00", "10:00") for day in WEEK[::2]]
    await practice.set(
        weekly=open_all_week,
        overrides=[different(closed), different(opened, ("06:30", "07:30"), ("20:00", "21:00"))],
    )
    assert await practice.open_at(closed) == []
    assert await practice.open_at(opened) == ["06:30", "20:00"]
    assert await practice.open_at(weekday) == ["08:00", "09:00"]
    assert await practice.open_at(closed + timedelta(days=7)) == ["08:00", "09:00"]
    assert await practice.open_at(opened + timedelta(days=7)) == []
    await practice.set(overrides=[])
    assert await practice.open_at(closed) == ["08:00", "09:00"]
    assert await practice.open_at(opened) == []


def change_of_clock(month: int) -> date:
    """The next last Sunday of a month that is at least two days ahead."""
    first = day_ahead(2)
    ends = [date(year, month, 31) for year in (first.year, first.year + 1)]
    sundays = [end - timedelta(days=(end.weekday() + 1) % 7) for end in ends]
    return next(sunday for sunday in sundays if sunday >= first)


async def test_an_override_holds_by_the_clock_on_the_wall_when_that_changes(
    office: Office, practice: Practice
) -> None:
    """At one o'clock it is two; at two it is one again, and both of these hours are offered."""
    client = await office.person()
    march, october = change_of_clock(3), change_of_clock(10)
    night = ("00:00", "04:00")
    days = [different(day, night) for day in (march, october)]
    await practice.set(weekly=[], overrides=days, horizonDays=372)
    assert list(await practice.listed(march)) == ["00:00", "01:00", "02:00"]
    assert await practice.open_at(march) == ["00:00", "02:00", "03:00"]
    assert list(await practice.listed(october)) == ["23:00", "00:00", "01:00", "02:00", "03:00"]
    assert await practice.open_at(october) == ["00:00", "01:00", "01:00", "02:00", "03:00"]
    twice = [(await practice.listed(october))[utc]["id"] for utc in ("00:00", "01:00")]
    for slot_id in twice:
        assert (await client.api.book(slot_id))["__typename"] == "Booking"
    assert await practice.open_at(october) == ["00:00", "02:00", "03:00"]


async def test_another_break_is_kept_free_after_bookings_that_are_made_from_then_on(
    office: Office, practice: Practice
) -> None:
    """What a booking took when it was made, it has until it ends."""
    client = await office.person()
    await practice.set(weekly=MORNINGS)
    early = await practice.booked(client.api, DAY, "09:00")
    await practice.set(breakMinutes=30)
    # Its own half hour after it is not taken; that of a session before it would reach into it.
    assert await practice.open_at(DAY) == ["10:00", "11:00"]
    late = await practice.booked(client.api, DAY, "10:00")
    assert await practice.open_at(DAY) == []
    await practice.set(breakMinutes=0)
    assert await practice.open_at(DAY) == ["08:00"]
    assert await practice.open_at(DAY, 30) == ["08:00", "08:30", "11:30"]
    await client.api.cancel(late["id"])
    assert await practice.open_at(DAY) == ["08:00", "10:00", "11:00"]
    await client.api.cancel(early["id"])
    assert await practice.open_at(DAY) == ["08:00", "09:00", "10:00", "11:00"]


async def test_bookings_keep_the_terms_under_which_they_were_made(
    office: Office, practice: Practice
) -> None:
    client = await office.person()
    first = await practice.booked(client.api, DAY, "09:00")
    await practice.set(
        offers=[offer(60, 20_000)], cancellationNoticeMinutes=60, confirmsAutomatically=False
    )
    second = await practice.booked(client.api, DAY, "10:00")
    found = [
        (await client.api.ask(READ, id=booking["id"]))["booking"] for booking in (first, second)
    ]
    assert [booking["status"] for booking in found] == ["CONFIRMED", "PENDING"]
    assert [booking["price"]["amount"] for booking in found] == [9_000, 20_000]
    notices = [
        datetime.fromisoformat(made["startsAt"]) - datetime.fromisoformat(seen["cancellableUntil"])
        for made, seen in zip((first, second), found, strict=True)
    ]
    assert notices == [timedelta(days=1), timedelta(hours=1)]


async def test_bookings_that_would_not_be_offered_any_more_stand_and_are_named(
    office: Office, practice: Practice
) -> None:
    client = (await office.person()).api
    await practice.set(stepMinutes=30)
    inside = await practice.booked(client, DAY, "09:00")
    off_step = await practice.booked(client, DAY, "10:30")
    too_short = await practice.booked(client, DAY, "08:30", 30)
    evening = await practice.booked(client, DAY, "17:00")
    closed = await practice.booked(client, WEEK[1], "09:00")
    cancelled = await practice.booked(client, WEEK[2], "17:00")
    await client.cancel(cancelled["id"])
    answer = await practice.set(
        weekly=MORNINGS,
        overrides=[different(WEEK[1])],
        offers=[offer(60)],
        stepMinutes=None,
        # All of them are within the one and beyond the other, which is not asked.
        minimumNoticeMinutes=43_200,
        horizonDays=1,
    )
    outside = [too_short, off_step, evening, closed]
    assert [found["id"] for found in answer["outside"]] == [b["id"] for b in outside]
    assert {found["status"] for found in answer["outside"]} == {"CONFIRMED"}
    again = await practice.set(office.admin)
    assert again["outside"] == answer["outside"]
    for booking in (inside, *outside):
        seen = (await client.ask(READ, id=booking["id"]))["booking"]
        assert (seen["status"], seen["slot"]["status"]) == ("CONFIRMED", "BOOKED")
    assert (await client.cancel(evening["id"]))["status"] == "CANCELLED"
    fewer = await practice.set(overrides=[])
    assert [found["id"] for found in fewer["outside"]] == [too_short["id"], off_step["id"]]


async def test_a_pending_booking_outside_is_named_and_one_of_a_disabled_expert_is_not(
    office: Office, practice: Practice
) -> None:
    """That nobody can book any more says nothing of the hours."""
    client = (await office.person()).api
    await practice.set(confirmsAutomatically=False)
    booking = await practice.booked(client, DAY, "17:00")
    await office.update(practice.id, disabled=True)
    assert (await practice.set(office.admin, breakMinutes=15))["outside"] == []
    answer = await practice.set(office.admin, weekly=MORNINGS)
    assert [(found["id"], found["status"]) for found in answer["outside"]] == [
        (booking["id"], "PENDING")
    ]


async def test_a_change_is_the_next_event_and_watchers_of_slots_go_on(
    office: Office, practice: Practice
) -> None:
    client = (await office.person()).api
    before = (await office.nobody.ask(CURSOR, id=practice.id))["expert"]["cursor"]
    async with open_socket(office.nobody.url) as socket:
        await socket.initialise()
        await socket.subscribe("1", BOOKED, id=practice.id, after=before)
        # An event that has arrived shows that the subscription runs.
        await practice.booked(client, WEEK[1], "09:00")
        first = await socket.event("slotBooked")
        assert first["sequence"] == 1
        answer = await practice.set(overrides=[different(DAY, ("07:00", "08:00"))])
        assert answer["expert"]["sequence"] == 2
        booking = await practice.booked(client, DAY, "07:00")
        event = await socket.event("slotBooked")
        assert (event["sequence"], event["slot"]["id"]) == (3, booking["slot"]["id"])
        await practice.set(overrides=[])
        assert await socket.is_quiet()
    async with open_socket(office.nobody.url) as socket:
        await socket.initialise()
        await socket.subscribe("1", BOOKED, id=practice.id, after=before)
        assert [await socket.event("slotBooked") for _ in range(2)] == [first, event]
        assert await socket.is_quiet()
    assert await practice.sequence() == 4
