"""The endpoints `/healthz` and `/readyz`; see also test_readiness.py."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.support.clients import Api
from tests.support.mailboxes import Mailbox
from tests.support.processes import database_processes, frozen
from tests.support.readiness import CHECKS, READY, wait_for_readiness
from tests.support.servers import await_ready, start_program

if TYPE_CHECKING:
    from pathlib import Path

    import httpx


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_health_checks_are_not_cacheable_and_only_respond_to_get_and_head(
    server: str, http: httpx.AsyncClient, path: str
) -> None:
    got, head = await http.get(server + path), await http.head(server + path)
    assert (got.status_code, head.status_code) == (200, 200)
    assert got.headers["cache-control"] == "no-store"
    assert head.content == b""
    assert (await http.post(server + path)).status_code == 405


async def test_frozen_database_makes_the_server_unready_but_not_dead(
    tmp_path: Path, http: httpx.AsyncClient
) -> None:
    """`/healthz` still succeeds, because restarting the server would not help."""
    with start_program(tmp_path, mongodb_url=None, experts=1) as program:
        await_ready(program.process, program.address)
        [database] = database_processes(tmp_path)
        with frozen(database):
            alive = await http.get(f"{program.address}/healthz")
            assert (alive.status_code, alive.json()) == (200, {"status": "ok"})
            assert (await http.get(f"{program.address}/readyz")).status_code == 503
        assert await wait_for_readiness(http, program.address, READY) == 200


async def test_unreachable_mail_server_is_reported_without_affecting_readiness(
    tmp_path: Path, http: httpx.AsyncClient
) -> None:
    mailbox = Mailbox()
    with start_program(tmp_path, experts=1, throttle="off", smtp_url=mailbox.url) as program:
        await asyncio.to_thread(await_ready, program.process, program.address)
        await Api(http, program.address).new_client()
        away = {"status": "ok", "checks": CHECKS | {"mail": "unreachable"}}
        assert await wait_for_readiness(http, program.address, away) == 200
        async with mailbox.open():
            assert await wait_for_readiness(http, program.address, READY) == 200
            assert len(mailbox.mails) == 1
