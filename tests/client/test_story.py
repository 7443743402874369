"""End-to-end browser test: a client registers, books, reschedules and cancels."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from icalendar import Calendar
from playwright.async_api import expect

from tests.support.visitors import BOOK, DETAILS, KEEP, PASSWORD, PHONE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.client.conftest import Visit
    from tests.support.bookable_experts import Expert
    from tests.support.visitors import Theme, Visitor

THEMES_AND_WIDTHS = pytest.mark.parametrize(
    ("theme", "width"),
    [
        ("light", 1280),
        pytest.param("dark", 375, marks=pytest.mark.long),
        pytest.param("dark", 1280, marks=pytest.mark.long),
        pytest.param("light", 375, marks=pytest.mark.long),
    ],
)


@THEMES_AND_WIDTHS
async def test_client_registers_books_reschedules_and_cancels(
    visit: Visit, theme: Theme, width: int, expert: Expert
) -> None:
    """A client goes through all steps in the browser; in the end, the booked slot is free again."""
    ada = await visit(theme, width)
    await register(ada, f"{theme}-{width}@example.com")
    await find(ada, expert)
    await ada.open_expert(expert)
    slot = await ada.free_slot()
    await book(ada, slot, expert)
    await manage(ada)
    await ada.open_expert(expert)
    await expect(ada.slot(slot)).to_have_attribute("data-status", "OPEN")


async def register(ada: Visitor, email: str) -> None:
    """Try to register with a password that is too short, then with a valid one."""
    await ada.open("/register?to=/experts")
    await ada.page.get_by_label("Name").fill("Ada Lovelace")
    await ada.page.get_by_label("E-mail").fill(email)
    password = ada.page.get_by_label("Password", exact=True)
    await password.fill("short")
    await ada.button("Create account").last.click()
    await expect(password).to_have_attribute("aria-invalid", "true")
    await expect(password).to_be_focused()
    await ada.check("register-problem")
    await password.fill(PASSWORD)
    await ada.button("Create account").last.click()
    await expect(ada.heading("Experts")).to_be_visible()
    await expect(ada.page).to_have_url(f"{ada.site}/experts")


async def find(ada: Visitor, expert: Expert) -> None:
    """Filter experts by category; then clear the filter, and find the expert by name."""
    page = ada.page
    await expect(page.get_by_role("article").first).to_be_visible()
    await ada.check("directory")
    pill = page.get_by_role("group", name="Category").get_by_role("button").nth(1)
    await pill.click()
    await expect(pill).to_have_attribute("aria-pressed", "true")
    await expect(page).to_have_url(re.compile("category|categories"))
    await ada.check("directory-category")
    await page.go_back()
    await expect(pill).to_have_attribute("aria-pressed", "false")
    await page.get_by_role("searchbox").press_sequentially("zzzz")
    await expect(ada.heading("No experts found.")).to_be_visible()
    await ada.check("directory-nothing")
    await page.get_by_role("searchbox").fill("")
    await page.get_by_role("searchbox").press_sequentially(expert["name"])
    await ada.wait_for_results(expert["name"])
    await expect(page.get_by_role("article")).to_have_count(1)
    await page.get_by_role("link", name=expert["name"]).click()
    await expect(ada.heading(expert["name"])).to_be_visible()
    await ada.wait_until_live()
    await ada.check("expert")


async def book(ada: Visitor, slot: str, expert: Expert) -> None:
    """Hold a slot, correct an invalid form, book the slot, and download the calendar file."""
    await ada.slot(slot).click()
    await expect(ada.button(KEEP)).to_be_focused()
    await ada.check("chosen")
    await ada.button(KEEP).click()
    await expect(ada.heading(DETAILS)).to_be_visible()
    phone = ada.page.get_by_label("Phone")
    await phone.fill("12")
    await ada.page.get_by_role("button", name=BOOK).click()
    await expect(phone).to_have_attribute("aria-invalid", "true")
    await expect(phone).to_be_focused()
    await ada.check("form-problem")
    await ada.fill_in(PHONE, "<b>Engines</b> & more")
    reference = await ada.book()
    await ada.check("booked")
    async with ada.page.expect_download() as downloading:
        await ada.page.get_by_role("link", name=".ics file").click()
    download = await downloading.value
    assert download.suggested_filename == f"expertbook-{reference}.ics"
    assert expert["name"] in summary_in(await download.path())


def summary_in(path: Path) -> str:
    """Return the SUMMARY property of the only event in a calendar file."""
    calendar = Calendar.from_ical(path.read_bytes())
    assert isinstance(calendar, Calendar)
    [event] = calendar.events
    return str(event["SUMMARY"])


async def manage(ada: Visitor) -> None:
    """Reschedule the client's only booking, then cancel it."""
    page = ada.page
    await page.get_by_role("main").get_by_role("link", name="My bookings").click()
    card = page.get_by_role("article")
    await expect(card).to_have_count(1)
    await expect(card).to_contain_text("<b>Engines</b> & more")
    await ada.check("bookings")
    await card.get_by_role("link", name="Reschedule").click()
    await ada.wait_until_live()
    await ada.check("reschedule")
    await ada.slot(await ada.free_slot()).click()
    await ada.button("Choose").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await ada.check("reschedule-asked")
    await ada.button("Move session").click()
    title = ada.heading("Your session with")
    await expect(title).to_be_focused()
    await expect(page.get_by_role("main")).to_contain_text("Moved to")
    await ada.check("moved")
    await ada.button("Cancel booking").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.get_by_label("Reason").fill("The engine is <b>ready</b>")
    await ada.check("cancel-asked")
    await ada.button("Cancel session").click()
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await expect(page.locator("[data-status=CANCELLED]")).to_be_visible()
    await expect(page.get_by_text("The engine is <b>ready</b>")).to_be_visible()
    await expect(title).to_be_focused()
    await ada.check("cancelled")
    await ada.open("/bookings")
    await expect(ada.heading("No upcoming sessions")).to_be_visible()
    await ada.check("bookings-none")
    await page.get_by_role("link", name="Cancelled").click()
    await expect(card).to_have_count(1)
