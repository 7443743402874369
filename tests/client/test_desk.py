"""The expert's desk: what clients do appears there, and what it changes appears to them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.client.experts import with_day
from tests.client.visitors import NAME, NOTE
from web.samples.demo import DEMO_EXPERT, DEMO_PASSWORD

if TYPE_CHECKING:
    from tests.client.conftest import Visit
    from tests.client.experts import Expert
    from tests.client.visitors import Theme, Visitor
    from tests.clients import Api

LOGIN = """mutation ($input: LoginInput!) { login(input: $input) {
  ... on SignedIn { user { expert { id slug name title bio offers { minutes } } } } } }"""


async def demo_expert(api: Api) -> Expert:
    """The expert of the demo account, who confirms by hand."""
    account = {"email": DEMO_EXPERT, "password": DEMO_PASSWORD}
    answer = await api.ask(LOGIN, input=account)
    return await with_day(api, answer["login"]["user"]["expert"])


@pytest.mark.parametrize(("theme", "width"), [("light", 375), ("dark", 1280)])
async def test_desk(visit: Visit, theme: Theme, width: int, site_api: Api) -> None:
    """A request appears at the desk, is confirmed there, and new hours reach who looks at them."""
    expert = await demo_expert(site_api)
    desk = await visit(theme, width)
    await desk.is_signed_in(DEMO_EXPERT, DEMO_PASSWORD)
    await desk.go("/desk")
    await desk.is_live()
    ada = await visit(theme, width)
    await ada.has_account()
    await ada.see(expert)
    await ada.hold(await ada.free_slot())
    await ada.fill_in(note=NOTE)
    reference = await ada.book("Requested")
    await ada.stop("requested")

    card = desk.page.locator(f'[data-booking="{reference}"]')
    await expect(card).to_have_count(1)
    await expect(card).to_contain_text(NAME)
    await expect(card).to_contain_text(NOTE)
    await expect(card).to_contain_text("Requested")
    await desk.stop("request")
    await ada.go("/bookings")
    await ada.is_live()
    await expect(ada.page.get_by_role("article")).to_contain_text("Requested")
    await card.get_by_role("button", name="Confirm").click()
    await expect(card).to_contain_text("Confirmed")
    await expect(card).to_have_count(1)
    await desk.stop("confirmed")
    await expect(ada.page.get_by_role("article")).to_contain_text("Confirmed")

    await ada.see(expert)
    await ada.free_slot()
    await close(desk, date.fromisoformat(expert["day"]).strftime("%A"))
    await expect(ada.page.locator("[data-slot][data-status=OPEN]")).to_have_count(0)
    await ada.stop("new-hours")


async def close(desk: Visitor, weekday: str) -> None:
    """Offer nothing on a day of the week any more; the session of that day is pointed out."""
    await desk.page.get_by_role("link", name="My hours").click()
    hours = desk.page.get_by_role("group", name=weekday, exact=True)
    await expect(hours).to_be_visible()
    remove = hours.get_by_role("button", name="Remove")
    while await remove.count():
        await remove.first.click()
    await expect(hours).to_contain_text("Closed")
    await desk.stop("hours-changed")
    await desk.button("Save changes").click()
    await expect(
        desk.page.get_by_role("status").filter(has_text="Everything is saved")
    ).to_have_count(1)
    await desk.stop("hours-saved")
