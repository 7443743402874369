"""Moving a booking stays atomic even if the server is killed during the move."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from typing import TYPE_CHECKING

import httpx

from models.bookings.booking import Booking
from models.bookings.verification import verify
from models.calendar.slots import slot_key
from models.calendar.times import instant_of, utc_now
from models.ids import object_id
from tests.support.booking_operations import MOVE, execute, open_slots
from tests.support.clients import Api
from tests.support.servers import await_ready, start_program

if TYPE_CHECKING:
    from datetime import datetime

    import pytest

    from models.store.connection import Client
    from tests.support.spans import Time

KILLS = 2
BOOKINGS = 4
PATIENCE_SECONDS = 120
"""Seconds after which a hanging test fails."""


async def test_move_interrupted_by_a_kill_leaves_exactly_one_slot_booked(
    database: Client, database_url: str, tmp_path_factory: pytest.TempPathFactory, time: Time
) -> None:
    """The server is killed with SIGKILL repeatedly while bookings are moved back and forth."""
    assert database is not None
    # Ignore violations that other tests have left behind. Both verifications use the same time, so
    # that they do not report documents that expire during this test.
    now = utc_now()
    found_before = await verify(now, lambda *_: None)
    rng = random.Random(7)
    acknowledged: dict[str, str] = {}
    homes: dict[str, tuple[str, str]] = {}
    for number in range(KILLS):
        folder = tmp_path_factory.mktemp("killed")
        with start_program(folder, mongodb_url=database_url, experts=0, throttle="off") as program:
            await_ready(program.process, program.address)
            async with httpx.AsyncClient(timeout=PATIENCE_SECONDS) as http:
                api = Api(http, program.address)
                client = await api.new_client()
                query = "{ experts(first: 5, orderBy: {field: NAME}) { nodes { id } } }"
                nodes = (await api.ask(query))["experts"]["nodes"]
                # Use a different expert in each round, because a killed server's transaction blocks
                # the expert's calendar until the database aborts the transaction.
                expert = nodes[number]
                free = [slot["id"] for slot in (await open_slots(api, expert, time))]
                pairs = list(zip(free[0::4], free[2::4], strict=False))[:BOOKINGS]
                for home, away in pairs:
                    booked = await client.book(home)
                    acknowledged[booked["id"]] = home
                    homes[booked["id"]] = (home, away)

                moves_done = asyncio.Semaphore(0)

                async def move_back_and_forth(
                    id_: str, client: Api = client, moves_done: asyncio.Semaphore = moves_done
                ) -> None:
                    with suppress(httpx.HTTPError, ValueError, AssertionError):
                        while True:
                            home, away = homes[id_]
                            to = away if acknowledged[id_] == home else home
                            moved = await execute(client, MOVE, id=id_, slot=to)
                            assert moved["__typename"] == "Booking"
                            acknowledged[id_] = to
                            moves_done.release()

                movers = [
                    asyncio.create_task(move_back_and_forth(id_)) for id_ in list(homes)[-BOOKINGS:]
                ]
                async with asyncio.timeout(PATIENCE_SECONDS):
                    for _ in movers:
                        await moves_done.acquire()
                await asyncio.sleep(rng.uniform(0, 0.3))
                program.process.kill()
                program.process.wait()
                await asyncio.gather(*movers)
    assert len(homes) == KILLS * BOOKINGS
    for id_, last in acknowledged.items():
        booking = await Booking.get(object_id(id_, "Booking", "id"))
        assert booking is not None
        keys = {slot_key(slot) for slot in homes[id_]}
        assert booking.key in keys
        assert booking.active
        assert set(booking.cells) == cells_of(booking)
        # The last acknowledged move was stored, and at most one unacknowledged move after it.
        moves = [step.starts_at for step in booking.history]
        assert slot_key(last).starts_at in moves[-2:]
    found = await verify(now, lambda *_: None)
    assert [finding for finding in found if finding not in found_before] == []


def cells_of(booking: Booking) -> set[datetime]:
    """Return the 15-minute cells of the booked slot's session and of the break after it."""
    session = [instant_of(cell) for cell in range(booking.key.cell, booking.key.session_end)]
    return {*session, *(cell for cell in booking.cells if cell >= booking.ends_at)}
