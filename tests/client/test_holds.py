"""The end of a hold, while its form is being filled in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.client.experts import an_expert
from tests.client.visitors import NAME, NOTE, PHONE
from tests.clients import Api
from tests.servers import running

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.client.conftest import Visit
    from tests.client.experts import Expert
    from tests.client.visitors import Visitor

HOLD_SECONDS = 7


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server on which holds are short."""
    folder = tmp_path_factory.mktemp("hasty")
    with running(folder, experts=12, throttle="off", hold_seconds=HOLD_SECONDS) as address:
        yield address


async def begin(ada: Visitor, expert: Expert) -> str:
    """Hold a time, type, and wait for the end of the hold."""
    await ada.has_account()
    await ada.see(expert)
    slot = await ada.free_slot()
    await ada.hold(slot)
    await expect(ada.page.get_by_role("timer")).to_have_text(re.compile(r"0:0\d"))
    await ada.fill_in(PHONE, NOTE)
    await expect(ada.page.get_by_role("alert")).to_contain_text("Your hold has ended")
    return slot


async def keeps_what_was_typed(ada: Visitor) -> None:
    """Nothing that was typed is lost."""
    await expect(ada.page.get_by_label("Name")).to_have_value(NAME)
    await expect(ada.page.get_by_label("Phone")).to_have_value(PHONE)
    await expect(ada.page.get_by_label("What would you like")).to_have_value(NOTE)


async def test_hold_ends(visit: Visit, hasty: str, http: httpx.AsyncClient) -> None:
    """Whose hold has ended is told, keeps what they typed, and can hold the time again."""
    ada = await visit("light", 1280, site=hasty)
    await begin(ada, await an_expert(Api(http, hasty)))
    await keeps_what_was_typed(ada)
    await ada.stop("hold-ended")
    await ada.button("Hold it again").click()
    await expect(ada.page.get_by_role("alert")).to_be_hidden()
    await expect(ada.page.get_by_role("timer")).to_be_visible()
    await keeps_what_was_typed(ada)
    await ada.book()


async def test_somebody_books_after_the_hold(
    visit: Visit, hasty: str, http: httpx.AsyncClient
) -> None:
    """Whose time went to somebody else after the hold chooses another, and types nothing again."""
    ada = await visit("dark", 375, site=hasty)
    api = Api(http, hasty)
    slot = await begin(ada, await an_expert(api))
    booked = await (await api.newcomer()).book(slot)
    assert booked["__typename"] == "Booking"
    await ada.button("Hold it again").click()
    alert = ada.page.get_by_role("alert")
    await expect(alert).to_contain_text("Somebody was faster")
    await keeps_what_was_typed(ada)
    await ada.stop("taken-meanwhile")
    await alert.get_by_role("button").first.click()
    await expect(alert).to_be_hidden()
    await keeps_what_was_typed(ada)
    await ada.book()
