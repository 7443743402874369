"""Browser tests of a full day's waiting list: joining, leaving, and booking an offered time."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import expect

from tests.support.bookable_experts import ZONE

if TYPE_CHECKING:
    from tests.client.conftest import Visit
    from tests.support.bookable_experts import Expert
    from tests.support.clients import Api
    from tests.support.visitors import Theme

JOIN, LEAVE = "Join the waiting list", "Leave the list"


async def book_whole_day(client: Api, expert: Expert) -> list[str]:
    """Book all of the expert's open slots on the chosen day; return the bookings' ids."""
    midnight = datetime.combine(date.fromisoformat(expert["day"]), time(), ZoneInfo(ZONE))
    since, until = (at.isoformat() for at in (midnight, midnight + timedelta(days=1)))
    slots = await client.slots(expert["id"], since, until, expert["offers"][0]["minutes"])
    answers = [await client.book(slot["id"]) for slot in slots if slot["status"] == "OPEN"]
    return [answer["id"] for answer in answers if answer["__typename"] == "Booking"]


@pytest.mark.parametrize(
    ("theme", "width"), [pytest.param("light", 1280, marks=pytest.mark.long), ("dark", 375)]
)
async def test_first_client_in_line_books_the_time_that_becomes_free(
    visit: Visit, theme: Theme, width: int, expert: Expert, site_api: Api
) -> None:
    grace = await site_api.new_client()
    bookings = await book_whole_day(grace, expert)
    ada = await visit(theme, width)
    await ada.register()
    await ada.open_expert(expert)
    await expect(ada.heading("This day is full")).to_be_visible()
    await ada.check("full")
    await ada.button(JOIN).click()
    await expect(ada.heading("You are in line")).to_be_visible()
    await expect(ada.page.get_by_text("You are the first in line.")).to_be_visible()
    await ada.check("in-line")
    await ada.page.get_by_role("button", name=LEAVE).click()
    await ada.button(JOIN).click()
    await expect(ada.heading("You are in line")).to_be_visible()

    await ada.open("/bookings")
    line = ada.page.get_by_role("region", name="Waiting lists")
    await expect(line).to_contain_text(expert["name"])
    await ada.check("waiting")
    await ada.wait_until_live()
    assert (await grace.cancel(bookings[0]))["__typename"] == "Booking"
    await expect(line).to_contain_text("is kept for you")
    await ada.check("offered")
    await line.get_by_role("link", name="Continue booking").click()
    await ada.fill_in()
    await ada.book()
    await ada.open("/bookings")
    await expect(ada.page.locator("[data-booking]")).to_have_count(1)
    await expect(line).to_be_hidden()
    await ada.check("booked")


async def test_visitor_must_sign_in_to_join_the_waiting_list(
    visit: Visit, expert: Expert, site_api: Api
) -> None:
    await book_whole_day(await site_api.new_client(), expert)
    ada = await visit("light", 375)
    await ada.open_expert(expert)
    await ada.page.get_by_role("link", name="Sign in to join the waiting list").click()
    await expect(ada.page.get_by_label("E-mail")).to_be_visible()
