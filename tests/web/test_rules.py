"""Effects of rule changes on listed slots, existing bookings and subscribers."""

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


async def test_changed_hours_are_listed_and_earlier_slots_refused(
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


async def test_slots_start_at_the_beginning_of_each_range(practice: Practice) -> None:
    spans = [("08:15", "10:00"), ("10:30", "11:30"), ("11:30", "12:15"), ("23:00", "24:00")]
    await practice.set(weekly=[hours(WEEKDAY, *span) for span in spans])
    assert await practice.open_at(DAY) == ["08:15", "10:30", "23:00"]
    assert await practice.open_at(DAY, 30) == [
        *("08:15", "08:45", "09:15", "10:30", "11:00", "11:30", "23:00", "23:30"),
    ]
    assert await practice.open_at(WEEK[1]) == []


async def test_step_and_lengths_determine_the_listed_slots(
    office: Office, practice: Practice
) -> None:
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


async def test_notice_and_horizon_limit_the_listed_slots(
    office: Office, practice: Practice
) -> None:
    client = await office.person()
    near, far = await practice.slot(DAY, "09:00"), await practice.slot(day_ahead(60), "09:00")
    await practice.set(minimumNoticeMinutes=20 * 24 * 60, horizonDays=30)
    for slot_id in (near, far):
        assert (await client.api.book(slot_id))["__typename"] == "SlotNotOffered"
    today = day_ahead(0)
    ahead = {days: today + timedelta(days=days) for days in range(70)}
    listed = {days for days, day in ahead.items() if await practice.open_at(day)}
    passed = (day_ahead(0) - today).days  # midnights during the test
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


def clock_change(month: int) -> date:
    """Return the next last Sunday of the month that is at least two days ahead."""
    first = day_ahead(2)
    ends = [date(year, month, 31) for year in (first.year, first.year + 1)]
    sundays = [end - timedelta(days=(end.weekday() + 1) % 7) for end in ends]
    return next(sunday for sunday in sundays if sunday >= first)


async def test_overrides_follow_local_time_across_clock_changes(
    office: Office, practice: Practice
) -> None:
    """The skipped hour is not offered in March, and the repeated hour twice in October."""
    client = await office.person()
    march, october = clock_change(3), clock_change(10)
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


async def test_a_changed_break_applies_to_later_bookings(
    office: Office, practice: Practice
) -> None:
    """Existing bookings keep the break they were made with."""
    client = await office.person()
    await practice.set(weekly=MORNINGS)
    early = await practice.booked(client.api, DAY, "09:00")
    await practice.set(breakMinutes=30)
    # The early booking has no break after it, but one before it would need a break.
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


async def test_bookings_keep_the_terms_they_were_made_under(
    office: Office, practice: Practice
) -> None:
    client = await office.person()
    first = await practice.booked(client.api, DAY, "09:00")
    await practice.set(
        offers=[offer(60, 20_000)], cancellationNoticeMinutes=60, confirmsAutomatically=False
    )
    second = await practice.booked(client.api, DAY, "10:00")
    read = [
        (await client.api.ask(READ, id=booking["id"]))["booking"] for booking in (first, second)
    ]
    assert [booking["status"] for booking in read] == ["CONFIRMED", "PENDING"]
    assert [booking["price"]["amount"] for booking in read] == [9_000, 20_000]
    notices = [
        datetime.fromisoformat(booked["startsAt"])
        - datetime.fromisoformat(shown["cancellableUntil"])
        for booked, shown in zip((first, second), read, strict=True)
    ]
    assert notices == [timedelta(days=1), timedelta(hours=1)]


async def test_bookings_outside_the_new_rules_stay_and_are_reported(
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
        # Notice and horizon do not matter for existing bookings.
        minimumNoticeMinutes=43_200,
        horizonDays=1,
    )
    outside = [too_short, off_step, evening, closed]
    assert [booking["id"] for booking in answer["outside"]] == [
        booking["id"] for booking in outside
    ]
    assert {booking["status"] for booking in answer["outside"]} == {"CONFIRMED"}
    again = await practice.set(office.admin)
    assert again["outside"] == answer["outside"]
    for booking in (inside, *outside):
        read = (await client.ask(READ, id=booking["id"]))["booking"]
        assert (read["status"], read["slot"]["status"]) == ("CONFIRMED", "BOOKED")
    assert (await client.cancel(evening["id"]))["status"] == "CANCELLED"
    fewer = await practice.set(overrides=[])
    assert [booking["id"] for booking in fewer["outside"]] == [too_short["id"], off_step["id"]]


async def test_disabling_an_expert_puts_no_bookings_outside(
    office: Office, practice: Practice
) -> None:
    """Only a change of hours does, for pending bookings, too."""
    client = (await office.person()).api
    await practice.set(confirmsAutomatically=False)
    booking = await practice.booked(client, DAY, "17:00")
    await office.update(practice.id, disabled=True)
    assert (await practice.set(office.admin, breakMinutes=15))["outside"] == []
    answer = await practice.set(office.admin, weekly=MORNINGS)
    assert [(outside["id"], outside["status"]) for outside in answer["outside"]] == [
        (booking["id"], "PENDING")
    ]


async def test_a_rule_change_is_an_event_and_subscriptions_continue(
    office: Office, practice: Practice
) -> None:
    client = (await office.person()).api
    before = (await office.nobody.ask(CURSOR, id=practice.id))["expert"]["cursor"]
    async with open_socket(office.nobody.url) as socket:
        await socket.initialise()
        await socket.subscribe("1", BOOKED, id=practice.id, after=before)
        # Once an event has arrived, the subscription is active.
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
