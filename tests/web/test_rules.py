"""Effects of changed availability rules on listed slots, existing bookings and subscribers."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from tests.support.clients import open_socket
from tests.support.deployments import WEEKDAYS, hours, offer
from tests.support.practices import date_override, london_date

if TYPE_CHECKING:
    from tests.support.deployments import Deployment
    from tests.support.practices import Practice

BOOKED = """subscription Booked($id: ID!, $after: String) {
  slotBooked(expertId: $id, after: $after) { sequence kind slot { id } } }"""
CURSOR = "query ($id: ID!) { expert(id: $id) { cursor } }"
WEEK = [london_date(days) for days in range(7, 14)]
DAY = WEEK[0]
WEEKDAY = WEEKDAYS[DAY.weekday()]
MORNINGS = [hours(day, "08:00", "12:00") for day in WEEKDAYS]
AFTERNOONS = [hours(day, "14:00", "17:00") for day in WEEKDAYS]
READ = """query ($id: ID!) { booking(id: $id) {
  status cancellableUntil price { amount } slot { status } } }"""


async def test_slots_in_the_new_hours_are_listed_and_former_slots_are_refused(
    deployment: Deployment, practice: Practice
) -> None:
    client = await deployment.person()
    before = await practice.slot(DAY, "09:00")
    answer = await practice.set_availability(weekly=AFTERNOONS)
    assert answer["outside"] == []
    assert await practice.open_times(DAY) == ["14:00", "15:00", "16:00"]
    refused = await client.api.book(before)
    assert (refused["__typename"], refused["slotId"]) == ("SlotNotOffered", before)
    assert await practice.sequence() == 1
    booking = await practice.book(client.api, DAY, "15:00")
    assert booking["sequence"] == 2
    assert await practice.open_times(DAY) == ["14:00", "16:00"]


async def test_slots_start_at_the_beginning_of_each_range_of_open_hours(practice: Practice) -> None:
    spans = [("08:15", "10:00"), ("10:30", "11:30"), ("11:30", "12:15"), ("23:00", "24:00")]
    await practice.set_availability(weekly=[hours(WEEKDAY, *span) for span in spans])
    assert await practice.open_times(DAY) == ["08:15", "10:30", "23:00"]
    assert await practice.open_times(DAY, 30) == [
        *("08:15", "08:45", "09:15", "10:30", "11:00", "11:30", "23:00", "23:30"),
    ]
    assert await practice.open_times(WEEK[1]) == []


async def test_step_and_lengths_determine_the_listed_slots(
    deployment: Deployment, practice: Practice
) -> None:
    client = await deployment.person()
    await practice.set_availability(weekly=MORNINGS, stepMinutes=30)
    halves = ["08:00", "08:30", "09:00", "09:30", "10:00", "10:30", "11:00"]
    assert await practice.open_times(DAY) == halves
    long = await practice.slot(DAY, "09:30")
    await practice.set_availability(
        stepMatchesSession=True, offers=[offer(120, 7_000), offer(90, 6_000)]
    )
    assert await practice.open_times(DAY) == ["08:00", "10:00"]
    assert await practice.open_times(DAY, 90) == ["08:00", "09:30"]
    assert await practice.open_times(DAY, 60) == []
    assert (await client.api.book(long))["__typename"] == "SlotNotOffered"


async def test_notice_and_horizon_limit_the_listed_slots(
    deployment: Deployment, practice: Practice
) -> None:
    client = await deployment.person()
    near, far = await practice.slot(DAY, "09:00"), await practice.slot(london_date(60), "09:00")
    await practice.set_availability(minimumNoticeMinutes=20 * 24 * 60, horizonDays=30)
    for slot_id in (near, far):
        assert (await client.api.book(slot_id))["__typename"] == "SlotNotOffered"
    today = london_date(0)
    ahead = {days: today + timedelta(days=days) for days in range(70)}
    listed = {days for days, day in ahead.items() if await practice.open_times(day)}
    passed = (london_date(0) - today).days  # number of midnights during the test
    assert set(range(21 + passed, 31)) <= listed <= set(range(20, 31 + passed))


async def test_overrides_close_a_day_and_open_another(practice: Practice) -> None:
    closed, opened, weekday = WEEK[0], WEEK[1], WEEK[2]
    open_all_week = [hours(WEEKDAYS[day.weekday()], "08:00", "10:00") for day in WEEK[::2]]
    await practice.set_availability(
        weekly=open_all_week,
        overrides=[
            date_override(closed),
            date_override(opened, ("06:30", "07:30"), ("20:00", "21:00")),
        ],
    )
    assert await practice.open_times(closed) == []
    assert await practice.open_times(opened) == ["06:30", "20:00"]
    assert await practice.open_times(weekday) == ["08:00", "09:00"]
    assert await practice.open_times(closed + timedelta(days=7)) == ["08:00", "09:00"]
    assert await practice.open_times(opened + timedelta(days=7)) == []
    await practice.set_availability(overrides=[])
    assert await practice.open_times(closed) == ["08:00", "09:00"]
    assert await practice.open_times(opened) == []


def clock_change(month: int) -> date:
    """Return the date of the month's next clock change that is at least two days ahead.

    The clocks change on the last Sunday of March and October.
    """
    first = london_date(2)
    ends = [date(year, month, 31) for year in (first.year, first.year + 1)]
    sundays = [end - timedelta(days=(end.weekday() + 1) % 7) for end in ends]
    return next(sunday for sunday in sundays if sunday >= first)


async def test_overrides_follow_local_time_across_clock_changes(
    deployment: Deployment, practice: Practice
) -> None:
    """In March the skipped hour is not offered; in October the repeated hour is offered twice."""
    client = await deployment.person()
    march, october = clock_change(3), clock_change(10)
    night = ("00:00", "04:00")
    days = [date_override(day, night) for day in (march, october)]
    await practice.set_availability(weekly=[], overrides=days, horizonDays=372)
    assert list(await practice.slots_by_start(march)) == ["00:00", "01:00", "02:00"]
    assert await practice.open_times(march) == ["00:00", "02:00", "03:00"]
    assert list(await practice.slots_by_start(october)) == [
        "23:00",
        "00:00",
        "01:00",
        "02:00",
        "03:00",
    ]
    assert await practice.open_times(october) == ["00:00", "01:00", "01:00", "02:00", "03:00"]
    twice = [(await practice.slots_by_start(october))[utc]["id"] for utc in ("00:00", "01:00")]
    for slot_id in twice:
        assert (await client.api.book(slot_id))["__typename"] == "Booking"
    assert await practice.open_times(october) == ["00:00", "02:00", "03:00"]


async def test_a_changed_break_applies_to_later_bookings(
    deployment: Deployment, practice: Practice
) -> None:
    """Existing bookings keep the break with which they were made."""
    client = await deployment.person()
    await practice.set_availability(weekly=MORNINGS)
    early = await practice.book(client.api, DAY, "09:00")
    await practice.set_availability(breakMinutes=30)
    # The 9:00 booking has no break, so 10:00 is open. A booking at 8:00 would have a break, which
    # would overlap the 9:00 booking.
    assert await practice.open_times(DAY) == ["10:00", "11:00"]
    late = await practice.book(client.api, DAY, "10:00")
    assert await practice.open_times(DAY) == []
    await practice.set_availability(breakMinutes=0)
    assert await practice.open_times(DAY) == ["08:00"]
    assert await practice.open_times(DAY, 30) == ["08:00", "08:30", "11:30"]
    await client.api.cancel(late["id"])
    assert await practice.open_times(DAY) == ["08:00", "10:00", "11:00"]
    await client.api.cancel(early["id"])
    assert await practice.open_times(DAY) == ["08:00", "09:00", "10:00", "11:00"]


async def test_bookings_keep_the_terms_they_were_made_under(
    deployment: Deployment, practice: Practice
) -> None:
    client = await deployment.person()
    first = await practice.book(client.api, DAY, "09:00")
    await practice.set_availability(
        offers=[offer(60, 20_000)], cancellationNoticeMinutes=60, confirmsAutomatically=False
    )
    second = await practice.book(client.api, DAY, "10:00")
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
    deployment: Deployment, practice: Practice
) -> None:
    client = (await deployment.person()).api
    await practice.set_availability(stepMinutes=30)
    inside = await practice.book(client, DAY, "09:00")
    off_step = await practice.book(client, DAY, "10:30")
    too_short = await practice.book(client, DAY, "08:30", 30)
    evening = await practice.book(client, DAY, "17:00")
    closed = await practice.book(client, WEEK[1], "09:00")
    cancelled = await practice.book(client, WEEK[2], "17:00")
    await client.cancel(cancelled["id"])
    answer = await practice.set_availability(
        weekly=MORNINGS,
        overrides=[date_override(WEEK[1])],
        offers=[offer(60)],
        stepMatchesSession=True,
        # The minimum notice and the horizon do not matter for existing bookings.
        minimumNoticeMinutes=43_200,
        horizonDays=1,
    )
    outside = [too_short, off_step, evening, closed]
    assert [booking["id"] for booking in answer["outside"]] == [
        booking["id"] for booking in outside
    ]
    assert {booking["status"] for booking in answer["outside"]} == {"CONFIRMED"}
    again = await practice.set_availability(deployment.admin)
    assert again["outside"] == answer["outside"]
    for booking in (inside, *outside):
        read = (await client.ask(READ, id=booking["id"]))["booking"]
        assert (read["status"], read["slot"]["status"]) == ("CONFIRMED", "BOOKED")
    assert (await client.cancel(evening["id"]))["status"] == "CANCELLED"
    fewer = await practice.set_availability(overrides=[])
    assert [booking["id"] for booking in fewer["outside"]] == [too_short["id"], off_step["id"]]


async def test_disabling_an_expert_puts_no_bookings_outside_the_rules(
    deployment: Deployment, practice: Practice
) -> None:
    """Only a change of hours reports bookings, even pending ones, as outside the rules."""
    client = (await deployment.person()).api
    await practice.set_availability(confirmsAutomatically=False)
    booking = await practice.book(client, DAY, "17:00")
    await deployment.update(practice.id, disabled=True)
    assert (await practice.set_availability(deployment.admin, breakMinutes=15))["outside"] == []
    answer = await practice.set_availability(deployment.admin, weekly=MORNINGS)
    assert [(outside["id"], outside["status"]) for outside in answer["outside"]] == [
        (booking["id"], "PENDING")
    ]


async def test_a_rule_change_is_an_event_and_subscriptions_continue(
    deployment: Deployment, practice: Practice
) -> None:
    client = (await deployment.person()).api
    before = (await deployment.anonymous.ask(CURSOR, id=practice.id))["expert"]["cursor"]
    async with open_socket(deployment.anonymous.url) as socket:
        await socket.initialise()
        await socket.subscribe("1", BOOKED, id=practice.id, after=before)
        # Once an event has arrived, the subscription is active.
        await practice.book(client, WEEK[1], "09:00")
        first = await socket.event("slotBooked")
        assert first["sequence"] == 1
        answer = await practice.set_availability(overrides=[date_override(DAY, ("07:00", "08:00"))])
        assert answer["expert"]["sequence"] == 2
        booking = await practice.book(client, DAY, "07:00")
        event = await socket.event("slotBooked")
        assert (event["sequence"], event["slot"]["id"]) == (3, booking["slot"]["id"])
        await practice.set_availability(overrides=[])
        assert await socket.is_quiet()
    async with open_socket(deployment.anonymous.url) as socket:
        await socket.initialise()
        await socket.subscribe("1", BOOKED, id=practice.id, after=before)
        assert [await socket.event("slotBooked") for _ in range(2)] == [first, event]
        assert await socket.is_quiet()
    assert await practice.sequence() == 4
