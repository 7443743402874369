"""Browser tests: the administrator's search for bookings, and each role's start page."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import expect

from tests.support.bookable_experts import ZONE
from tests.support.clients import CONTACT
from web.samples.demo import DEMO_ADMIN, DEMO_CLIENT, DEMO_EXPERT, DEMO_PASSWORD

if TYPE_CHECKING:
    from playwright.async_api import Locator

    from tests.client.conftest import Visit
    from tests.support.bookable_experts import Expert
    from tests.support.clients import Api
    from tests.support.visitors import Theme, Visitor

REFERENCE = "query ($id: ID!) { booking(id: $id) { reference } }"
PERSON = "Ngaire Bautista"


@pytest.mark.parametrize(
    ("account", "path"),
    [(DEMO_ADMIN, "/administration/overview"), (DEMO_EXPERT, "/desk"), (DEMO_CLIENT, "/bookings")],
)
async def test_sign_in_leads_to_the_start_page_of_the_role(
    visit: Visit, account: str, path: str
) -> None:
    """Sign-in leads administrators to the overview, experts to the desk, clients to bookings."""
    ada = await visit()
    await ada.open("/sign-in")
    await ada.sign_in(account, DEMO_PASSWORD)
    await expect(ada.page).to_have_url(f"{ada.site}{path}")


@pytest.mark.parametrize(
    ("theme", "width"), [("light", 1280), pytest.param("dark", 375, marks=pytest.mark.long)]
)
async def test_administrator_finds_bookings_by_reference_person_day_and_status(
    visit: Visit, theme: Theme, width: int, site_api: Api, expert: Expert
) -> None:
    """Search words, days and a status narrow the list; each reference links to its booking."""
    grace = await site_api.new_client()
    since, until = (f"{expert['day']}T{time}:00Z" for time in ("00:00", "23:00"))
    slots = await site_api.slots(expert["id"], since, until)
    slot = next(slot for slot in slots if slot["status"] == "OPEN")
    booked = await grace.book(slot["id"], contact={**CONTACT, "name": PERSON})
    reference = (await grace.ask(REFERENCE, id=booked["id"]))["booking"]["reference"]
    starts = datetime.fromisoformat(slot["startsAt"]).astimezone(ZoneInfo(ZONE)).date()

    ada = await visit(theme, width)
    await ada.sign_in_with_api(DEMO_ADMIN, DEMO_PASSWORD)
    await ada.open("/administration")
    await ada.page.get_by_role("link", name="Bookings", exact=True).click()
    rows = ada.page.get_by_role("table", name="Bookings").get_by_role("row")
    await expect(rows.nth(20)).to_be_attached()
    await ada.check("all")
    found = rows.filter(has_text=reference)
    for words in (reference, f"{PERSON} {reference}"):
        await search(ada, words)
        await expect(rows).to_have_count(2)
        await expect(found).to_contain_text(PERSON)
    await day(ada.page.get_by_label("From day"), starts + timedelta(days=1))
    await expect(ada.heading("No bookings found")).to_be_visible()
    await ada.check("none")
    await day(ada.page.get_by_label("From day"), starts)
    await expect(found).to_be_visible()
    await search(ada, expert["name"])
    await day(ada.page.get_by_label("To day"), starts)
    await expect(found).to_be_visible()
    await ada.page.get_by_label("Status").select_option("Cancelled")
    await expect(found).to_have_count(0)
    await ada.page.get_by_label("Status").select_option("Confirmed")
    await expect(found).to_be_visible()
    await ada.check("found")
    await ada.page.reload()
    await found.get_by_role("link", name=reference).click()
    await expect(ada.heading(re.compile(PERSON))).to_be_visible()
    await ada.check("booking")


async def search(ada: Visitor, words: str) -> None:
    """Type words into the search box, and wait for the results."""
    await ada.page.get_by_role("searchbox").fill(words)
    await ada.wait_for_results(words)


async def day(field: Locator, date: object) -> None:
    """Enter a date into a date field."""
    await field.fill(str(date))
