"""Browser tests of booking with the keyboard alone, and of pages without layout shifts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playwright.async_api import expect

from tests.support.visitors import BOOK, BOOKED, DETAILS, KEEP

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.client.conftest import Visit
    from tests.support.bookable_experts import Expert
    from tests.support.clients import Api
    from tests.support.visitors import Visitor

MAX_TABS = 60
MAX_CLOSED_DAYS = 7
"""Maximum number of consecutive days without free slots that the test skips."""
FOCUS = """() => {
  const element = document.activeElement;
  const around = [];
  for (let each = element; each && around.length < 7; each = each.parentElement) around.push(each);
  const isMarked = (each) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(each);
    return outlineStyle !== "none" && parseFloat(outlineWidth) >= 1;
  };
  const { top, bottom } = element.getBoundingClientRect();
  return {
    name: element.getAttribute("aria-label") || element.innerText || element.tagName,
    role: element.getAttribute("role") || element.tagName.toLowerCase(),
    slot: element.dataset.slot ?? null,
    status: element.dataset.status ?? null,
    isMarked: around.some(isMarked),
    isShown: bottom > 0 && top < innerHeight,
  };
}"""
LOADED = """() => document.readyState === "complete" && document.fonts.status === "loaded"
  && [...document.images].every(({ complete }) => complete)
  && !document.querySelector(".animate-pulse:not([data-connection] *)")
  && new Promise((resolve) =>
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(true))))"""
SHIFTS = """() => {
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries()) {
      window.shifts.push([value, ...sources.map(({ node }) => node?.outerHTML?.slice(0, 200))]);
    }
  }).observe({ type: "layout-shift" });
}"""

Focus = dict[str, Any]


async def tab_to(ada: Visitor, matches: Callable[[Focus], bool]) -> Focus:
    """Press Tab until a matching element has the focus; every focused element must be marked."""
    for _ in range(MAX_TABS):
        await ada.page.keyboard.press("Tab")
        focus: Focus = await ada.page.evaluate(FOCUS)
        assert focus["isMarked"], f"no mark at {focus}"
        assert focus["isShown"], f"out of sight: {focus}"
        if matches(focus):
            return focus
    raise AssertionError("Tab does not lead there")


async def test_booking_works_with_the_keyboard_alone(visit: Visit, expert: Expert) -> None:
    """A visitor can search the directory and book a session without a mouse."""
    ada = await visit()
    keyboard = ada.page.keyboard
    await ada.register()
    await ada.open("/experts")
    await expect(ada.page.get_by_role("article").first).to_be_visible()
    await tab_to(ada, lambda focus: focus["name"] == "Skip to the content")
    await keyboard.press("Enter")
    await expect(ada.page.get_by_role("main")).to_be_focused()
    await ada.page.get_by_role("searchbox").focus()
    await keyboard.type(expert["name"])
    # Wait for the results for the full name, because they replace earlier results, and a focused
    # result would lose the focus.
    await ada.wait_for_results(expert["name"])
    await expect(ada.page.get_by_role("article")).to_have_count(1)
    await tab_to(ada, lambda focus: focus["name"] == expert["name"])
    await keyboard.press("Enter")
    await ada.wait_until_live()

    # Open the expert's page on a given day, because its default month depends on today's date.
    await ada.open_expert(expert)
    await ada.free_slot()
    chosen = ada.page.locator("[aria-selected=true] button")
    first = await chosen.get_attribute("aria-label")
    await tab_to(ada, lambda focus: focus["name"] == first)
    await expect(chosen).to_be_focused()
    await ada.check("day")
    focused = ada.page.locator("td button:focus")
    for _ in range(MAX_CLOSED_DAYS):
        day = str(await focused.get_attribute("aria-label"))
        await keyboard.press("ArrowRight")
        await expect(focused).not_to_have_attribute("aria-label", day)
        if not await focused.get_attribute("aria-disabled"):
            break
    await keyboard.press("Enter")
    await expect(chosen).to_be_focused()
    assert await chosen.get_attribute("aria-label") != first
    await ada.free_slot()
    await tab_to(ada, lambda focus: focus["status"] == "OPEN")
    await keyboard.press("Enter")
    await expect(ada.button(KEEP)).to_be_focused()
    assert (await ada.page.evaluate(FOCUS))["isMarked"]
    await ada.check("confirm")
    await keyboard.press("Enter")
    await expect(ada.heading(DETAILS)).to_be_focused()
    await tab_to(ada, lambda focus: bool(BOOK.match(focus["name"])))
    await keyboard.press("Enter")
    await expect(ada.page.get_by_label("Phone")).to_be_focused()
    await keyboard.type("+442079460018")
    await keyboard.press("Enter")
    await expect(ada.heading(BOOKED)).to_be_focused()


async def test_bookings_by_others_move_neither_slots_nor_focus(
    visit: Visit, expert: Expert, site_api: Api
) -> None:
    """Other people's bookings change how slots look, but not their position or the focus."""
    ada = await visit(reduced_motion="no-preference")
    await ada.open_expert(expert)
    slots = ada.page.locator("[data-slot][data-status=OPEN]")
    await expect(slots.nth(3)).to_be_visible()
    ids = [await slots.nth(index).get_attribute("data-slot") for index in range(4)]
    # Layout shifts while the page is loading do not matter here, so wait until it has loaded.
    await ada.page.wait_for_function(LOADED)
    await ada.slot(str(ids[1])).focus()
    await ada.page.evaluate(SHIFTS)
    for other in (ids[0], ids[2]):
        grace = await site_api.new_client()
        booked = await grace.book(str(other))
        await expect(ada.slot(str(other))).to_have_attribute("data-status", "BOOKED")
        await expect(ada.slot(str(ids[1]))).to_be_focused()
        await grace.cancel(booked["id"])
        await expect(ada.slot(str(other))).to_have_attribute("data-status", "OPEN")
    # Even the focused slot stays in place, and keeps the focus, when somebody books it.
    await (await site_api.new_client()).book(str(ids[1]))
    await expect(ada.slot(str(ids[1]))).to_have_attribute("data-status", "BOOKED")
    await expect(ada.slot(str(ids[1]))).to_be_focused()
    assert await ada.page.evaluate("() => window.shifts") == []
