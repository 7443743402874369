"""A server with the built client, and visitors of it."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from playwright.async_api import Browser, async_playwright, expect

from tests.browsers import NoBrowserError, find_chromium
from tests.client.experts import ZONE, plain_experts, with_day
from tests.client.visitors import Theme, Visitor
from tests.clients import Api
from tests.servers import run_server

if TYPE_CHECKING:
    import re
    from collections.abc import AsyncIterator, Iterator

    import httpx

    from tests.client.experts import Expert

PATIENCE = 120_000
"""Deadline in milliseconds, which only a page that hangs exceeds, even on a busy machine."""
HEIGHT = 900


class Visit(Protocol):
    """Makes a visitor; `expected` is what the console may say in the story."""

    async def __call__(
        self,
        theme: Theme = "light",
        width: int = 1280,
        *,
        site: str = ...,
        expected: re.Pattern[str] | None = None,
        **options: Any,
    ) -> Visitor:
        """Open a browser with a theme and a width."""


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium, without a window."""
    try:
        chromium = find_chromium()
    except NoBrowserError as error:
        pytest.exit(str(error), returncode=1)
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium.path,
            env={**chromium.environment},
            args=["--no-sandbox", "--disable-dev-shm-usage"],
            timeout=PATIENCE,
        )
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with sample data of its own."""
    with run_server(tmp_path_factory.mktemp("site"), experts=60, throttle="off") as address:
        yield address


@pytest.fixture(scope="session")
def site_api(site: str, http: httpx.AsyncClient) -> Api:
    """A client of its API that is not signed in."""
    return Api(http, site)


@pytest.fixture(scope="session")
async def unseen(site_api: Api) -> Iterator[Expert]:
    """Experts that confirm at once and that no story has been about."""
    return iter(await plain_experts(site_api))


@pytest.fixture
async def expert(unseen: Iterator[Expert], site_api: Api) -> Expert:
    """An expert for one story alone, and a day."""
    return await with_day(site_api, next(unseen))


@pytest.fixture(scope="session")
async def site_expert(unseen: Iterator[Expert], site_api: Api) -> Expert:
    """An expert to look at only."""
    return await with_day(site_api, next(unseen))


@pytest.fixture
async def visit(
    browser: Browser, site: str, request: pytest.FixtureRequest
) -> AsyncIterator[Visit]:
    """Visitors, who must not have noticed any trouble in the end."""
    visitors: list[Visitor] = []
    story = request.node.name.removeprefix("test_").replace("[", "-").rstrip("]")
    async with AsyncExitStack() as stack:

        async def make(
            theme: Theme = "light",
            width: int = 1280,
            *,
            site: str = site,
            expected: re.Pattern[str] | None = None,
            **options: Any,
        ) -> Visitor:
            context = await browser.new_context(
                **{
                    "color_scheme": theme,
                    "viewport": {"width": width, "height": HEIGHT},
                    "has_touch": width < 500,
                    "locale": "en-GB",
                    "timezone_id": ZONE,
                    "reduced_motion": "reduce",
                    **options,
                }
            )
            stack.push_async_callback(context.close)
            context.set_default_timeout(PATIENCE)
            name = f"{story}-{len(visitors) + 1}" if visitors else story
            visitor = Visitor(await context.new_page(), site, name, expected)
            await visitor.watch()
            visitors.append(visitor)
            return visitor

        yield make
    for visitor in visitors:
        assert visitor.troubles == []
