"""Browser tests: connection loss, a server restart, and a network that blocks WebSockets."""

from __future__ import annotations

import asyncio
import re
import signal
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from playwright.async_api import expect

from tests.support.bookable_experts import bookable_expert
from tests.support.clients import Api
from tests.support.faulty_proxy import open_proxy
from tests.support.mailboxes import wait_until
from tests.support.servers import await_ready, free_port, run_server, start_program
from tests.support.static_site import serve_client

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx
    import pytest
    from playwright.async_api import Request

    from tests.client.conftest import Visit
    from tests.support.bookable_experts import Expert
    from tests.support.servers import Program
    from tests.support.visitors import Visitor

NO_NETWORK = re.compile(r"net::ERR_|WebSocket connection to")
MIN_FAILED_ATTEMPTS = 4
"""Number of failed connection attempts to wait for; by then, WebSockets and SSE have both been
tried."""


async def state(visitor: Visitor, name: str) -> None:
    """Wait until the page shows the given connection state, such as `live`."""
    badge = visitor.page.locator(f"[data-connection={name}]")
    await expect(badge).to_be_visible()


async def slots(visitor: Visitor) -> list[str]:
    """Return the IDs of the slots that the page shows."""
    found: list[str] = await visitor.page.locator("[data-slot]").evaluate_all(
        "(slots) => slots.map(({ dataset }) => dataset.slot)"
    )
    return found


async def book(api: Api, slot: str) -> None:
    """Book a slot through the API, with a newly registered account."""
    booked = await (await api.new_client()).book(slot)
    assert booked["__typename"] == "Booking", booked


async def test_html_contains_the_results_of_the_first_queries(
    visit: Visit, site_expert: Expert
) -> None:
    """The HTML shows data without scripts, and the client does not query that data again."""
    plain = await visit(java_script_enabled=False)
    await plain.open(f"/experts/{site_expert['slug']}")
    await expect(plain.heading(site_expert["name"])).to_be_visible()

    visitor = await visit()
    asked: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST":
            asked.append((request.post_data_json or {})["operationName"])

    visitor.page.on("request", note)
    for path in ("/", "/experts"):
        await visitor.open(path)
        await expect(visitor.page.locator('a[href^="/experts/"]').first).to_be_visible()
    await visitor.open(f"/experts/{site_expert['slug']}")
    await expect(visitor.heading(site_expert["name"])).to_be_visible()
    await visitor.wait_until_live()
    assert {"Landing", "Directory", "Experts", "Expert"}.isdisjoint(asked)
    assert "Calendar" in asked


async def test_missed_changes_are_shown_after_a_reconnect(
    visit: Visit, site: str, expert: Expert, site_api: Api
) -> None:
    """After reconnecting, the page shows the changes that it missed, without duplicate slots."""
    async with open_proxy(site) as proxy:
        ada = await visit(site=proxy.address, expected=NO_NETWORK)
        await ada.open_expert(expert)
        slot, before = await ada.free_slot(), await slots(ada)
        await ada.context.set_offline(offline=True)
        await proxy.cut()
        offline = ada.page.get_by_role("status").filter(has_text="You are offline")
        await expect(offline).to_be_visible()
        await state(ada, "reconnecting")
        await book(site_api, slot)
        await expect(ada.slot(slot)).to_have_attribute("data-status", "OPEN")
        await ada.check("offline")
        await proxy.restore()
        await ada.context.set_offline(offline=False)
        await state(ada, "live")
        await expect(offline).to_be_hidden()
        await expect(ada.slot(slot)).to_have_attribute("data-status", "BOOKED")
        assert await slots(ada) == before
        await ada.check("back")


@asynccontextmanager
async def running_server(folder: Path, port: int) -> AsyncIterator[Program]:
    """Run a server on the given port, with its data in the given folder."""
    settings = {"port": port, "data": folder / "data", "experts": 12, "throttle": "off"}
    with start_program(folder, **settings) as program:
        program.address = f"http://127.0.0.1:{port}"
        await asyncio.to_thread(await_ready, program.process, program.address)
        yield program


async def test_open_page_keeps_working_after_a_server_restart(
    visit: Visit, tmp_path_factory: pytest.TempPathFactory, http: httpx.AsyncClient
) -> None:
    """After the server is killed and started again, an open page reconnects and can book."""
    folder, port = tmp_path_factory.mktemp("killed"), free_port()
    address = f"http://127.0.0.1:{port}"
    api = Api(http, address)
    async with running_server(folder, port) as program:
        expert = await bookable_expert(api)
        ada = await visit("dark", 375, site=address, expected=NO_NETWORK)
        await ada.register()
        await ada.open_expert(expert)
        slot, before = await ada.free_slot(), await slots(ada)
        program.process.send_signal(signal.SIGKILL)
        program.process.wait()
    await state(ada, "reconnecting")
    await ada.check("no-server")
    await wait_until(
        lambda: len(ada.heard) >= MIN_FAILED_ATTEMPTS,
        what=f"{MIN_FAILED_ATTEMPTS} failed connections",
    )
    async with running_server(folder, port):
        await book(api, slot)
        await state(ada, "live")
        await expect(ada.slot(slot)).to_have_attribute("data-status", "BOOKED")
        assert await slots(ada) == before
        await ada.hold(await ada.free_slot())
        await ada.fill_in()
        await ada.book()


async def test_client_uses_server_sent_events_if_websockets_are_blocked(
    visit: Visit, site: str, expert: Expert, site_api: Api
) -> None:
    """If the network refuses WebSockets, the client receives events as server-sent events."""
    async with open_proxy(site, refuses_sockets=True) as proxy:
        ada = await visit("dark", site=proxy.address, expected=NO_NETWORK)
        await ada.open_expert(expert)
        assert proxy.refused
        slot, before = await ada.free_slot(), await slots(ada)
        await book(site_api, slot)
        await expect(ada.slot(slot)).to_have_attribute("data-status", "BOOKED")
        assert await slots(ada) == before
        await ada.check("streams")


async def test_client_works_on_another_origin_of_the_same_site(
    visit: Visit, tmp_path: Path, http: httpx.AsyncClient
) -> None:
    """With `VITE_API_URL`, session cookies, live events and pictures work across origins."""
    port = free_port()
    client = f"http://127.0.0.1:{port}"
    options = {"client_url": client, "throttle": "off", "experts": 12}
    with run_server(tmp_path, **options) as server, serve_client(port, server):
        api = Api(http, server)
        expert = await bookable_expert(api)
        visitor = await visit(site=client)
        visitor.server = server
        email = await visitor.register()
        await visitor.open_expert(expert)
        slot = await visitor.free_slot()
        await book(api, slot)
        await expect(visitor.slot(slot)).to_have_attribute("data-status", "BOOKED")
        picture = visitor.page.locator(f"img[src^='{server}/photos/']").first
        await expect(picture).to_have_js_property("complete", value=True)
        assert await picture.evaluate("({ naturalWidth }) => naturalWidth") > 0
        await visitor.open("/account")
        await expect(visitor.page.get_by_text(email).first).to_be_attached()
        await visitor.page.close()
