"""Every page at the narrowest, at 200 % zoom, and in the other language."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from tests.client.visitors import NAME as ADA
from tests.client.visitors import NOTE
from tests.test_house import ROOT
from web.samples.demo import DEMO_PASSWORD

if TYPE_CHECKING:
    from tests.client.conftest import Visit
    from tests.client.experts import Expert
    from tests.client.visitors import Theme, Visitor

PAGES = {
    "": ["/", "/experts", "/sign-in", "/register", "/forgot-password", "/nothing/here"],
    "client": ["/bookings", "/bookings?view=past", "/account", "{expert}", "{reschedule}"],
    "expert": ["/desk", "/desk/hours"],
    "admin": ["/administration"],
}
SETTLED = """() => document.querySelector("h1")
  && !document.querySelector(".animate-pulse:not([data-connection] *)")
  && document.fonts.status === "loaded" """
WORDS = """() => {
  const texts = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement, data } = walker.currentNode;
    if (!parentElement.closest("script, style, noscript")) texts.add(data.trim());
  }
  for (const element of document.body.querySelectorAll("*")) {
    for (const name of ["aria-label", "placeholder", "title", "alt"]) {
      texts.add((element.getAttribute(name) ?? "").trim());
    }
  }
  return [document.documentElement.lang, document.title, ...texts];
}"""
ALIKE = {
    "ExpertBook", "API", "English", "Deutsch", "Live", "Name", "Filter", "Marketing", "Status",
    "12h", "24h", "Gujarati", "Telugu", "Urdu", "Clara Client", ADA, NOTE,
}  # fmt: skip
"""What both languages write alike."""
SAMPLES = "\n".join(
    file.read_text("utf-8") for file in (ROOT / "web" / "samples" / "data").glob("*.toml")
)
DATA = re.compile(
    r"(April|August|September|November) \d{4}|[\w.+-]+@[\w.-]+|[A-Z]\w+(/[\w-]+)+|UTC"
    r"|[A-Z0-9]{4}-[A-Z0-9]{4}|.*\bExpertBook"
)
NAME = re.compile(r"[^\W\d_][\w'\u2019-]+( [^\W\d_][\w'\u2019-]+){1,2}")


async def visited(visit: Visit, of: str, **options: Any) -> Visitor:
    """A visitor who is signed in with the demo account of that name, or not at all."""
    visitor = await visit(**options)
    if of:
        await visitor.is_signed_in(f"{of}@example.com", DEMO_PASSWORD)
    return visitor


async def addresses(visitor: Visitor, of: str, expert: Expert) -> list[str]:
    """The pages of an account."""
    found = [path.format(expert=f"/experts/{expert['slug']}", reschedule="") for path in PAGES[of]]
    if "{reschedule}" in PAGES[of]:
        await visitor.go("/bookings")
        link = visitor.page.locator('a[href$="/reschedule"]').first
        await expect(link).to_be_visible()
        found[found.index("")] = str(await link.get_attribute("href"))
    return found


async def settle(visitor: Visitor, path: str) -> None:
    """Open a page and wait until it shows what it has."""
    await visitor.go(path)
    await visitor.page.wait_for_function(SETTLED)


def named(path: str) -> str:
    """A page's address as a file's name."""
    return re.sub(r"Qm9\w+", "id", path).replace("/", "-").replace("?", "-").strip("-") or "start"


@pytest.mark.parametrize("of", PAGES, ids=lambda of: of or "nobody")
@pytest.mark.parametrize(
    ("theme", "width", "scale"),
    [("light", 320, 1), ("dark", 640, 2)],
    ids=["narrow", "zoomed"],
)
async def test_no_page_scrolls_sideways(
    visit: Visit, of: str, theme: Theme, width: int, scale: int, site_expert: Expert
) -> None:
    """Every page fits 320 pixels, and a window of 1280 at 200 %."""
    window = {"device_scale_factor": scale, "viewport": {"width": width, "height": 1024 // scale}}
    visitor = await visited(visit, of, theme=theme, width=width, **window)
    for path in await addresses(visitor, of, site_expert):
        await settle(visitor, path)
        await visitor.stop(named(path))


@pytest.mark.parametrize("of", PAGES, ids=lambda of: of or "nobody")
async def test_german(visit: Visit, of: str, site_expert: Expert) -> None:
    """No page in German has words that its English has, but names and what experts wrote."""
    anna = await visited(visit, of, locale="de-DE")
    ada = await visited(visit, of)
    for path in await addresses(anna, of, site_expert):
        said: list[set[str]] = []
        for visitor, language in ((anna, "de"), (ada, "en")):
            await settle(visitor, path)
            lang, *texts = await visitor.page.evaluate(WORDS)
            assert lang == language
            said.append({text for text in texts if re.search(r"[A-Za-z]{2}", text)})
        await anna.stop(named(path))
        left = {text for text in said[0] & said[1] - ALIKE if not is_data(text, site_expert)}
        assert left == set(), path


def is_data(text: str, expert: Expert) -> bool:
    """Whether it is a name, an address, a zone or what people wrote, and no word of the page."""
    return (
        text in SAMPLES
        or text in {expert["title"], expert["bio"]}
        or bool(DATA.fullmatch(text))
        or (bool(NAME.fullmatch(text)) and all(word in SAMPLES for word in text.split()))
    )
