"""The end of a hold, while its form is being filled in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect
from pymongo import AsyncMongoClient

from models.calendar.slot_ids import slot_key
from models.calendar.times import utc_now
from tests.client.experts import an_expert
from tests.client.visitors import NAME, NOTE, PHONE
from tests.clients import Api
from tests.servers import run_server
from web.embedded.database import embedded_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx
    from pymongo.asynchronous.collection import AsyncCollection

    from tests.client.conftest import Visit
    from tests.client.experts import Expert
    from tests.client.visitors import Visitor

HOLD_SECONDS = 600
"""Longer than a test takes, and shorter than an access token, which is not renewed then."""
SECOND = timedelta(seconds=1)


@dataclass
class Holder:
    """A server, and the bookings in its database, where a test ends holds."""

    address: str
    bookings: AsyncCollection[dict[str, Any]]

    async def end_of_hold(self, slot: str) -> datetime:
        """Return the instant at which the hold on a slot ends."""
        hold = await self.bookings.find_one(_hold_on(slot))
        assert hold
        end = hold["held_until"]
        assert isinstance(end, datetime)
        return end

    async def end_hold(self, slot: str) -> None:
        """Move the end of the hold on a slot to now; the server then releases the slot."""
        ended = await self.bookings.update_one(
            _hold_on(slot), {"$set": {"held_until": utc_now().replace(microsecond=0)}}
        )
        assert ended.modified_count == 1


def _hold_on(slot: str) -> dict[str, Any]:
    key = slot_key(slot)
    return {"expert_id": key.expert_id, "starts_at": key.starts_at, "status": "HELD"}


@pytest.fixture(scope="module")
async def holder(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Holder]:
    """A server on a database of its own."""
    folder = tmp_path_factory.mktemp("holds")
    settings = {"experts": 12, "throttle": "off", "hold_seconds": HOLD_SECONDS}
    with (
        embedded_database(folder / "database") as url,
        run_server(folder, mongodb_url=url, **settings) as address,
    ):
        async with AsyncMongoClient[dict[str, Any]](url, tz_aware=True) as client:
            yield Holder(address, client["expertbook"]["bookings"])


async def begin(ada: Visitor, expert: Expert, holder: Holder) -> str:
    """Hold a time and type, with five seconds of the hold left by the page's clock."""
    await ada.has_account()
    await ada.see(expert)
    slot = await ada.free_slot()
    await ada.hold(slot)
    end = await holder.end_of_hold(slot)
    await ada.page.clock.set_fixed_time(end - 5 * SECOND)
    await expect(ada.page.get_by_role("timer")).to_have_text("0:05")
    await ada.fill_in(PHONE, NOTE)
    return slot


async def is_told(ada: Visitor) -> None:
    """Wait until the page says that the hold has ended."""
    await expect(ada.page.get_by_role("alert")).to_contain_text("Your hold has ended")


async def keeps_what_was_typed(ada: Visitor) -> None:
    """Nothing that was typed is lost."""
    await expect(ada.page.get_by_label("Name")).to_have_value(NAME)
    await expect(ada.page.get_by_label("Phone")).to_have_value(PHONE)
    await expect(ada.page.get_by_label("What would you like")).to_have_value(NOTE)


async def test_hold_ends(visit: Visit, holder: Holder, http: httpx.AsyncClient) -> None:
    """Whose hold has ended is told, keeps what they typed, and can hold the time again."""
    ada = await visit("light", 1280, site=holder.address)
    slot = await begin(ada, await an_expert(Api(http, holder.address)), holder)
    # By the page's own clock, before anything comes from the server.
    await ada.page.clock.set_fixed_time(await holder.end_of_hold(slot) + SECOND)
    await is_told(ada)
    await holder.end_hold(slot)
    await keeps_what_was_typed(ada)
    await ada.stop("hold-ended")
    await ada.button("Hold it again").click()
    await ada.page.clock.set_fixed_time(utc_now())
    await ada.is_idle()
    await expect(ada.page.get_by_role("alert")).to_be_hidden()
    await expect(ada.page.get_by_role("timer")).to_be_visible()
    await keeps_what_was_typed(ada)
    await ada.book()


async def test_somebody_books_after_the_hold(
    visit: Visit, holder: Holder, http: httpx.AsyncClient
) -> None:
    """Whose time went to somebody else after the hold chooses another, and types nothing again."""
    ada = await visit("dark", 375, site=holder.address)
    api = Api(http, holder.address)
    slot = await begin(ada, await an_expert(api), holder)
    # By what the server says: by the page's clock there is time left.
    await holder.end_hold(slot)
    await is_told(ada)
    booked = await (await api.new_client()).book(slot)
    assert booked["__typename"] == "Booking"
    await ada.button("Hold it again").click()
    alert = ada.page.get_by_role("alert")
    await expect(alert).to_contain_text("Somebody was faster")
    await keeps_what_was_typed(ada)
    await ada.stop("taken-meanwhile")
    await alert.get_by_role("button").first.click()
    await ada.is_idle()
    await expect(alert).to_be_hidden()
    await keeps_what_was_typed(ada)
    await ada.book()
