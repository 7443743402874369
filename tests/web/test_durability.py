"""Killed in the middle: what was acknowledged is there, and nothing is there by half."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from typing import TYPE_CHECKING

import httpx

from models.bookings.booking import Booking
from models.bookings.verification import verify
from models.calendar.slot_ids import slot_key
from models.calendar.times import instant_of, utc_now
from models.ids import object_id
from tests.clients import Api
from tests.servers import await_ready, launched
from tests.web.test_booking import open_slots
from tests.web.test_moves import MOVE, execute

if TYPE_CHECKING:
    from datetime import datetime

    import pytest

    from models.store.connection import Client
    from tests.conftest import Time

KILLS = 4
BOOKINGS = 4
PATIENCE_SECONDS = 120
"""Ends a test that hangs."""


async def test_a_move_that_is_killed_has_left_exactly_one_of_the_two_times_taken(
    database: Client, database_url: str, tmp_path_factory: pytest.TempPathFactory, time: Time
) -> None:
    """The server is killed with -9 again and again, while bookings go to and fro."""
    assert database is not None
    # What other tests have left in this database is not judged here, nor what ends meanwhile.
    now = utc_now()
    found_before = await verify(now, lambda *_: None)
    rng = random.Random(7)
    acknowledged: dict[str, str] = {}
    homes: dict[str, tuple[str, str]] = {}
    for number in range(KILLS):
        folder = tmp_path_factory.mktemp("killed")
        with launched(folder, mongodb_url=database_url, experts=0, throttle="off") as program:
            await_ready(program.process, program.address)
            async with httpx.AsyncClient(timeout=PATIENCE_SECONDS) as http:
                api = Api(http, program.address)
                client = await api.newcomer()
                query = "{ experts(first: 5, orderBy: {field: NAME}) { nodes { id } } }"
                nodes = (await api.ask(query))["experts"]["nodes"]
                # Another one each time: the database keeps the killed server's transaction, and
                # with it that calendar, until it gives it up.
                expert = nodes[number]
                free = [slot["id"] for slot in (await open_slots(api, expert, time))]
                pairs = list(zip(free[0::4], free[2::4], strict=False))[:BOOKINGS]
                for home, away in pairs:
                    booked = await client.book(home)
                    acknowledged[booked["id"]] = home
                    homes[booked["id"]] = (home, away)

                made = asyncio.Semaphore(0)

                async def to_and_fro(
                    id_: str, client: Api = client, made: asyncio.Semaphore = made
                ) -> None:
                    with suppress(httpx.HTTPError, ValueError, AssertionError):
                        while True:
                            home, away = homes[id_]
                            to = away if acknowledged[id_] == home else home
                            moved = await execute(client, MOVE, id=id_, slot=to)
                            assert moved["__typename"] == "Booking"
                            acknowledged[id_] = to
                            made.release()

                movers = [asyncio.create_task(to_and_fro(id_)) for id_ in list(homes)[-BOOKINGS:]]
                async with asyncio.timeout(PATIENCE_SECONDS):
                    for _ in movers:
                        await made.acquire()
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
        # What was acknowledged happened: the last answer's time, or one move after it.
        moves = [step.starts_at for step in booking.history]
        assert slot_key(last).starts_at in moves[-2:]
    found = await verify(now, lambda *_: None)
    assert [finding for finding in found if finding not in found_before] == []


def cells_of(booking: Booking) -> set[datetime]:
    """The quarter hours of a booking's session, as its slot says, and of its break."""
    session = [instant_of(cell) for cell in range(booking.key.cell, booking.key.session_end)]
    return {*session, *(cell for cell in booking.cells if cell >= booking.ends_at)}
