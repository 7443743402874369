"""Takes the README's screenshots; run it with `uv run python -m tests.client.screenshots`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from playwright.async_api import ViewportSize, async_playwright

from tests.support.bookable_experts import ZONE, plain_experts, with_day
from tests.support.browsers import CLIENT, find_chromium
from tests.support.clients import Api
from tests.support.servers import run_server
from tests.support.visitors import Theme, Visitor

FOLDER = CLIENT / "screenshots"
WINDOW: ViewportSize = {"width": 1120, "height": 840}


async def take(site: str) -> None:
    """Take screenshots of the directory in light mode, and of an expert's page in dark mode."""
    chromium = find_chromium()
    async with httpx.AsyncClient(timeout=60) as http, async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium.path, env={**chromium.environment}, args=["--no-sandbox"]
        )

        async def visitor(theme: Theme) -> Visitor:
            context = await browser.new_context(
                color_scheme=theme, viewport=WINDOW, locale="en-GB", timezone_id=ZONE
            )
            return Visitor(await context.new_page(), site, theme)

        api = Api(http, site)
        expert = await with_day(api, (await plain_experts(api))[0])
        ada = await visitor("light")
        await ada.open("/experts")
        await ada.page.get_by_role("article").first.wait_for()
        await ada.page.screenshot(path=FOLDER / "directory.png")

        grace = await visitor("dark")
        await grace.register()
        await grace.open_expert(expert)
        await grace.free_slot()
        times = grace.page.locator("[data-slot][data-status=OPEN]")
        ids = [str(await times.nth(index).get_attribute("data-slot")) for index in (1, 2, 4, 5)]
        await (await api.new_client()).book(ids[0])
        await (await api.new_client()).book(ids[2])
        somebody = await visitor("light")
        await somebody.register()
        await somebody.open_expert(expert)
        await somebody.hold(ids[1])
        await grace.slot(ids[3]).click()
        await grace.slot(ids[1]).and_(grace.page.locator("[data-status=HELD]")).wait_for()
        await grace.page.screenshot(path=FOLDER / "expert.png", animations="disabled")
        await browser.close()


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    with (
        TemporaryDirectory() as folder,
        run_server(Path(folder), mongodb_url=None, throttle="off") as address,
    ):
        asyncio.run(take(address))
