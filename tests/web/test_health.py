"""`/healthz` and `/readyz` for whatever watches the program, beside what test_readiness.py has."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

import pytest

from tests.clients import Api
from tests.mailboxes import Mailbox
from tests.processes import databases, freeze
from tests.servers import await_ready, launched
from tests.web.test_readiness import CHECKS, READY, wait_for_readiness

if TYPE_CHECKING:
    from pathlib import Path

    import httpx


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_answers_are_never_kept(server: str, http: httpx.AsyncClient, path: str) -> None:
    """And HEAD is answered like GET; nothing else is."""
    got, head = await http.get(server + path), await http.head(server + path)
    assert (got.status_code, head.status_code) == (200, 200)
    assert got.headers["cache-control"] == "no-store"
    assert head.content == b""
    assert (await http.post(server + path)).status_code == 405


async def test_a_program_whose_database_freezes_is_alive(
    tmp_path: Path, http: httpx.AsyncClient
) -> None:
    """So nobody ends it for that, which would mend nothing; it is not ready."""
    with launched(tmp_path, experts=1) as program:
        await_ready(program.process, program.address)
        [database] = databases(tmp_path)
        freeze(database)
        try:
            alive = await http.get(f"{program.address}/healthz")
            assert (alive.status_code, alive.json()) == (200, {"status": "ok"})
            assert (await http.get(f"{program.address}/readyz")).status_code == 503
        finally:
            os.kill(database, signal.SIGCONT)
        assert await wait_for_readiness(http, program.address, READY) == 200


async def test_a_mail_server_that_is_away_makes_the_program_no_less_ready(
    tmp_path: Path, http: httpx.AsyncClient
) -> None:
    """It is told of until a mail has been handed in again."""
    mailbox = Mailbox()
    with launched(tmp_path, experts=1, throttle="off", smtp_url=mailbox.url) as program:
        await asyncio.to_thread(await_ready, program.process, program.address)
        await Api(http, program.address).newcomer()
        away = {"status": "ok", "checks": CHECKS | {"mail": "unreachable"}}
        assert await wait_for_readiness(http, program.address, away) == 200
        async with mailbox.open():
            assert await wait_for_readiness(http, program.address, READY) == 200
            assert len(mailbox.mails) == 1
