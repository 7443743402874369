"""Browser test of a review: a client writes it, the expert answers, an administrator hides it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from web.samples.demo import DEMO_ADMIN, DEMO_CLIENT, DEMO_EXPERT, DEMO_PASSWORD

if TYPE_CHECKING:
    from playwright.async_api import Locator

    from tests.client.conftest import Visit
    from tests.support.clients import Api
    from tests.support.visitors import Theme, Visitor

LOGIN = """mutation ($input: LoginInput!) { login(input: $input) {
  ... on SignedIn { user { expert { slug name } } } } }"""
TEXT = "We found the fault in an hour."
BETTER = "We found the fault in an hour, and it never came back."
ANSWER = "It was a pleasure to look for it."
REASON = "It names a third person."
AUTHOR = "Clara C."


@pytest.mark.parametrize(
    ("theme", "width"), [("light", 375), pytest.param("dark", 1280, marks=pytest.mark.long)]
)
async def test_review_is_written_answered_hidden_shown_and_removed(
    visit: Visit, theme: Theme, width: int, site_api: Api
) -> None:
    """A hidden review is shown, with the reason, only to its parties and to administrators."""
    account = {"email": DEMO_EXPERT, "password": DEMO_PASSWORD}
    answer = await site_api.ask(LOGIN, input=account)
    name, slug = (answer["login"]["user"]["expert"][key] for key in ("name", "slug"))
    clara = await visit(theme, width)
    await clara.sign_in_with_api(DEMO_CLIENT, DEMO_PASSWORD)
    own = await write(clara, name)
    everybody = await visit(theme, width)
    await everybody.open(f"/experts/{slug}")
    await everybody.page.get_by_role("link", name="Rated").press("Enter")
    heading = everybody.page.get_by_role("heading", name="Reviews", exact=True)
    await expect(heading).to_be_focused()
    await expect(heading).to_be_in_viewport()
    public = everybody.page.get_by_role("region", name="Reviews")
    await expect(public.get_by_text(BETTER)).to_be_visible()
    await everybody.check("public")
    await public.get_by_label("Order").select_option("Worst first")
    await expect(public.get_by_text(BETTER)).to_be_hidden()

    desk = await visit(theme, width)
    await desk.sign_in_with_api(DEMO_EXPERT, DEMO_PASSWORD)
    await desk.open("/desk")
    await desk.page.get_by_role("link", name="My reviews").click()
    await answer_review(desk)
    ada = await visit(theme, width)
    await ada.sign_in_with_api(DEMO_ADMIN, DEMO_PASSWORD)
    await ada.open(f"/experts/{slug}")
    await hide(ada)

    await clara.page.reload()
    await desk.page.reload()
    hidden = desk.page.get_by_role("region", name="Hidden reviews")
    for place in (own, hidden):
        await expect(place).to_contain_text("Hidden by an administrator")
        await expect(place).to_contain_text(REASON)
        await expect(place).to_contain_text(ANSWER)
    await clara.check("hidden-own")
    await desk.check("hidden-desk")
    await everybody.page.reload()
    await expect(public.get_by_role("article").first).to_be_visible()
    await expect(public.get_by_text(BETTER)).to_have_count(0)

    await ada.button(f"Show the review by {AUTHOR} again").click()
    await expect(ada.page.get_by_text(REASON)).to_have_count(0)
    await clara.page.reload()
    await own.get_by_role("button", name="Remove review").click()
    dialog = clara.page.get_by_role("dialog")
    await expect(dialog).to_be_visible()
    await clara.check("remove")
    await dialog.get_by_role("button", name="Remove review").click()
    await expect(clara.heading("How was it with")).to_be_focused()


async def write(clara: Visitor, name: str) -> Locator:
    """Write a review of a past booking, and edit it; return the page section that shows it."""
    page = clara.page
    await clara.open("/bookings?view=past")
    await page.get_by_role("link", name=f"Review {name}: 4 stars").first.click()
    region = page.locator("#review")
    await expect(region.get_by_label("4 stars: Good")).to_be_checked()
    await clara.button("Publish").click()
    words = page.get_by_label("Your words")
    await expect(words).to_be_focused()
    await clara.check("review-problem")
    await words.fill("See https://example.com/")
    await clara.button("Publish").click()
    await expect(region).to_contain_text("must not have a link")
    await words.fill(TEXT)
    await clara.button("Publish").click()
    await expect(clara.heading("Your review")).to_be_focused()
    await expect(region).to_contain_text(TEXT)
    await clara.check("reviewed")
    await region.get_by_role("button", name="Edit").click()
    await region.get_by_label("4 stars: Good").press("ArrowRight")
    await words.fill(BETTER)
    await clara.button("Save review").click()
    await expect(region).to_contain_text(BETTER)
    await expect(region).to_contain_text("5 stars of 5")
    await expect(region).to_contain_text("edited")
    return region


async def answer_review(desk: Visitor) -> None:
    """Answer the client's review on the expert's desk."""
    await desk.button(f"Answer {AUTHOR}").first.click()
    await expect(desk.page.get_by_label("Your answer")).to_be_focused()
    await desk.button("Publish answer").click()
    await expect(desk.page.get_by_label("Your answer")).to_have_attribute("aria-invalid", "true")
    await desk.page.get_by_label("Your answer").fill(ANSWER)
    await desk.check("answer")
    await desk.button("Publish answer").click()
    await expect(desk.page.get_by_role("article").first).to_contain_text(ANSWER)


async def hide(ada: Visitor) -> None:
    """As an administrator, hide the review on the expert's page, and give a reason."""
    region = ada.page.get_by_role("region", name="Reviews", exact=True)
    await expect(region.get_by_text(ANSWER)).to_be_visible()
    await ada.button(f"Hide the review by {AUTHOR}").first.click()
    await ada.button("Hide review").click()
    await expect(ada.page.get_by_label("Reason")).to_be_focused()
    await ada.page.get_by_label("Reason").fill(REASON)
    await ada.check("hide")
    await ada.button("Hide review").click()
    await expect(ada.page.get_by_role("dialog")).to_have_count(0)
    await expect(region.get_by_role("region", name="Hidden reviews")).to_contain_text(REASON)
