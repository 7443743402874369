"""Browser tests: a slot's hold ends while the visitor is filling in the booking form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect
from pymongo import AsyncMongoClient

from models.calendar.slots import slot_key
from models.calendar.times import utc_now
from tests.support.bookable_experts import bookable_expert
from tests.support.clients import Api
from tests.support.servers import run_server
from tests.support.visitors import LOCAL_PHONE, NAME, NOTE, PHONE
from web.embedded.database import embedded_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx
    from pymongo.asynchronous.collection import AsyncCollection

    from tests.client.conftest import Visit
    from tests.support.bookable_experts import Expert
    from tests.support.visitors import Visitor

HOLD_SECONDS = 600
"""Length of a hold: longer than a test takes, but shorter than an access token's lifetime, so that
no token is renewed."""
SECOND = timedelta(seconds=1)


@dataclass
class Holder:
    """A server and its bookings collection; tests read and end holds in the collection."""

    address: str
    bookings: AsyncCollection[dict[str, Any]]

    async def hold_end(self, slot: str) -> datetime:
        """Return the time at which the hold on a slot ends."""
        hold = await self.bookings.find_one(_hold_on(slot))
        assert hold
        end = hold["held_until"]
        assert isinstance(end, datetime)
        return end

    async def end_hold(self, slot: str) -> None:
        """Set the hold's end to now in the database, so that the server releases the slot."""
        ended = await self.bookings.update_one(
            _hold_on(slot), {"$set": {"held_until": utc_now().replace(microsecond=0)}}
        )
        assert ended.modified_count == 1


def _hold_on(slot: str) -> dict[str, Any]:
    key = slot_key(slot)
    return {"expert_id": key.expert_id, "starts_at": key.starts_at, "status": "HELD"}


@pytest.fixture(scope="module")
async def holder(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Holder]:
    """A server with its own database."""
    folder = tmp_path_factory.mktemp("holds")
    settings = {"experts": 12, "throttle": "off", "hold_seconds": HOLD_SECONDS}
    with (
        embedded_database(folder / "database") as url,
        run_server(folder, mongodb_url=url, **settings) as address,
    ):
        async with AsyncMongoClient[dict[str, Any]](url, tz_aware=True) as client:
            yield Holder(address, client["expertbook"]["bookings"])


async def fill_form_near_the_end(ada: Visitor, expert: Expert, holder: Holder) -> str:
    """Hold a slot, set the page's clock five seconds before the hold ends, and fill in the form."""
    await ada.register()
    await ada.open_expert(expert)
    slot = await ada.free_slot()
    await ada.hold(slot)
    end = await holder.hold_end(slot)
    await ada.page.clock.set_fixed_time(end - 5 * SECOND)
    await expect(ada.page.get_by_role("timer")).to_have_text("0:05")
    await ada.fill_in(PHONE, NOTE)
    return slot


async def expect_hold_ended(ada: Visitor) -> None:
    """Wait until the page says that the hold has ended."""
    await expect(ada.page.get_by_role("alert")).to_contain_text("Your time is no longer kept")


async def expect_form_kept(ada: Visitor) -> None:
    """Check that the booking form still contains everything that was typed."""
    await expect(ada.page.get_by_label("Name")).to_have_value(NAME)
    await expect(ada.page.get_by_label("Phone")).to_have_value(LOCAL_PHONE)
    await expect(ada.page.get_by_label("What would you like")).to_have_value(NOTE)


async def test_slot_can_be_held_again_after_its_hold_has_ended(
    visit: Visit, holder: Holder, http: httpx.AsyncClient
) -> None:
    """The page reports that the hold has ended, keeps the form, and can hold the slot again."""
    ada = await visit("light", 1280, site=holder.address)
    slot = await fill_form_near_the_end(
        ada, await bookable_expert(Api(http, holder.address)), holder
    )
    # The page's own clock ends the hold before the server sends an event.
    await ada.page.clock.set_fixed_time(await holder.hold_end(slot) + SECOND)
    await expect_hold_ended(ada)
    await holder.end_hold(slot)
    await expect_form_kept(ada)
    await ada.check("hold-ended")
    await ada.button("Keep it again").click()
    await ada.page.clock.set_fixed_time(utc_now())
    await ada.wait_until_idle()
    await expect(ada.page.get_by_role("alert")).to_be_hidden()
    await expect(ada.page.get_by_role("timer")).to_be_visible()
    await expect_form_kept(ada)
    await ada.book()


async def test_form_is_kept_when_somebody_else_books_the_slot_after_its_hold(
    visit: Visit, holder: Holder, http: httpx.AsyncClient
) -> None:
    """After losing the slot, the visitor books another one without retyping the form."""
    ada = await visit("dark", 375, site=holder.address)
    api = Api(http, holder.address)
    slot = await fill_form_near_the_end(ada, await bookable_expert(api), holder)
    # The server's event ends the hold before the page's own clock does.
    await holder.end_hold(slot)
    await expect_hold_ended(ada)
    booked = await (await api.new_client()).book(slot)
    assert booked["__typename"] == "Booking"
    await ada.button("Keep it again").click()
    alert = ada.page.get_by_role("alert")
    await expect(alert).to_contain_text("Somebody was faster")
    await expect_form_kept(ada)
    await ada.check("taken-meanwhile")
    await alert.get_by_role("button").first.click()
    await ada.wait_until_idle()
    await expect(alert).to_be_hidden()
    await expect_form_kept(ada)
    await ada.book()
