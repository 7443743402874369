"""Browser tests of the directory: experts' cards, filters and search suggestions."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlsplit
from zoneinfo import ZoneInfo

from playwright.async_api import expect

from tests.support.bookable_experts import ZONE
from tests.support.visitors import KEEP

if TYPE_CHECKING:
    from playwright.async_api import Locator

    from tests.client.conftest import Visit
    from tests.support.bookable_experts import Expert
    from tests.support.clients import Api
    from tests.support.visitors import Visitor

COUNT = "query ($filter: ExpertFilter) { experts(filter: $filter) { totalCount } }"
FIRST_FOUND = """query ($at: AvailableInput!) { experts(filter: {available: $at}, first: 1) {
  nodes { name nextSlots(available: $at) { id } } } }"""


async def count(api: Api, **wanted: Any) -> int:
    """Return how many experts match a filter, according to the API."""
    found: int = (await api.ask(COUNT, filter=wanted))["experts"]["totalCount"]
    return found


async def expect_count(visitor: Visitor, number: int) -> None:
    """Wait until the directory says that it found the given number of experts."""
    said = "No experts found." if number == 0 else f"{number} expert{'s' if number > 1 else ''}"
    status = visitor.page.get_by_role("main").get_by_role("status")
    await expect(status.filter(has_text=said)).to_have_text(said)


def time_of(card: Locator, slot: str) -> Locator:
    """Return the link on an expert's card that leads to the given free slot."""
    return card.locator(f'a[href*="{quote(slot, safe="")}"]')


async def test_filters_are_kept_in_the_url(visit: Visit, site_api: Api) -> None:
    """Filters narrow the results and survive a reload; the Back button removes the last filter."""
    ada = await visit()
    page = ada.page
    await ada.open("/experts")
    await expect(page.get_by_role("article").first).to_be_visible()
    chosen: dict[str, Any] = {"maxHourlyRate": 15_000}
    await page.get_by_label("Maximum rate an hour").first.select_option("15000")
    await expect_count(ada, await count(site_api, **chosen))
    chosen["confirmsAutomatically"] = True
    await ada.button("Confirms at once").click()
    await expect_count(ada, await count(site_api, **chosen))
    chosen["minRating"] = 4
    await page.get_by_label("Minimum rating").first.select_option("4")
    await expect_count(ada, before := await count(site_api, **chosen))
    chosen["languages"] = ["German"]
    await page.get_by_label("Language", exact=True).first.select_option("German")
    await expect_count(ada, found := await count(site_api, **chosen))
    await expect(page).to_have_url(
        re.compile(r"\?rating=4&rate=15000&language=German&confirms=at-once$")
    )
    await ada.check("filters")
    await page.reload()
    await expect_count(ada, found)
    await expect(ada.button("Confirms at once")).to_have_attribute("aria-pressed", "true")
    await page.go_back()
    await expect_count(ada, before)
    await ada.button("Clear").first.click()
    await expect_count(ada, await count(site_api))


async def test_experts_are_found_by_day_time_and_session_length(
    visit: Visit, site_api: Api, expert: Expert
) -> None:
    """The URL contains the chosen day and time; cards show matching times and link to that day."""
    ada, day = await visit(), expert["day"]
    page, minutes = ada.page, expert["offers"][0]["minutes"]
    noon = datetime.combine(date.fromisoformat(day), time(12), ZoneInfo(ZONE))
    await ada.open("/experts")
    await page.get_by_label("Day", exact=True).first.select_option(day)
    await page.get_by_label("Length", exact=True).first.select_option(str(minutes))
    whole = {"from": noon.replace(hour=0), "to": noon.replace(hour=0) + timedelta(days=1)}
    await expect_count(ada, await count(site_api, available=span(whole, minutes)))
    await expect(page).to_have_url(re.compile(rf"\?day={day}&minutes={minutes}$"))
    await page.get_by_label("Time", exact=True).first.select_option("afternoon")
    afternoon = {"from": noon, "to": noon.replace(hour=17)}
    await expect_count(ada, await count(site_api, available=span(afternoon, minutes)))
    hour = await open_hour(site_api, noon, minutes)
    await page.get_by_label("Time", exact=True).first.select_option(f"{hour}:00")
    at_hour = span(start_of(noon, hour), minutes)
    await expect_count(ada, await count(site_api, available=at_hour))
    [found] = (await site_api.ask(FIRST_FOUND, at=at_hour))["experts"]["nodes"]
    card = page.get_by_role("article").first
    await expect(card).to_contain_text(found["name"])
    [free] = found["nextSlots"]
    await expect(time_of(card, free["id"])).to_be_visible()
    await expect(
        card.get_by_role("list", name="Next free times").get_by_role("link")
    ).to_have_count(1)
    await page.reload()
    await expect_count(ada, await count(site_api, available=at_hour))
    await ada.check("when")
    await page.get_by_label("Time", exact=True).first.select_option("")
    await page.get_by_role("searchbox").fill(expert["name"])
    await ada.wait_for_results(expert["name"])
    await page.get_by_role("link", name=expert["name"], exact=True).click()
    await expect(page).to_have_url(re.compile(rf"/{expert['slug']}\?day={day}"))


def start_of(day: datetime, hour: int) -> dict[str, datetime]:
    """Return the first 15 minutes of the given hour, as the API's `from` and `to`."""
    return {"from": day.replace(hour=hour), "to": day.replace(hour=hour, minute=15)}


async def open_hour(api: Api, day: datetime, minutes: int) -> int:
    """Return an hour of the day at which any expert has a free session of the given length.

    The test cannot use a fixed hour, because it may be outside all experts' hours on that weekday.
    """
    for hour in range(24):
        if await count(api, available=span(start_of(day, hour), minutes)):
            return hour
    raise AssertionError("no session begins on the hour")


def span(between: dict[str, datetime], minutes: int) -> dict[str, Any]:
    """Return the API's `available` filter for a time span and a session length."""
    return {name: instant.isoformat() for name, instant in between.items()} | {"minutes": minutes}


async def test_phones_show_filters_in_a_sheet(visit: Visit, site_api: Api) -> None:
    """On a phone, filters are chosen in a bottom sheet, and can be removed on the page."""
    ada = await visit("dark", 375)
    await ada.open("/experts")
    await expect(ada.page.get_by_role("article").first).to_be_visible()
    await ada.button("Filters").click()
    sheet = ada.page.get_by_role("dialog")
    await sheet.get_by_label("Minimum rating").select_option("4.5")
    await sheet.get_by_label("Language", exact=True).select_option("French")
    await ada.check("sheet")
    await sheet.get_by_role("button", name="Show experts").click()
    await expect(sheet).to_be_hidden()
    await expect_count(ada, await count(site_api, minRating=4.5, languages=["French"]))
    await ada.check("filtered")
    await ada.button("Remove: French").click()
    await expect_count(ada, await count(site_api, minRating=4.5))


async def test_search_highlights_matches_and_suggests_leaving_out_a_word(
    visit: Visit, site_api: Api, expert: Expert
) -> None:
    """The search covers biographies; if it finds nothing, it suggests leaving out a word."""
    word = max(re.findall(r"[a-z]{5,}", expert["bio"]), key=len)
    ada = await visit("light", 375)
    page = ada.page
    await ada.open(f"/experts?search={word}")
    await expect_count(ada, await count(site_api, search=word))
    await expect(page.locator("mark", has_text=word).first).to_be_visible()
    counts = page.get_by_role("group", name="Category").get_by_role("button")
    await expect(counts.first).to_have_text(f"All {await count(site_api, search=word)}")
    await page.get_by_role("searchbox").fill(f"{word} zzzzzz")
    await ada.wait_for_results(f"{word} zzzzzz")
    await expect(ada.heading("No experts found.")).to_be_visible()
    await ada.check("nobody")
    await page.get_by_role("link", name="Without “zzzzzz”").click()
    await expect_count(ada, await count(site_api, search=word))
    await expect(page).to_have_url(re.compile(rf"\?search={word}$"))


async def test_free_times_on_cards_are_updated_live(
    visit: Visit, site_api: Api, expert: Expert
) -> None:
    """An expert's card marks a newly booked time as taken.

    Each free time links to the expert's page, with that time selected.
    """
    ada = await visit()
    # Choose a later day, because an expert's very next time may be too soon to be booked.
    await ada.open(f"/experts?search={expert['name']}&day={expert['day']}")
    card = ada.page.get_by_role("article").filter(has_text=expert["name"])
    free = card.get_by_role("list", name="Next free times").get_by_role("link")
    await expect(free).to_have_count(3)
    await ada.wait_until_live()
    links = [str(await free.nth(index).get_attribute("href")) for index in (0, 2)]
    first, last = (parse_qs(urlsplit(link).query)["slot"][0] for link in links)
    booked = await (await site_api.new_client()).book(first)
    assert booked["__typename"] == "Booking", booked
    await expect(card).to_contain_text("taken")
    await expect(time_of(card, first)).to_have_count(0)
    await ada.check("cards")
    await time_of(card, last).click()
    await expect(ada.button(KEEP)).to_be_visible()
    await expect(ada.slot(last)).to_have_attribute("aria-pressed", "true")
