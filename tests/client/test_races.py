"""Several browsers compete for the same slot."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from playwright.async_api import expect

from tests.support.visitors import DETAILS, KEEP

if TYPE_CHECKING:
    from playwright.async_api import Locator, Request, Route

    from tests.client.conftest import Visit
    from tests.support.bookable_experts import Expert
    from tests.support.clients import Api
    from tests.support.visitors import Theme, Visitor


async def confirm(visitors: list[Visitor]) -> None:
    """Have all visitors confirm their selected slots, and send their requests simultaneously."""
    barrier = asyncio.Barrier(len(visitors))

    async def wait_for_the_others(route: Route) -> None:
        if "HoldSlot" in (route.request.post_data or ""):
            await barrier.wait()
        await route.continue_()

    for visitor in visitors:
        await visitor.page.route("**/graphql", wait_for_the_others)
    await asyncio.gather(*(visitor.button(KEEP).click() for visitor in visitors))
    for visitor in visitors:
        await expect(visitor.heading(DETAILS).or_(refusal(visitor))).to_be_visible()
        await visitor.page.unroute("**/graphql")


def refusal(visitor: Visitor) -> Locator:
    """Return the page's explanation that the selected slot is no longer available."""
    said = re.compile("Somebody was faster|Somebody is booking")
    return (
        visitor.page.get_by_role("main")
        .get_by_text(said)
        .and_(visitor.page.locator(":not([role=status])"))
    )


def alternatives(visitor: Visitor) -> Locator:
    """Return the buttons that offer other times instead of the lost slot."""
    # The label of a button for a time on another day begins with that day.
    return visitor.page.get_by_role("button", name=re.compile(r"^(\D.*, )?\d?\d:\d\d$"))


async def wait_for_status(visitor: Visitor, slot: str, status: str) -> None:
    """Wait until the page shows a slot with the given status."""
    await expect(visitor.slot(slot)).to_have_attribute("data-status", status)


def record_requests(visitor: Visitor) -> list[str]:
    """Return a list to which the page's GraphQL requests are added, except requests for reviews."""
    sent: list[str] = []

    def note(request: Request) -> None:
        if urlsplit(request.url).path == "/graphql":
            asked = request.post_data or request.url
            if "ExpertReviews" not in asked:
                sent.append(asked)

    visitor.page.on("request", note)
    return sent


@pytest.mark.parametrize(
    ("theme", "width"), [pytest.param("light", 1280, marks=pytest.mark.long), ("dark", 375)]
)
async def test_one_of_two_visitors_gets_the_slot_and_the_other_sees_alternatives(
    visit: Visit, theme: Theme, width: int, expert: Expert
) -> None:
    """One visitor gets the slot, another sees alternatives, and a third sees each change live."""
    ada, grace = racers = [await visit(theme, width), await visit(theme, width)]
    onlooker = await visit(theme, width)
    for racer in racers:
        await racer.register()
        await racer.open_expert(expert)
    # Stop the page's clock, because the page would refetch its days at midnight.
    await onlooker.page.clock.set_fixed_time(datetime.now(UTC).replace(second=0, microsecond=0))
    await onlooker.open_expert(expert)
    requests = record_requests(onlooker)
    slot = await onlooker.free_slot()
    for racer in racers:
        await racer.slot(slot).click()
    await confirm(racers)
    await wait_for_status(onlooker, slot, "HELD")
    has_won = await ada.heading(DETAILS).is_visible()
    winner, loser = (ada, grace) if has_won else (grace, ada)
    await expect(winner.heading(DETAILS)).to_be_visible()
    await expect(refusal(loser)).to_be_visible()
    await expect(alternatives(loser).first).to_be_visible()
    await expect(loser.heading(DETAILS)).to_be_hidden()
    await expect(loser.slot(slot)).to_have_attribute("data-status", "HELD")
    await loser.check("lost")
    await onlooker.check("held")

    await winner.fill_in()
    await winner.book()
    await wait_for_status(onlooker, slot, "BOOKED")
    await onlooker.check("taken")
    await expect(loser.slot(slot)).to_have_attribute("aria-disabled", "true")

    await expect(refusal(loser)).to_contain_text("Somebody was faster")
    await alternatives(loser).first.click()
    await expect(loser.heading(DETAILS)).to_be_visible()

    await winner.open("/bookings")
    await winner.page.get_by_role("button", name="Cancel:").click()
    await winner.button("Cancel session").click()
    await wait_for_status(onlooker, slot, "OPEN")
    await loser.button("Choose another time").click()
    await wait_for_status(loser, slot, "OPEN")
    # The onlooker's page sent no requests, so the server must have pushed all changes.
    assert requests == []


async def test_page_explains_that_the_selected_slot_was_lost(
    visit: Visit, expert: Expert, site_api: Api
) -> None:
    """When the selected slot is lost, an explanation gets the focus; Tab leads to other times."""
    ada = await visit("dark")
    await ada.register()
    await ada.open_expert(expert)
    slot = await ada.free_slot()
    await ada.slot(slot).click()
    await expect(ada.button(KEEP)).to_be_focused()
    grace = await site_api.new_client()
    booked = await grace.book(slot)
    assert booked["__typename"] == "Booking"
    await wait_for_status(ada, slot, "BOOKED")
    await expect(ada.button(KEEP)).to_be_hidden()
    await expect(refusal(ada)).to_contain_text("Somebody was faster")
    said = ada.page.get_by_role("status").filter(has_text="Somebody was faster")
    await expect(said).to_have_count(1)
    focused = ada.page.locator(":focus")
    await expect(focused).to_contain_text("Somebody was faster")
    await ada.check("chosen-gone")
    await expect(alternatives(ada).first).to_be_visible()
    await ada.page.keyboard.press("Tab")
    await expect(alternatives(ada).first).to_be_focused()
    # When the slot becomes free again, it is still selected.
    await grace.cancel(booked["id"])
    await expect(ada.button(KEEP)).to_be_visible()
    await ada.button(KEEP).click()
    await expect(ada.heading(DETAILS)).to_be_focused()
