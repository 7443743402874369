"""Visitors: browser pages that record errors and check accessibility."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from playwright.async_api import Error, expect

from tests.support.browsers import CLIENT

if TYPE_CHECKING:
    from playwright.async_api import (
        BrowserContext,
        ConsoleMessage,
        Locator,
        Page,
        Request,
        Response,
    )

    from tests.support.bookable_experts import Expert

Theme = Literal["light", "dark"]

PICTURES = Path(__file__).parents[1] / "client" / "pictures"
NAME = "Ada Lovelace"
NOTE = "About engines"
PASSWORD = "correct horse battery"
PHONE = "+44 20 7946 0018"
LOCAL_PHONE = "20 7946 0018"
"""`PHONE` without its country code, which the form shows separately."""
KEEP = "Keep this time"
DETAILS = "Who is coming?"
BOOK = re.compile("^Book for ")
BOOKED = "You\N{RIGHT SINGLE QUOTATION MARK}re booked"
BEGIN_SESSION = """async ([how, input]) => {
  const type = how === "login" ? "LoginInput" : "RegisterInput";
  const query = `mutation ($input: ${type}!) {
    answer: ${how}(input: $input) { ... on SignedIn { expiresAt } } }`;
  const base = document.querySelector("meta[name=api-url]")?.content ?? location.href;
  const response = await fetch(new URL("/graphql", base), {
    method: "POST",
    credentials: "include",
    headers: { "Content-Type": "application/json", "X-Session": "cookie" },
    body: JSON.stringify({ query, variables: { input } }),
  });
  const { data } = await response.json();
  localStorage.setItem("expertbook.session-until", data.answer.expiresAt);
}"""
AXE = """async () => {
  // Scroll to the end, where sticky elements cover no content.
  const top = scrollY;
  scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" });
  const { violations } = await axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    resultTypes: ["violations"],
  });
  scrollTo({ top, behavior: "instant" });
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html, any }) =>
      `${id}: ${html.slice(0, 200)} (${any.map(({ message }) => message).join("; ")})`));
}"""
IDLE = """() => !document.querySelector("[aria-busy=true]")"""
SETTLED = """() => !document.querySelector("[aria-busy=true]")
  && document.getAnimations().every(({ playState, effect }) =>
    playState !== "running" || effect.getComputedTiming().iterations === Infinity)"""
SEARCHED = """(text) => new URLSearchParams(location.search).get("search") === text
  && !document.querySelector("[aria-busy=true]")"""
# Pretends that the page is hidden, because Sonner keeps toasts open while a page is hidden.
HIDDEN = "Object.defineProperty(document, 'hidden', { get: () => true });"
REFUSALS = """addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
  console.error(`refused by ${violatedDirective}: ${blockedURI}`));"""

numbers = count()


@dataclass
class Visitor:
    """A visitor with their own browser context; `troubles` records errors that fail the test."""

    page: Page
    site: str
    name: str
    expected: re.Pattern[str] | None = None
    """Console errors allowed in this test, such as network errors."""
    server: str | None = None
    """URL of the API server, if it differs from the URL of the site."""
    takes_pictures: bool = False
    """Whether to take a screenshot of every checked page, instead of only pages that fail."""
    heard: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    """Bodies of the responses that contained GraphQL errors."""
    troubles: list[str] = field(default_factory=list)
    stops: Any = field(default_factory=lambda: count(1))

    @property
    def context(self) -> BrowserContext:
        """The visitor's browser context."""
        return self.page.context

    async def watch(self) -> None:
        """Record errors, violations of the content security policy, and requests to other hosts."""
        self.context.on("console", self._hear)
        self.context.on("weberror", lambda error: self.troubles.append(str(error.error)))
        self.context.on("request", self._see)
        self.context.on("response", self._read)
        await self.context.add_init_script(REFUSALS)

    def _hear(self, message: ConsoleMessage) -> None:
        said = f"{message.text} {message.location.get('url', '')}"
        if message.type == "error":
            is_expected = self.expected and self.expected.search(said)
            (self.heard if is_expected else self.troubles).append(said)

    def _see(self, request: Request) -> None:
        url = urlsplit(request.url)
        known = {urlsplit(address).netloc for address in (self.site, self.server or self.site)}
        if url.scheme not in {"data", "blob"} and url.netloc not in known:
            self.troubles.append(f"a request to {request.url}")

    async def _read(self, response: Response) -> None:
        """Keep responses with GraphQL errors, because they help to explain a failed test."""
        if urlsplit(response.url).path != "/graphql" or response.request.method != "POST":
            return
        with suppress(Error):  # the visitor has left the page
            if '"errors"' in (text := await response.text()):
                self.errors.append(text)

    async def open(self, path: str) -> None:
        """Open a path of the site."""
        await self.page.goto(self.site + path)

    async def check(self, what: str) -> None:
        """Assert that axe finds no problems, the page fits the window, and no errors occurred."""
        if not await self.page.evaluate("() => 'axe' in window"):
            await self.page.evaluate((CLIENT / "node_modules/axe-core/axe.min.js").read_text())
        # Wait, because elements that load or fade in do not have their final contrast yet.
        await self.page.wait_for_function(SETTLED)
        problems = [*await self.page.evaluate(AXE), *self.troubles]
        if (overflow := await self.overflow()) > 0:
            problems.append(f"{overflow} px wider than the window")
        if problems or self.takes_pictures:
            PICTURES.mkdir(exist_ok=True)
            picture = PICTURES / f"{self.name}-{next(self.stops):02}-{what}.png"
            await self.page.screenshot(path=picture, full_page=True, animations="disabled")
        assert problems == [], what

    async def overflow(self) -> int:
        """Return by how many pixels the page is wider than the window."""
        width: int = await self.page.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return width

    async def register(self, name: str = NAME) -> str:
        """Register with the password `PASSWORD`, sign in, and return the e-mail address."""
        email = f"visitor-{next(numbers)}@example.com"
        account = {"name": name, "email": email, "password": PASSWORD}
        await self._begin("register", account)
        return email

    async def sign_in_with_api(self, email: str, password: str) -> None:
        """Sign in through the API, without filling in the sign-in page."""
        await self._begin("login", {"email": email, "password": password})

    async def _begin(self, how: str, account: dict[str, str]) -> None:
        await self.open("/sign-in")
        await self.page.evaluate(BEGIN_SESSION, [how, account])

    async def sign_in(self, email: str, password: str = PASSWORD) -> None:
        """Fill in and submit the sign-in page."""
        await self.page.get_by_label("E-mail").fill(email)
        await self.page.get_by_label("Password", exact=True).fill(password)
        await self.button("Sign in").last.click()

    def button(self, name: str) -> Locator:
        """Return the buttons with this name."""
        return self.page.get_by_role("button", name=name, exact=True)

    def heading(self, name: str | re.Pattern[str]) -> Locator:
        """Return the headings with this name."""
        return self.page.get_by_role("heading", name=name)

    def slot(self, id_: str) -> Locator:
        """Return the button of a slot."""
        return self.page.locator(f'[data-slot="{id_}"]')

    async def wait_until_live(self) -> None:
        """Wait until the page shows a live connection."""
        await expect(self.page.locator("[data-connection=live]")).to_be_visible()

    async def keep_toasts(self) -> None:
        """On pages that are opened from now on, keep toasts open until the visitor closes them."""
        await self.context.add_init_script(HIDDEN)

    async def wait_until_idle(self) -> None:
        """Wait until no element of the page is busy."""
        await self.page.wait_for_function(IDLE)

    async def wait_for_results(self, text: str) -> None:
        """Wait until the directory shows the search results for the whole text."""
        await self.page.wait_for_function(SEARCHED, arg=text)

    async def open_expert(self, expert: Expert) -> None:
        """Open an expert's page on a day with free slots, and wait for the live connection."""
        await self.open(f"/experts/{expert['slug']}?day={expert['day']}")
        await expect(self.heading(expert["name"])).to_be_visible()
        await self.wait_until_live()

    async def free_slot(self) -> str:
        """Return the ID of the first free slot shown."""
        first = self.page.locator("[data-slot][data-status=OPEN]").first
        await expect(first).to_be_visible()
        id_ = await first.get_attribute("data-slot")
        assert id_
        return id_

    async def hold(self, slot: str) -> None:
        """Select a slot, confirm the choice, and wait for the form for the client's details."""
        await self.slot(slot).click()
        await self.button(KEEP).click()
        await expect(self.heading(DETAILS)).to_be_visible()

    async def fill_in(self, phone: str = PHONE, note: str = "") -> None:
        """Fill in those fields of the booking form that are not prefilled from the account."""
        await self.page.get_by_label("Phone").fill(phone)
        await self.page.get_by_label("What would you like").fill(note)

    async def book(self, end: str = BOOKED) -> str:
        """Submit the booking form, wait for the confirmation, and return the reference."""
        await self.page.get_by_role("button", name=BOOK).click()
        await expect(self.heading(end)).to_be_visible()
        return await self.reference()

    async def reference(self) -> str:
        """Return the reference of the booking whose page is shown."""
        return (await self.page.locator("[data-reference]").inner_text()).strip()
