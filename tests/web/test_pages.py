"""The addresses of the web client, as browsers and programs ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import httpx

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize("path", ["/", "/experts", "/experts/nobody", "/bookings", "/a/b/c"])
async def test_a_browser_gets_the_client_wherever_it_begins(
    server: str, http: httpx.AsyncClient, path: str
) -> None:
    page = await http.get(server + path, headers=HTML)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-cache"
    assert page.headers["vary"] == "Accept"
    assert '<div id="app">' in page.text


async def test_what_a_page_will_load_is_told_with_it_and_is_there(
    server: str, http: httpx.AsyncClient
) -> None:
    page = await http.get(f"{server}/experts", headers=HTML)
    files = [link.split(">")[0].strip(" <") for link in page.headers["link"].split(",")]
    assert any("DirectoryPage" in file for file in files)
    for file in files:
        assert (await http.get(server + file)).status_code == 200


async def test_a_program_is_told_that_there_is_nothing(
    server: str, http: httpx.AsyncClient
) -> None:
    """And no cache may tell it to a browser."""
    nothing = await http.get(f"{server}/experts", headers={"Accept": "application/json"})
    assert nothing.status_code == 404
    assert nothing.headers["cache-control"] == "no-store"
    assert nothing.headers["vary"] == "Accept"
