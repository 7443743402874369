"""Several browsers that want the same time, and what each sees of the others."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from playwright.async_api import expect

if TYPE_CHECKING:
    from playwright.async_api import Locator, Request, Route

    from tests.client.conftest import Visit
    from tests.client.experts import Expert
    from tests.client.visitors import Theme, Visitor
    from tests.clients import Api

DETAILS = "Your details"


async def confirm(visitors: list[Visitor]) -> None:
    """Have all of them confirm the time that they chose, so that the requests leave together."""
    barrier = asyncio.Barrier(len(visitors))

    async def wait_for_the_others(route: Route) -> None:
        if "HoldSlot" in (route.request.post_data or ""):
            await barrier.wait()
        await route.continue_()

    for visitor in visitors:
        await visitor.page.route("**/graphql", wait_for_the_others)
    await asyncio.gather(*(visitor.button("Confirm").click() for visitor in visitors))
    for visitor in visitors:
        await expect(visitor.heading(DETAILS).or_(toast(visitor))).to_be_visible()
        await visitor.page.unroute("**/graphql")


def toast(visitor: Visitor) -> Locator:
    """What is said to them in passing."""
    return visitor.page.locator("[data-sonner-toast]")


async def becomes(visitor: Visitor, slot: str, status: str) -> None:
    """Wait until a time looks so."""
    await expect(visitor.slot(slot)).to_have_attribute("data-status", status)


def requests_of(visitor: Visitor) -> list[str]:
    """Return a list of the requests for data that a page sends from now on."""
    sent: list[str] = []

    def note(request: Request) -> None:
        if urlsplit(request.url).path == "/graphql":
            sent.append(request.post_data or request.url)

    visitor.page.on("request", note)
    return sent


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 375)])
async def test_race(visit: Visit, theme: Theme, width: int, expert: Expert) -> None:
    """One of two gets the time, the other is offered others; a third sees what happens to it."""
    ada, grace = racers = [await visit(theme, width), await visit(theme, width)]
    onlooker = await visit(theme, width)
    for racer in racers:
        await racer.keeps_toasts()
        await racer.has_account()
        await racer.see(expert)
    # At midnight the page would ask for the days again.
    await onlooker.page.clock.set_fixed_time(datetime.now(UTC).replace(second=0, microsecond=0))
    await onlooker.see(expert)
    requests = requests_of(onlooker)
    slot = await onlooker.free_slot()
    for racer in racers:
        await racer.slot(slot).click()
    await confirm(racers)
    await becomes(onlooker, slot, "HELD")
    has_won = await ada.heading(DETAILS).is_visible()
    winner, loser = (ada, grace) if has_won else (grace, ada)
    await expect(winner.heading(DETAILS)).to_be_visible()
    alternative = toast(loser).get_by_role("button", name=re.compile(r"^\d?\d:\d\d$"))
    await expect(alternative).to_be_visible()
    await expect(toast(loser)).to_contain_text("Somebody was faster")
    await expect(loser.heading(DETAILS)).to_be_hidden()
    await expect(loser.slot(slot)).to_have_attribute("data-status", "HELD")
    await loser.stop("lost")
    await onlooker.stop("held")

    await winner.fill_in()
    await winner.book()
    await becomes(onlooker, slot, "BOOKED")
    await onlooker.stop("taken")
    await expect(loser.slot(slot)).to_have_attribute("aria-disabled", "true")

    # The alternative of the toast is a time that can really be had.
    await alternative.click()
    await expect(loser.heading(DETAILS)).to_be_visible()

    await winner.go("/bookings")
    await winner.page.get_by_role("button", name="Cancel:").click()
    await winner.button("Cancel session").click()
    await becomes(onlooker, slot, "OPEN")
    await loser.button("Choose another time").click()
    await becomes(loser, slot, "OPEN")
    # The server pushed every change: the onlooker's page did not ask again.
    assert requests == []


async def test_chosen_time_goes(visit: Visit, expert: Expert, site_api: Api) -> None:
    """A time that somebody else books while one is about to confirm it is no longer chosen."""
    ada = await visit("dark")
    await ada.has_account()
    await ada.see(expert)
    slot = await ada.free_slot()
    await ada.slot(slot).click()
    await expect(ada.button("Confirm")).to_be_focused()
    booked = await (await site_api.new_client()).book(slot)
    assert booked["__typename"] == "Booking"
    await becomes(ada, slot, "BOOKED")
    await expect(ada.button("Confirm")).to_be_hidden()
    said = ada.page.get_by_role("status").filter(has_text="has just been taken")
    await expect(said).to_have_count(1)
    await ada.stop("chosen-gone")
