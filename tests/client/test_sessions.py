"""Browser tests of sessions: redirects, sign-out, token renewal, and tokens hidden from scripts."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from web.edge.cookies import ACCESS, REFRESH

if TYPE_CHECKING:
    from tests.client.conftest import Visit
    from tests.support.visitors import Theme

STORED = "() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])"
TOKEN = re.compile(r"eyJ|[A-Za-z0-9_-]{30,}")


@pytest.mark.parametrize(
    ("theme", "width"), [pytest.param("light", 375, marks=pytest.mark.long), ("dark", 1280)]
)
async def test_sign_in_opens_the_protected_page_and_hides_tokens(
    visit: Visit, theme: Theme, width: int
) -> None:
    """After signing in, the protected page opens; scripts cannot read the session's tokens."""
    ada = await visit(theme, width)
    email = await ada.register()
    await ada.context.clear_cookies()
    await ada.page.evaluate("() => localStorage.clear()")
    await ada.open("/bookings?view=past")
    await expect(ada.heading("Sign in")).to_be_visible()
    await ada.check("sign-in")
    await ada.sign_in(email, "not this one")
    await expect(ada.page.get_by_role("alert")).to_contain_text("E-mail or password is wrong.")
    await ada.check("sign-in-wrong")
    await ada.sign_in(email)
    await expect(ada.page).to_have_url(f"{ada.site}/bookings?view=past")
    await expect(ada.heading("No past sessions")).to_be_visible()

    cookies = {cookie["name"]: cookie for cookie in await ada.context.cookies()}
    assert set(cookies) == {ACCESS, REFRESH}
    assert all(cookie["httpOnly"] for cookie in cookies.values())
    assert all(cookie["sameSite"] in {"Lax", "Strict"} for cookie in cookies.values())
    stored = await ada.page.evaluate(STORED)
    assert not TOKEN.search(stored), stored
    assert not any(cookie["value"] in stored for cookie in cookies.values())
    assert json.loads(stored)[2] == ""


async def test_sign_out_applies_to_all_tabs(visit: Visit) -> None:
    """Signing out in one tab also signs out all other tabs."""
    ada = await visit()
    await ada.register()
    await ada.open("/bookings")
    await expect(ada.heading("My bookings")).to_be_visible()
    other = await ada.context.new_page()
    await other.goto(f"{ada.site}/experts")
    await other.get_by_role("button", name="Sign out").click()
    await expect(other.get_by_role("link", name="Sign in")).to_be_visible()
    await expect(ada.heading("Sign in")).to_be_visible()
    await expect(ada.page).to_have_url(re.compile(r"/sign-in\?to=%2Fbookings$"))
    await expect(ada.page.get_by_role("link", name="My bookings", exact=True)).to_be_hidden()
    assert [cookie["name"] for cookie in await ada.context.cookies()] == []


async def test_missing_access_cookie_is_renewed(visit: Visit) -> None:
    """A missing access cookie is renewed silently; without a session, the sign-in page opens."""
    ada = await visit("dark", 375)
    await ada.register()
    await ada.context.clear_cookies(name=ACCESS)
    await ada.open("/bookings")
    await expect(ada.heading("No upcoming sessions")).to_be_visible()
    assert ACCESS in {cookie["name"] for cookie in await ada.context.cookies()}
    await ada.check("renewed")
    await ada.context.clear_cookies()
    await ada.open("/bookings")
    await expect(ada.heading("Sign in")).to_be_visible()
