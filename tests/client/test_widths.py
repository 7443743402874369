"""Browser tests of all pages on narrow screens, at 200 % zoom, and in German."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from tests.support.repository import ROOT
from tests.support.visitors import NAME as ADA
from tests.support.visitors import NOTE
from web.samples.demo import DEMO_PASSWORD

if TYPE_CHECKING:
    from tests.client.conftest import Visit
    from tests.support.bookable_experts import Expert
    from tests.support.visitors import Theme, Visitor

PAGES = {
    "": [
        *("/", "/experts", "/sign-in", "/sign-in?with=code", "/register", "/forgot-password"),
        "/nothing/here",
    ],
    "client": [
        *("/bookings", "/bookings?view=past", "/account"),
        *("{expert}", "{booking}", "{booking}/reschedule"),
    ],
    "expert": [
        *("/desk", "/desk?view=list", "/desk/entry", "/desk/figures", "/desk/hours"),
        "/desk/reviews",
    ],
    "admin": [
        *("/administration", "/administration/experts", "/administration/users"),
        "/administration/bookings",
    ],
}
NOT_FOUND = re.compile("status of 404 .*/nothing/here")
"""Matches the browser's console error for a page that does not exist."""
SETTLED = """() => document.querySelector("h1")
  && !document.querySelector(".animate-pulse:not([data-connection] *)")
  && document.fonts.status === "loaded" """
WORDS = """() => {
  const texts = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement, data } = walker.currentNode;
    // People's own words have an unknown language.
    const others = "script, style, noscript, textarea, [lang=''], [dir=auto]";
    if (!parentElement.closest(others)) texts.add(data.trim());
  }
  for (const element of document.body.querySelectorAll("*")) {
    for (const name of ["aria-label", "placeholder", "title", "alt"]) {
      texts.add((element.getAttribute(name) ?? "").trim());
    }
  }
  return [document.documentElement.lang, document.title, ...texts];
}"""
EQUAL_TEXTS = {
    "ExpertBook", "API", "System", "English", "Deutsch", "Live", "Name", "Filter", "Marketing",
    "Status", "Google", "Outlook", "12h", "24h", "Gujarati", "Telugu", "Urdu", "Clara Client",
    "Ada Admin", ADA, NOTE,
}  # fmt: skip
"""Interface texts and names that are the same in English and in German."""
SAMPLES = "\n".join(
    file.read_text("utf-8") for file in (ROOT / "web" / "samples" / "data").glob("*.toml")
)
DATA = re.compile(
    r"(April|August|September|November)( \d{4})?|[\w.+-]+@[\w.-]+|[A-Z]\w+(/[\w -]+)+|UTC"
    r"|[A-Z]{2}|[A-Z0-9]{4}-[A-Z0-9]{4}|.+ \+\d+|https://\S+|.*\bExpertBook|\d+ \w+ \w+, [\w ]+"
)
NAME = re.compile(r"[^\W\d_][\w'\u2019-]+( [^\W\d_][\w'\u2019-]+){1,3}")


async def sign_in_visitor(visit: Visit, of: str, **options: Any) -> Visitor:
    """Return a visitor who is signed in to the demo account `of`, or anonymous if `of` is empty."""
    visitor = await visit(expected=NOT_FOUND, **options)
    if of:
        await visitor.sign_in_with_api(f"{of}@example.com", DEMO_PASSWORD)
    return visitor


async def addresses(visitor: Visitor, of: str, expert: Expert) -> list[str]:
    """Return the URL paths of the pages for the demo account `of`, or for anonymous visitors."""
    booking = ""
    if "{booking}" in PAGES[of]:
        await visitor.open("/bookings")
        link = visitor.page.locator('a[href$="/reschedule"]').first
        await expect(link).to_be_visible()
        booking = str(await link.get_attribute("href")).removesuffix("/reschedule")
    return [path.format(expert=f"/experts/{expert['slug']}", booking=booking) for path in PAGES[of]]


async def settle(visitor: Visitor, path: str) -> None:
    """Open a page, and wait until its content and fonts have loaded."""
    await visitor.open(path)
    await visitor.page.wait_for_function(SETTLED)


def file_name(path: str) -> str:
    """Return a screenshot's file name for a page's URL path."""
    return re.sub(r"Qm9\w+", "id", path).replace("/", "-").replace("?", "-").strip("-") or "start"


@pytest.mark.parametrize("of", PAGES, ids=lambda of: of or "nobody")
@pytest.mark.parametrize(
    ("theme", "width", "scale"),
    [("light", 320, 1), pytest.param("dark", 640, 2, marks=pytest.mark.long)],
    ids=["narrow", "zoomed"],
)
async def test_pages_fit_small_windows_and_german_pages_have_no_english_texts(
    visit: Visit, of: str, theme: Theme, width: int, scale: int, site_expert: Expert
) -> None:
    """No page is wider than a window of 320 pixels, or of 1280 pixels at 200 % zoom.

    A page in German shares no texts with the same page in English, except for names, sample data
    and words that both languages have.
    """
    window = {"device_scale_factor": scale, "viewport": {"width": width, "height": 1024 // scale}}
    ada = await sign_in_visitor(visit, of, theme=theme, width=width, **window)
    anna = await sign_in_visitor(visit, of, locale="de-DE")
    for path in await addresses(ada, of, site_expert):
        texts_by_language: list[set[str]] = []
        for visitor, language in ((ada, "en"), (anna, "de")):
            await settle(visitor, path)
            if visitor is ada:
                await visitor.check(file_name(path))
            assert await visitor.overflow() <= 0, path
            lang, *texts = await visitor.page.evaluate(WORDS)
            assert lang == language
            texts_by_language.append({text for text in texts if re.search(r"[A-Za-z]{2}", text)})
        untranslated = {
            text
            for text in texts_by_language[0] & texts_by_language[1] - EQUAL_TEXTS
            if not is_data(text, site_expert)
        }
        assert untranslated == set(), path


def is_data(text: str, expert: Expert) -> bool:
    """Return whether a text is data, such as a name or biography, rather than interface text."""
    return (
        text in SAMPLES
        or text in {expert["title"], expert["bio"]}
        or bool(DATA.fullmatch(text))
        or (bool(NAME.fullmatch(text)) and all(word in SAMPLES for word in text.split()))
    )
