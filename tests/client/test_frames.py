"""Navigation in a browser that renders no frames for a while, as on an overloaded device."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.support.browsers import TIMEOUT_MS
from tests.support.processes import frozen

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = pytest.mark.server


async def test_new_page_opens_although_no_frames_are_rendered(
    own_browser: Browser, site: str
) -> None:
    """The view transition waits for frames, but must not keep the new page from opening."""
    devtools = await own_browser.new_browser_cdp_session()
    processes = (await devtools.send("SystemInfo.getProcessInfo"))["processInfo"]
    [compositor] = [each["id"] for each in processes if each["type"] == "GPU"]
    page = await own_browser.new_page(locale="en-GB")
    page.set_default_timeout(TIMEOUT_MS)
    await page.goto(f"{site}/experts")
    first = page.get_by_role("article").first.get_by_role("heading")
    name = await first.inner_text()
    link = first.get_by_role("link")
    await expect(link).to_be_visible()
    with frozen(compositor):
        await link.evaluate("link => link.click()")
        await expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
