"""Fixtures for browser tests: a server with the built client, and visitors who use it."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from playwright.async_api import Browser, async_playwright, expect

from tests.support.bookable_experts import ZONE, plain_experts, with_day
from tests.support.browsers import TIMEOUT_MS, NoBrowserError, find_chromium
from tests.support.clients import Api
from tests.support.servers import run_server
from tests.support.visitors import Theme, Visitor

if TYPE_CHECKING:
    import re
    from collections.abc import AsyncIterator, Iterator

    import httpx

    from tests.support.bookable_experts import Expert

HEIGHT = 900


class Visit(Protocol):
    """Creates visitors; `expected` matches the console errors that a test allows."""

    async def __call__(
        self,
        theme: Theme = "light",
        width: int = 1280,
        *,
        site: str = ...,
        expected: re.Pattern[str] | None = None,
        **options: Any,
    ) -> Visitor:
        """Return a visitor whose browser has the given color scheme and window width."""


@pytest.fixture(scope="package")
async def browser() -> AsyncIterator[Browser]:
    """Headless Chromium."""
    async with launch() as browser:
        yield browser


@pytest.fixture
async def own_browser() -> AsyncIterator[Browser]:
    """Headless Chromium for a single test, which may suspend the browser's processes."""
    async with launch() as browser:
        yield browser


@asynccontextmanager
async def launch() -> AsyncIterator[Browser]:
    """Start Chromium, either the installed one or the one from the npm package."""
    try:
        chromium = find_chromium()
    except NoBrowserError as error:
        pytest.exit(str(error), returncode=1)
    expect.set_options(timeout=TIMEOUT_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium.path,
            env={**chromium.environment},
            args=["--no-sandbox", "--disable-dev-shm-usage"],
            timeout=TIMEOUT_MS,
        )
        yield browser
        await browser.close()


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a running server that has its own sample data."""
    with run_server(tmp_path_factory.mktemp("site"), experts=60, throttle="off") as address:
        yield address


@pytest.fixture(scope="package")
def site_api(site: str, http: httpx.AsyncClient) -> Api:
    """Anonymous client of the server's API."""
    return Api(http, site)


@pytest.fixture(scope="package")
async def unused_experts(site_api: Api) -> Iterator[Expert]:
    """Iterator of experts that confirm automatically and that no test has used yet."""
    return iter(await plain_experts(site_api))


@pytest.fixture
async def expert(unused_experts: Iterator[Expert], site_api: Api) -> Expert:
    """An expert whom no other test uses, together with a day that has free slots."""
    return await with_day(site_api, next(unused_experts))


@pytest.fixture(scope="package")
async def site_expert(unused_experts: Iterator[Expert], site_api: Api) -> Expert:
    """An expert shared by tests that change nothing."""
    return await with_day(site_api, next(unused_experts))


@pytest.fixture
async def visit(
    browser: Browser, site: str, request: pytest.FixtureRequest
) -> AsyncIterator[Visit]:
    """Function that creates visitors; the test fails if their pages had unexpected errors."""
    visitors: list[Visitor] = []
    test_name = request.node.name.removeprefix("test_").replace("[", "-").rstrip("]")
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
            context.set_default_timeout(TIMEOUT_MS)
            name = f"{test_name}-{len(visitors) + 1}" if visitors else test_name
            visitor = Visitor(
                await context.new_page(),
                site,
                name,
                expected,
                takes_pictures=request.config.getoption("--long"),
            )
            await visitor.watch()
            visitors.append(visitor)
            return visitor

        yield make
    for visitor in visitors:
        print(visitor.name, visitor.errors)  # noqa: T201 - pytest shows it if the test has failed
        assert visitor.troubles == []
