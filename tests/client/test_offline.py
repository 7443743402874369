"""Browser tests: offline, with an unreachable server, and without access to web storage."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.async_api import expect

from tests.support.visitors import KEEP

if TYPE_CHECKING:
    from tests.client.conftest import Visit
    from tests.support.bookable_experts import Expert

NO_NETWORK = re.compile(r"net::ERR_|WebSocket connection to|of a page could not be loaded")
DENIED_STORAGE = """for (const name of ["localStorage", "sessionStorage"]) {
  Object.defineProperty(window, name, { get() { throw new DOMException("no", "SecurityError"); } });
}"""
UNKNOWN_ZONE = """const known = Intl.DateTimeFormat.prototype.resolvedOptions;
Intl.DateTimeFormat.prototype.resolvedOptions = function () {
  return { ...known.call(this), timeZone: "Etc/Unknown" };
};"""


async def test_pages_work_without_storage_and_time_zone(visit: Visit, site_expert: Expert) -> None:
    """If the time zone is unknown, times are in UTC; without storage, settings still work."""
    ada = await visit()
    await ada.context.add_init_script(DENIED_STORAGE + UNKNOWN_ZONE)
    for path in ("/", "/experts"):
        await ada.open(path)
        await expect(ada.page.get_by_role("article").first).to_be_visible()
    await expect(ada.page.get_by_text("times in UTC")).to_be_visible()
    footer = ada.page.get_by_role("contentinfo")
    await footer.get_by_label("Colours").select_option("dark")
    await footer.get_by_label("Language").select_option("de")
    await expect(ada.heading("Fachleute")).to_be_visible()
    await footer.get_by_label("Sprache").select_option("en")
    await ada.open_expert(site_expert)
    await ada.slot(await ada.free_slot()).click()
    await expect(ada.button(KEEP)).to_be_visible()
    await ada.check("denied")


async def test_offline_errors_are_shown_and_pages_recover(visit: Visit, expert: Expert) -> None:
    """A failed action shows an error; a failed page loads once the browser is online again."""
    ada = await visit(expected=NO_NETWORK)
    await ada.open_expert(expert)
    slot = await ada.free_slot()
    await ada.context.set_offline(offline=True)
    badge = ada.page.locator("[data-connection]")
    await expect(badge).to_have_text(re.compile(r"Offline, as of \d"))
    await expect(ada.page.get_by_text("Live", exact=True)).to_be_hidden()
    await ada.slot(slot).click()
    await ada.button(KEEP).click()
    await expect(ada.page.get_by_text("That did not work. Please try again.")).to_be_visible()
    await ada.check("offline")
    # The directory's code has not been loaded yet, so this page cannot be shown offline.
    await ada.page.get_by_role("link", name="Experts", exact=True).click()
    await expect(ada.heading("Something went wrong")).to_be_visible()
    await ada.context.set_offline(offline=False)
    await expect(ada.page.get_by_role("article").first).to_be_visible()


async def test_page_whose_script_failed_to_load_is_retried(visit: Visit) -> None:
    """The server, not the network, is down; the page loads once the server is reachable again."""
    ada = await visit(expected=NO_NETWORK)
    await ada.page.clock.install()
    await ada.open("/sign-in")
    await ada.context.route("**/*", lambda route: route.abort())
    await ada.page.get_by_role("link", name="Experts", exact=True).click()
    await expect(ada.page.get_by_text("The server cannot be reached.")).to_be_visible()
    await ada.page.clock.fast_forward("00:11")
    await expect(ada.heading("Something went wrong")).to_be_visible()
    await ada.context.unroute_all()
    await ada.page.clock.fast_forward("00:11")
    await expect(ada.page.get_by_role("article").first).to_be_visible()
