"""Browser tests of the expert's desk: expert and clients see each other's changes live."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from tests.support.bookable_experts import ZONE, with_day
from tests.support.visitors import NAME, NOTE
from web.samples.demo import DEMO_EXPERT, DEMO_PASSWORD

if TYPE_CHECKING:
    from playwright.async_api import Locator

    from tests.client.conftest import Visit
    from tests.support.bookable_experts import Expert
    from tests.support.clients import Api
    from tests.support.visitors import Theme, Visitor

LOGIN = """mutation ($input: LoginInput!) { login(input: $input) {
  ... on SignedIn { user { expert { id slug name title bio offers { minutes } } } } } }"""
BOOKING = "query ($id: ID!) { booking(id: $id) { id reference startsAt minutes } }"
DAY = """query ($id: ID!, $day: Date!, $minutes: Int!, $zone: TimeZone!) { expert(id: $id) {
  days(from: $day, count: 1, minutes: $minutes, timeZone: $zone) {
    slots { id status startsAt endsAt } } } }"""
SIGN_IN = """mutation ($input: LoginInput!) { login(input: $input) {
  ... on SignedIn { accessToken } } }"""
RULES = "query ($id: ID!) { expert(id: $id) { availability { %s } } }"
SET_RULES = """mutation ($input: SetAvailabilityInput!) { setAvailability(input: $input) {
  __typename } }"""
REASON = "That week is a holiday."
PRIVATE = "Bring the drawings"


async def demo_expert(api: Api) -> Expert:
    """Return the demo expert, who confirms bookings manually; add a day with free slots."""
    account = {"email": DEMO_EXPERT, "password": DEMO_PASSWORD}
    answer = await api.ask(LOGIN, input=account)
    return await with_day(api, answer["login"]["user"]["expert"])


async def free_slots(api: Api, expert: Expert) -> list[dict[str, Any]]:
    """Return the free slots on the expert's `day`."""
    variables = {"id": expert["id"], "day": expert["day"], "zone": ZONE}
    minutes = expert["offers"][0]["minutes"]
    [day] = (await api.ask(DAY, minutes=minutes, **variables))["expert"]["days"]
    return [slot for slot in day["slots"] if slot["status"] == "OPEN"]


async def request(client: Api, slot: dict[str, Any]) -> dict[str, Any]:
    """Request a slot as a client, with a note to the expert, and return the booking."""
    booked = await client.book(slot["id"], note=NOTE)
    assert booked["__typename"] == "Booking", booked
    return dict((await client.ask(BOOKING, id=booked["id"]))["booking"])


async def open_desk(visit: Visit, theme: Theme, width: int, path: str = "/desk") -> Visitor:
    """Sign in as the demo expert, open the desk in the browser, and return the visitor."""
    desk = await visit(theme, width)
    await desk.sign_in_with_api(DEMO_EXPERT, DEMO_PASSWORD)
    await desk.open(path)
    await desk.wait_until_live()
    return desk


@pytest.mark.parametrize(
    ("theme", "width"), [("light", 375), pytest.param("dark", 1280, marks=pytest.mark.long)]
)
async def test_expert_confirms_and_declines_requests_on_the_desk(
    visit: Visit, theme: Theme, width: int, site_api: Api
) -> None:
    """A request appears live, its client sees that it is declined, and the expert saves a note."""
    expert = await demo_expert(site_api)
    desk = await open_desk(visit, theme, width)
    ada = await visit(theme, width)
    await ada.register()
    await ada.open_expert(expert)
    await ada.hold(await ada.free_slot())
    await ada.fill_in(note=NOTE)
    declined = await ada.book("Requested")
    await ada.check("requested")

    card = await shown_request(desk, declined)
    await expect(card).to_contain_text(NAME)
    await expect(card).to_contain_text(NOTE)
    await desk.check("request")
    await card.get_by_role("button", name="Decline").click()
    await desk.page.get_by_label("Reason").fill(REASON)
    await desk.check("decline")
    await desk.button("Decline request").click()
    await expect(card).to_have_count(0)
    await expect(desk.page.locator("h1")).to_be_focused()
    await expect(ada.page.get_by_role("main")).to_contain_text(REASON)

    grace = await site_api.new_client()
    booking = await request(grace, (await free_slots(site_api, expert))[0])
    card = await shown_request(desk, booking["reference"])
    await card.get_by_role("button", name="Confirm").click()
    await expect(card).to_have_count(0)
    await desk.open(f"/desk?date={expert['day']}&booking={booking['id']}")
    selected = desk.page.get_by_role("region", name="Booking")
    await expect(selected).to_contain_text("Confirmed")
    await selected.get_by_role("button", name="Add a private note").click()
    await desk.page.get_by_label("Your private note").fill(PRIVATE)
    await desk.check("note")
    await desk.button("Save note").click()
    await expect(selected.get_by_text(PRIVATE)).to_be_visible()
    await expect(selected.get_by_role("button", name="Edit the note")).to_be_focused()
    await desk.check("noted")

    await ada.open_expert(expert)
    await ada.free_slot()
    await remove_hours(desk, date.fromisoformat(expert["day"]).strftime("%A"))
    await expect(ada.page.locator("[data-slot][data-status=OPEN]")).to_have_count(0)
    await ada.check("new-hours")


async def shown_request(desk: Visitor, reference: str) -> Locator:
    """Return the element of a request on the desk; expand the list of requests if necessary."""
    requests = desk.page.get_by_role("region", name="Requests")
    request = requests.locator(f'[data-booking="{reference}"]')
    more = requests.get_by_role("button", name=re.compile("more$"))
    await expect(request.or_(more).first).to_be_visible()
    if await more.is_visible():
        await more.click()
    return request


async def remove_hours(desk: Visitor, weekday: str) -> None:
    """Remove all working hours of a weekday, and save the change."""
    await desk.page.get_by_role("link", name="My hours").click()
    hours = desk.page.get_by_role("group", name=weekday, exact=True)
    await expect(hours).to_be_visible()
    remove = hours.get_by_role("button", name="Remove")
    while await remove.count():
        await remove.first.click()
    await expect(hours).to_contain_text("Closed")
    await desk.check("hours-changed")
    await save_hours(desk)
    await desk.check("hours-saved")


async def save_hours(desk: Visitor) -> None:
    """Save the working hours, and wait for the message that they are saved."""
    await desk.button("Save changes").click()
    await expect(
        desk.page.get_by_role("status").filter(has_text="Everything is saved")
    ).to_have_count(1)


@pytest.mark.parametrize("theme", ["dark", pytest.param("light", marks=pytest.mark.long)])
async def test_expert_moves_sessions_with_keyboard_and_mouse(
    visit: Visit, theme: Theme, site_api: Api
) -> None:
    """A session can be moved with keys in a dialog, or dragged to a free time with the mouse."""
    expert = await demo_expert(site_api)
    grace = await site_api.new_client()
    booking = await request(grace, (await free_slots(site_api, expert))[0])
    desk = await open_desk(visit, theme, 1280, f"/desk?date={expert['day']}")
    event = desk.page.locator(f'[data-event="{booking["reference"]}"]')
    await desk.check("week")

    await event.focus()
    await desk.page.keyboard.press("Enter")
    selected = desk.page.get_by_role("region", name="Booking")
    await expect(selected.get_by_role("heading", name="Booking")).to_be_focused()
    await selected.get_by_role("button", name="Move").press("Enter")
    dialog = desk.page.get_by_role("dialog", name="Move to another time")
    times = dialog.get_by_role("group", name="Free times").get_by_role("button")
    await times.last.press("Enter")
    await expect(times.last).to_have_attribute("aria-pressed", "true")
    await desk.check("move")
    chosen = await times.last.inner_text()
    await dialog.get_by_role("button", name="Move session").press("Enter")
    await expect(dialog).to_be_hidden()
    await expect(event).to_have_accessible_name(re.compile(f", {chosen} "))

    booking = (await grace.ask(BOOKING, id=booking["id"]))["booking"]
    target = nearest(await free_slots(site_api, expert), booking)
    await drag(desk, event, booking, target)
    await desk.check("dragged")
    await dialog.get_by_role("button", name="Move session").click()
    await expect(dialog).to_be_hidden()
    moved = (await grace.ask(BOOKING, id=booking["id"]))["booking"]
    assert moved["startsAt"] == target["startsAt"]
    await expect(event).to_be_visible()
    await desk.check("moved")


def nearest(slots: list[dict[str, Any]], booking: dict[str, Any]) -> dict[str, Any]:
    """Return the slot that starts nearest to a booking's start."""
    return min(slots, key=lambda slot: abs(distance(slot, booking)))


def distance(slot: dict[str, Any], booking: dict[str, Any]) -> timedelta:
    """Return a slot's start minus a booking's start."""
    starts = (datetime.fromisoformat(each["startsAt"]) for each in (slot, booking))
    return next(starts) - next(starts)


async def drag(
    desk: Visitor, event: Locator, booking: dict[str, Any], target: dict[str, Any]
) -> None:
    """Drag a booking to a free time and cancel with Escape; then drag it again and drop it."""
    await event.evaluate("(event) => event.scrollIntoView({ block: 'center' })")
    box = await event.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    minutes = distance(target, booking) / timedelta(minutes=1)
    mouse = desk.page.mouse
    await mouse.move(x, y)
    await mouse.down()
    await mouse.move(x, y + minutes * box["height"] / booking["minutes"], steps=4)
    where = desk.page.get_by_role("status").filter(has_text="Move to")
    await expect(where).to_have_count(1)
    await desk.page.keyboard.press("Escape")
    await expect(where).to_have_count(0)
    await mouse.up()
    await expect(desk.page.get_by_role("dialog")).to_have_count(0)
    await mouse.move(x, y)
    await mouse.down()
    await mouse.move(x, y + minutes * box["height"] / booking["minutes"], steps=4)
    await expect(where).to_have_count(1)
    await mouse.up()


@pytest.mark.parametrize(
    ("theme", "width"), [("light", 1280), pytest.param("dark", 375, marks=pytest.mark.long)]
)
async def test_blocked_time_is_no_longer_offered(
    visit: Visit, theme: Theme, width: int, site_api: Api
) -> None:
    """Blocked days become unavailable at once, but sessions remain; the block can be removed."""
    expert = await demo_expert(site_api)
    day = date.fromisoformat(expert["day"])
    last = day + timedelta(days=1)
    is_last_open = bool(await free_slots(site_api, {**expert, "day": last.isoformat()}))
    grace = await site_api.new_client()
    booking = await request(grace, (await free_slots(site_api, expert))[0])
    ada = await visit(theme, width)
    await ada.open_expert(expert)
    await ada.free_slot()
    desk = await open_desk(visit, theme, width, f"/desk?date={day}")

    await desk.button("Block time").click()
    dialog = desk.page.get_by_role("dialog")
    await expect(dialog.get_by_label("From day")).to_have_value(day.isoformat())
    await dialog.get_by_label("To day").fill((day - timedelta(days=1)).isoformat())
    await dialog.get_by_role("button", name="Block").click()
    await expect(dialog.get_by_label("To day")).to_be_focused()
    await desk.check("block-problem")
    await dialog.get_by_label("To day").fill(last.isoformat())
    await dialog.get_by_role("button", name="Block").click()
    await expect(dialog).to_contain_text("These sessions remain")
    link = dialog.locator(f'a[href="/desk?booking={booking["id"]}"]')
    await expect(link).to_have_text(NAME)
    await desk.check("blocked")
    await dialog.get_by_role("button", name="Close").click()
    await expect(ada.page.locator("[data-slot][data-status=OPEN]")).to_have_count(0)
    assert await free_slots(site_api, expert) == []

    await desk.page.get_by_role("link", name="My hours").click()
    days = desk.page.get_by_role("group", name=f"{day:%a} {day.day}")
    # If the last day has no working hours, it needs no override, so the block ends a day earlier.
    blocked_until = last if is_last_open else day
    await expect(days.get_by_label("To day")).to_have_value(blocked_until.isoformat())
    await days.get_by_role("button", name="Remove").click()
    await save_hours(desk)
    await ada.free_slot()


async def test_changes_of_hours_are_kept_if_the_hours_change_elsewhere(
    visit: Visit, site_api: Api
) -> None:
    """The page shows the newest hours, and applies the expert's own changes to them on request."""
    expert = await demo_expert(site_api)
    account = {"email": DEMO_EXPERT, "password": DEMO_PASSWORD}
    token = (await site_api.ask(SIGN_IN, input=account))["login"]["accessToken"]
    elsewhere = site_api.signed_in(token)
    query = RULES % "cancellationNoticeMinutes horizonDays"

    async def stored() -> dict[str, int]:
        return dict((await elsewhere.ask(query, id=expert["id"]))["expert"]["availability"])

    before = await stored()
    wanted = {"cancellationNoticeMinutes": 240, "horizonDays": 61}
    assert wanted.items().isdisjoint(before.items())
    desk = await open_desk(visit, "dark", 375)
    await desk.page.get_by_role("link", name="My hours").click()
    horizon = desk.page.get_by_label("Days ahead that can be booked")
    await horizon.fill(str(wanted["horizonDays"]))
    notice = {"cancellationNoticeMinutes": wanted["cancellationNoticeMinutes"]}
    await elsewhere.ask(SET_RULES, input=notice)
    await desk.button("Save changes").click()
    changed = desk.page.get_by_role("region", name="These hours have changed")
    await expect(changed).to_be_focused()
    deadline = desk.page.get_by_label("Clients can cancel or move until")
    await expect(deadline).to_have_value(str(wanted["cancellationNoticeMinutes"]))
    await expect(horizon).to_have_value(str(before["horizonDays"]))
    await desk.check("hours-changed")
    await desk.button("Apply my changes").click()
    await expect(horizon).to_have_value(str(wanted["horizonDays"]))
    await save_hours(desk)
    assert await stored() == wanted
    await elsewhere.ask(SET_RULES, input=before)
