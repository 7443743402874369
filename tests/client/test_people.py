"""Browser tests of guest bookings, shared browsers, accounts, and experts' directory entries."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.support.bookable_experts import plain_experts, with_day
from tests.support.clients import Api
from tests.support.mailboxes import Mailbox, wait_until
from tests.support.paired_servers import code_in, is_code_mail
from tests.support.pictures import encoded, red_corner
from tests.support.servers import run_server
from tests.support.visitors import (
    BOOK,
    BOOKED,
    DETAILS,
    KEEP,
    LOCAL_PHONE,
    NAME,
    NOTE,
    PASSWORD,
    PHONE,
)
from web.samples.demo import DEMO_EXPERT, DEMO_PASSWORD

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    import httpx

    from tests.client.conftest import Visit
    from tests.support.bookable_experts import Expert
    from tests.support.mailboxes import ReceivedMail
    from tests.support.visitors import Visitor

CODE = "Code from the mail"
REFUSED = re.compile("status of 40[01]")
"""Matches the browser's console error for a request that is sent after its session ended."""
numbers = count()


@dataclass
class MailingSite:
    """A server that sends e-mails, and requires a verified e-mail address for booking."""

    address: str
    mailbox: Mailbox
    experts: Iterator[Expert]
    api: Api

    async def expert(self) -> Expert:
        """Return an expert whom no other test books."""
        return await with_day(self.api, next(self.experts))

    def codes_to(self, email: str) -> list[ReceivedMail]:
        """Return the e-mails with verification codes that were sent to an e-mail address."""
        return list(filter(is_code_mail, self.mailbox.mails_to(email)))

    async def code(self, email: str, number: int = 1) -> str:
        """Wait until an e-mail address has received `number` codes; return the latest code."""
        await wait_until(lambda: len(self.codes_to(email)) >= number, what=f"a code to {email}")
        return code_in(self.codes_to(email)[-1])


@pytest.fixture(scope="module")
async def mailing(
    tmp_path_factory: pytest.TempPathFactory, http: httpx.AsyncClient
) -> AsyncIterator[MailingSite]:
    """A server that sends its e-mails to a test mailbox."""
    folder = tmp_path_factory.mktemp("people")
    settings = {"experts": 24, "throttle": "off", "require_verified_email": "on"}
    async with Mailbox().open() as mailbox:
        with run_server(folder, smtp_url=mailbox.url, **settings) as address:
            api = Api(http, address)
            yield MailingSite(address, mailbox, iter(await plain_experts(api)), api)


def new_email() -> str:
    """Return an unused e-mail address."""
    return f"clara-{next(numbers)}@example.com"


async def describe(visitor: Visitor, email: str) -> None:
    """Fill in the booking form as a visitor without an account."""
    await visitor.page.get_by_label("Your name").fill(NAME)
    await visitor.page.get_by_label("E-mail").fill(email)
    await visitor.fill_in(PHONE, NOTE)


async def expect_described(visitor: Visitor, email: str) -> None:
    """Check that the booking form still contains the details that the visitor typed."""
    await expect(visitor.page.get_by_label("Your name")).to_have_value(NAME)
    await expect(visitor.page.get_by_label("E-mail")).to_have_value(email)
    await expect(visitor.page.get_by_label("Phone")).to_have_value(LOCAL_PHONE)
    await expect(visitor.page.get_by_label("What would you like")).to_have_value(NOTE)


async def find_by_mail(visitor: Visitor, mailing: MailingSite, email: str, reference: str) -> None:
    """Open a booking with its e-mailed link and a code; then find it in the list of bookings."""
    [mail] = await mailing.mailbox.wait_for_invitations(1, email)
    await visitor.page.goto(str(mail.event["URL"]))
    await visitor.page.get_by_label("E-mail").fill(email)
    await visitor.check("find")
    await visitor.button("Send me the code").click()
    await visitor.page.get_by_label(CODE).fill(await mailing.code(email, 3))
    await expect(visitor.heading("Your session with")).to_be_visible()
    assert await visitor.reference() == reference
    await expect(visitor.page).to_have_url(str(mail.event["URL"]))
    await visitor.check("own-page")
    await visitor.page.get_by_role("main").get_by_role("link", name="My bookings").click()
    card = visitor.page.locator(f'[data-booking="{reference}"]')
    await expect(card).to_contain_text(NOTE)
    await expect(card).to_contain_text(re.compile("[Cc]all|In person"))
    await visitor.check("found")


async def test_guest_books_without_an_account_and_finds_the_booking_again(
    visit: Visit, mailing: MailingSite
) -> None:
    """A guest books with contact details and an e-mailed code, and later opens the booking."""
    email = new_email()
    clara = await visit("light", 375, site=mailing.address)
    await clara.open("/")
    await clara.page.get_by_role("article").first.get_by_role("link").first.click()
    await clara.free_slot()
    # Take the last slot of the day, because the first one may start too soon to be held.
    last = clara.page.locator("[data-slot][data-status=OPEN]").last
    slot = str(await last.get_attribute("data-slot"))
    await clara.slot(slot).click()
    await clara.button(KEEP).click()
    await expect(clara.heading(DETAILS)).to_be_focused()
    page = clara.page.get_by_role("main")
    # The session may start too soon to be cancelled; then the page uses the second wording.
    deadline = "[Mm]ove or cancel|moved or cancelled"
    for term in ("Kept for you", "call|in person", "it stays", deadline, "What happens"):
        await expect(page).to_contain_text(re.compile(term))
    await clara.check("details")
    await clara.button("Send me the code").click()
    await expect(clara.page.get_by_label("Your name")).to_be_focused()
    await describe(clara, email)
    await clara.page.reload()
    await expect_described(clara, email)
    # The Back button leads to the calendar; the visitor keeps the hold on every page.
    await clara.page.go_back()
    await expect(clara.heading(DETAILS)).to_be_hidden()
    await expect(clara.slot(slot)).to_have_attribute("data-status", "MINE")
    await clara.check("kept")
    await clara.open("/experts")
    await clara.page.get_by_role("link", name="Continue").click()
    await expect_described(clara, email)

    await clara.button("Send me the code").click()
    code = await mailing.code(email)
    await expect(clara.page.get_by_label(CODE)).to_be_focused()
    await clara.page.reload()
    await clara.page.get_by_label(CODE).fill("000000" if code != "000000" else "000001")
    await expect(clara.page.get_by_role("alert")).to_contain_text("4 attempts are left")
    await clara.check("wrong-code")
    await clara.button("Change").click()
    await expect_described(clara, email)
    await clara.button("Send me the code").click()
    await expect(clara.page.get_by_label(CODE)).to_be_focused()
    # E-mail programs may copy a code together with surrounding spaces.
    await clara.page.get_by_label(CODE).fill(f" {await mailing.code(email, 2)} ")
    await expect(clara.heading(BOOKED)).to_be_focused()
    for term in ("call|in person", "€", deadline, "What happens"):
        await expect(page).to_contain_text(re.compile(term))
    await clara.check("booked")
    reference = await clara.reference()

    # The same person finds the booking on another device.
    again = await visit("dark", 375, site=mailing.address)
    await find_by_mail(again, mailing, email, reference)


async def test_signing_in_with_a_code_moves_the_hold_to_the_account(
    visit: Visit, mailing: MailingSite
) -> None:
    """A guest whose e-mail address belongs to an account books with this account and its name."""
    email = new_email()
    await mailing.api.new_client("Countess Lovelace", email)
    ada = await visit("dark", 375, site=mailing.address)
    await ada.open_expert(await mailing.expert())
    await ada.hold(await ada.free_slot())
    await describe(ada, email)
    await ada.button("Send me the code").click()
    await ada.page.get_by_label(CODE).fill(await mailing.code(email))
    await expect(ada.heading(BOOKED)).to_be_visible()
    await ada.open("/account")
    await expect(ada.page.get_by_label("Name", exact=True)).to_have_value("Countess Lovelace")
    await expect(ada.page.get_by_label("Phone")).not_to_have_value("")


async def test_booking_draft_is_restored_after_a_session_has_ended(
    visit: Visit, mailing: MailingSite
) -> None:
    """After signing in again, the visitor still has the hold and the filled-in form."""
    ada = await visit("light", 375, site=mailing.address, expected=REFUSED)
    email = await ada.register()
    await ada.open_expert(await mailing.expert())
    slot = await ada.free_slot()
    await ada.hold(slot)
    await ada.fill_in(PHONE, NOTE)
    await ada.context.clear_cookies()
    await ada.page.get_by_role("button", name=BOOK).click()
    said = ada.page.get_by_role("alert").filter(has_text="You have been signed out")
    await expect(said).to_contain_text("Your time is kept until")
    assert NOTE not in await ada.page.content()
    await ada.check("signed-out")
    await said.get_by_role("link", name="Sign in again").click()
    await ada.sign_in(email)
    await expect(ada.heading(DETAILS)).to_be_visible()
    await expect_described(ada, email)
    # The e-mail address was never verified, so the page asks for a code before booking.
    await ada.page.get_by_role("button", name=BOOK).click()
    await ada.page.get_by_label(CODE).fill(await mailing.code(email))
    await expect(ada.heading(BOOKED)).to_be_visible()
    await expect(ada.page.get_by_role("timer")).to_be_hidden()


async def test_people_who_share_a_browser_do_not_see_each_others_data(
    visit: Visit, mailing: MailingSite
) -> None:
    """After another person has signed in on another tab, the form shows only that person's data."""
    ada = await visit(site=mailing.address, expected=REFUSED)
    await ada.register()
    expert = await mailing.expert()
    await ada.open_expert(expert)
    await ada.hold(await ada.free_slot())
    await ada.fill_in(PHONE, NOTE)

    other = await ada.context.new_page()
    await other.goto(f"{mailing.address}/experts")
    await other.get_by_role("button", name="Sign out").click()
    await expect(ada.heading(DETAILS)).to_be_hidden()
    await ada.wait_until_live()
    await expect(ada.page.get_by_role("alert")).to_be_hidden()
    assert NOTE not in await ada.page.evaluate("() => JSON.stringify({ ...sessionStorage })")

    email = new_email()
    await mailing.api.new_client("Grace Hopper", email)
    await other.goto(f"{mailing.address}/sign-in")
    await other.get_by_label("E-mail").fill(email)
    await other.get_by_label("Password", exact=True).fill(PASSWORD)
    await other.get_by_role("button", name="Sign in", exact=True).last.click()
    await expect(ada.page.get_by_role("link", name="Account", exact=True)).to_be_visible()
    await ada.hold(await ada.free_slot())
    await expect(ada.page.get_by_label("Your name")).to_have_value("Grace Hopper")
    await expect(ada.page.get_by_label("E-mail")).to_have_value(email)
    await expect(ada.page.get_by_label("Phone")).to_have_value("")
    await expect(ada.page.get_by_label("What would you like")).to_have_value("")
    await ada.check("another-person")


async def test_user_changes_and_deletes_the_account(visit: Visit, mailing: MailingSite) -> None:
    """Covers changes of the profile, e-mail address, password and sessions, then the deletion."""
    email, later = new_email(), new_email()
    clara = await visit("light", 375, site=mailing.address)
    page = clara.page
    await clara.open("/sign-in?with=code&to=/account")
    await page.get_by_label("E-mail").fill(email)
    await clara.button("Send me the code").click()
    await page.get_by_label(CODE).fill(await mailing.code(email))

    await page.get_by_label("Name", exact=True).fill("Clara Jensen")
    await page.get_by_label("Phone").fill(PHONE)
    await page.get_by_label("Language of mails").select_option("DE")
    await clara.button("Save").click()
    await expect(clara.heading("Konto").first).to_be_visible()
    await clara.check("german")
    await page.get_by_label("Sprache der E-Mails").select_option("EN")
    await clara.button("Speichern").click()
    await expect(clara.heading("Devices")).to_be_visible()

    await clara.button("Change address").click()
    await page.get_by_label("New e-mail address").fill(later)
    await clara.button("Send me the code").first.click()
    await page.get_by_label(CODE).fill(await mailing.code(later))
    await expect(page.get_by_text(later, exact=True)).to_be_visible()

    await page.get_by_label("New password").fill(PASSWORD)
    await clara.button("Send me the code").click()
    await page.get_by_label(CODE).fill(await mailing.code(later, 2))
    await expect(page.get_by_label("Current password")).to_be_visible()

    phone = await visit("dark", 375, site=mailing.address)
    await phone.open("/sign-in?to=/bookings")
    await phone.sign_in(later)
    await expect(phone.heading("My bookings")).to_be_visible()
    await clara.open("/account")
    devices = page.get_by_role("list", name="Devices").get_by_role("listitem")
    await expect(devices).to_have_count(2)
    await clara.check("account")
    await devices.get_by_role("button").click()
    await expect(devices).to_have_count(1)
    await phone.open("/bookings")
    await expect(phone.heading("Sign in")).to_be_visible()

    await clara.button("Send me a code to delete it").click()
    await page.get_by_label(CODE).fill(await mailing.code(later, 3))
    await clara.check("delete")
    await clara.button("Delete my account").click()
    await expect(page).to_have_url(f"{mailing.address}/")
    await clara.open("/account")
    await expect(clara.heading("Sign in")).to_be_visible()


async def test_expert_edits_directory_entry_and_picture(visit: Visit, mailing: MailingSite) -> None:
    """Clients see what the expert edits: the directory entry and an uploaded picture."""
    desk = await visit("light", 375, site=mailing.address)
    page = desk.page
    await desk.sign_in_with_api(DEMO_EXPERT, DEMO_PASSWORD)
    await desk.open("/desk/entry")
    await page.get_by_label("What you do").fill("Adviser on engines")
    await page.get_by_label("Years of experience").fill("many")
    await desk.button("Save changes").click()
    await expect(page.get_by_label("Years of experience")).to_be_focused()
    await desk.check("entry-problem")
    await page.get_by_label("Years of experience").fill("21")
    await desk.button("Save changes").click()
    await expect(page.get_by_role("alert")).to_be_hidden()

    picture = page.get_by_role("main").locator("img").first
    upload = page.locator("input[type=file]")
    file = {"name": "me.gif", "mimeType": "image/gif", "buffer": b"GIF89a"}
    await upload.set_input_files(file)  # type: ignore[arg-type]
    await expect(page.get_by_role("alert")).to_contain_text("Only JPEG, PNG and WebP")
    content = encoded(red_corner())
    file = {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": content}
    await upload.set_input_files(file)  # type: ignore[arg-type]
    await expect(picture).to_have_attribute("src", re.compile(r"^/photos/\w+\.webp$"))
    await desk.check("entry")
    await page.get_by_role("link", name="See it as clients do").click()
    await expect(page.get_by_text("Adviser on engines")).to_be_visible()
    await expect(page.get_by_text("21 years")).to_be_visible()
    await expect(picture).to_have_attribute("src", re.compile(r"\.webp$"))
    await page.go_back()
    await desk.button("Remove the picture").click()
    await expect(picture).to_have_attribute("src", re.compile(r"\.svg$"))
    await expect(desk.button("Upload a picture")).to_be_focused()
