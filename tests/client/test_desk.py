"""The expert's desk: it shows clients' changes, and clients see the expert's changes."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.support.bookable_experts import with_day
from tests.support.visitors import NAME, NOTE
from web.samples.demo import DEMO_EXPERT, DEMO_PASSWORD

if TYPE_CHECKING:
    from tests.client.conftest import Visit
    from tests.support.bookable_experts import Expert
    from tests.support.clients import Api
    from tests.support.visitors import Theme, Visitor

LOGIN = """mutation ($input: LoginInput!) { login(input: $input) {
  ... on SignedIn { user { expert { id slug name title bio offers { minutes } } } } } }"""


async def demo_expert(api: Api) -> Expert:
    """Return the demo account's expert, who confirms bookings manually."""
    account = {"email": DEMO_EXPERT, "password": DEMO_PASSWORD}
    answer = await api.ask(LOGIN, input=account)
    return await with_day(api, answer["login"]["user"]["expert"])


@pytest.mark.parametrize(
    ("theme", "width"), [("light", 375), pytest.param("dark", 1280, marks=pytest.mark.long)]
)
async def test_desk_and_client_see_each_other_s_changes(
    visit: Visit, theme: Theme, width: int, site_api: Api
) -> None:
    """A request appears and is confirmed at the desk; new hours update open calendars."""
    expert = await demo_expert(site_api)
    desk = await visit(theme, width)
    await desk.sign_in_with_api(DEMO_EXPERT, DEMO_PASSWORD)
    await desk.open("/desk")
    await desk.wait_until_live()
    ada = await visit(theme, width)
    await ada.register()
    await ada.open_expert(expert)
    await ada.hold(await ada.free_slot())
    await ada.fill_in(note=NOTE)
    reference = await ada.book("Requested")
    await ada.check("requested")

    card = desk.page.locator(f'[data-booking="{reference}"]')
    await expect(card).to_have_count(1)
    await expect(card).to_contain_text(NAME)
    await expect(card).to_contain_text(NOTE)
    await expect(card).to_contain_text("Requested")
    await desk.check("request")
    await ada.open("/bookings")
    await ada.wait_until_live()
    await expect(ada.page.get_by_role("article")).to_contain_text("Requested")
    await card.get_by_role("button", name="Confirm").click()
    await expect(card).to_contain_text("Confirmed")
    await expect(card).to_have_count(1)
    await desk.check("confirmed")
    await expect(ada.page.get_by_role("article")).to_contain_text("Confirmed")

    await ada.open_expert(expert)
    await ada.free_slot()
    await remove_hours(desk, date.fromisoformat(expert["day"]).strftime("%A"))
    await expect(ada.page.locator("[data-slot][data-status=OPEN]")).to_have_count(0)
    await ada.check("new-hours")


async def remove_hours(desk: Visitor, weekday: str) -> None:
    """Remove a weekday's hours; the page lists the booking that is now outside them."""
    await desk.page.get_by_role("link", name="My hours").click()
    hours = desk.page.get_by_role("group", name=weekday, exact=True)
    await expect(hours).to_be_visible()
    remove = hours.get_by_role("button", name="Remove")
    while await remove.count():
        await remove.first.click()
    await expect(hours).to_contain_text("Closed")
    await desk.check("hours-changed")
    await desk.button("Save changes").click()
    await expect(
        desk.page.get_by_role("status").filter(has_text="Everything is saved")
    ).to_have_count(1)
    await desk.check("hours-saved")
