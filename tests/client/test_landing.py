"""Browser tests of the landing page: its HTML without the script, and its live calendar."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import expect

if TYPE_CHECKING:
    from playwright.async_api import Locator

    from tests.client.conftest import Visit
    from tests.support.clients import Api
    from tests.support.visitors import Theme, Visitor

BLOCKED = re.compile("net::ERR_FAILED")


def calendar(visitor: Visitor, name: str = "Live calendar of") -> Locator:
    """Return the live calendar on the landing page."""
    return visitor.page.get_by_role("region", name=name)


def free_seats(visitor: Visitor) -> Locator:
    """Return the links to the free times that the live calendar shows."""
    return calendar(visitor).get_by_role("list").get_by_role("link")


@pytest.mark.parametrize(
    ("locale", "theme", "width", "name", "more"),
    [
        ("en-GB", "light", 375, "Live calendar of", r"All \d+ experts"),
        ("de-DE", "dark", 1280, "Kalender von", r"Alle \d+ Fachleute"),
    ],
    ids=["phone", "German"],
)
async def test_page_shows_its_data_before_the_client_has_loaded(
    visit: Visit, locale: str, theme: Theme, width: int, name: str, more: str
) -> None:
    """Even without the client's script, the server's HTML shows the data, and its links work."""
    ada = await visit(theme, width, locale=locale, expected=BLOCKED)
    await ada.page.route("**/assets/app/*.js", lambda route: route.abort())
    await ada.open("/")
    await expect(calendar(ada, name)).to_be_visible()
    await expect(ada.page.get_by_role("article")).to_have_count(3)
    await expect(ada.page.get_by_role("link", name=re.compile(more))).to_be_visible()
    await ada.check("early")
    first = ada.page.get_by_role("article").first.get_by_role("heading")
    expert = await first.inner_text()
    await first.get_by_role("link").click()
    await expect(ada.heading(expert)).to_be_visible()


async def test_calendar_of_a_real_expert_is_live(visit: Visit, site_api: Api) -> None:
    """A new booking is announced, and its time marked as taken; other days can be selected."""
    ada = await visit()
    await ada.open("/")
    await ada.wait_until_live()
    seats = free_seats(ada)
    count = await seats.count()
    href = str(await seats.last.get_attribute("href"))
    taken = parse_qs(urlsplit(href).query)["slot"][0]
    time = (await seats.last.inner_text()).split(",")[0].strip()
    client = await site_api.new_client()
    # The announcement is shown for only a few seconds, so start to wait for it before `book`
    # returns.
    said = expect(ada.page.get_by_text(f"Somebody booked {time}")).to_be_visible()
    await asyncio.gather(said, client.book(taken))
    await expect(calendar(ada).get_by_text("taken").last).to_be_attached()
    await expect(calendar(ada).locator(f'a[href="{href}"]')).to_have_count(0)
    assert await seats.count() < count
    await ada.check("booked")
    days = calendar(ada).get_by_role("group", name="Days").get_by_role("button")
    await days.last.click()
    await expect(days.last).to_have_attribute("aria-pressed", "true")
    await ada.check("another-day")
