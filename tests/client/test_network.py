"""A line that breaks and comes back, a server that ends and starts, and one without sockets."""

from __future__ import annotations

import asyncio
import re
import signal
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from playwright.async_api import expect

from tests.client.experts import an_expert
from tests.clients import Api
from tests.lines import open_proxy
from tests.mailboxes import wait_until
from tests.servers import await_ready, free_port, start_program

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx
    import pytest

    from tests.client.conftest import Visit
    from tests.client.experts import Expert
    from tests.client.visitors import Visitor
    from tests.servers import Program

NO_NETWORK = re.compile(r"net::ERR_|WebSocket connection to")
ATTEMPTS = 4
"""To reconnect, in vain: sockets and streams are both tried."""


async def state(visitor: Visitor, name: str) -> None:
    """Wait until the page says that of its connection."""
    badge = visitor.page.locator(f"[data-connection={name}]")
    await expect(badge).to_be_visible()


async def slots(visitor: Visitor) -> list[str]:
    """The times of the day that is shown."""
    found: list[str] = await visitor.page.locator("[data-slot]").evaluate_all(
        "(slots) => slots.map(({ dataset }) => dataset.slot)"
    )
    return found


async def book(api: Api, slot: str) -> None:
    """Book a time as somebody new."""
    booked = await (await api.new_client()).book(slot)
    assert booked["__typename"] == "Booking", booked


async def test_line_breaks(visit: Visit, site: str, expert: Expert, site_api: Api) -> None:
    """Who comes back to the network sees what happened meanwhile, each time once."""
    async with open_proxy(site) as between:
        ada = await visit(site=between.address, expected=NO_NETWORK)
        await ada.see(expert)
        slot, before = await ada.free_slot(), await slots(ada)
        await ada.context.set_offline(offline=True)
        await between.cut()
        offline = ada.page.get_by_role("status").filter(has_text="You are offline")
        await expect(offline).to_be_visible()
        await state(ada, "reconnecting")
        await book(site_api, slot)
        await expect(ada.slot(slot)).to_have_attribute("data-status", "OPEN")
        await ada.stop("offline")
        await between.restore()
        await ada.context.set_offline(offline=False)
        await state(ada, "live")
        await expect(offline).to_be_hidden()
        await expect(ada.slot(slot)).to_have_attribute("data-status", "BOOKED")
        assert await slots(ada) == before
        await ada.stop("back")


@asynccontextmanager
async def served(folder: Path, port: int) -> AsyncIterator[Program]:
    """A server on a port, with the data of a folder; ended for sure."""
    settings = {"port": port, "data": folder / "data", "experts": 12, "throttle": "off"}
    with start_program(folder, **settings) as program:
        program.address = f"http://127.0.0.1:{port}"
        await asyncio.to_thread(await_ready, program.process, program.address)
        yield program


async def test_server_is_killed(
    visit: Visit, tmp_path_factory: pytest.TempPathFactory, http: httpx.AsyncClient
) -> None:
    """A page goes on with the server that took the place of one that was killed."""
    folder, port = tmp_path_factory.mktemp("killed"), free_port()
    address = f"http://127.0.0.1:{port}"
    api = Api(http, address)
    async with served(folder, port) as program:
        expert = await an_expert(api)
        ada = await visit("dark", 375, site=address, expected=NO_NETWORK)
        await ada.has_account()
        await ada.see(expert)
        slot, before = await ada.free_slot(), await slots(ada)
        program.process.send_signal(signal.SIGKILL)
        program.process.wait()
    await state(ada, "reconnecting")
    await ada.stop("no-server")
    await wait_until(lambda: len(ada.heard) >= ATTEMPTS, what=f"{ATTEMPTS} failed connections")
    async with served(folder, port):
        await book(api, slot)
        await state(ada, "live")
        await expect(ada.slot(slot)).to_have_attribute("data-status", "BOOKED")
        assert await slots(ada) == before
        await ada.hold(await ada.free_slot())
        await ada.fill_in()
        await ada.book()


async def test_no_sockets(visit: Visit, site: str, expert: Expert, site_api: Api) -> None:
    """Where no socket gets through, events come as streams over HTTP."""
    async with open_proxy(site, refuses_sockets=True) as between:
        ada = await visit("dark", site=between.address, expected=NO_NETWORK)
        await ada.see(expert)
        assert between.refused
        slot, before = await ada.free_slot(), await slots(ada)
        await book(site_api, slot)
        await expect(ada.slot(slot)).to_have_attribute("data-status", "BOOKED")
        assert await slots(ada) == before
        await ada.stop("streams")
