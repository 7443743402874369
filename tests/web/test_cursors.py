"""Resuming subscriptions from a cursor: replay, expiry and refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from models.bookings.events import Event, Position, cursor_of
from models.ids import new_id, object_id
from tests.support.clients import Api, Socket, open_socket
from tests.support.deployments import Deployment
from tests.support.practices import Practice
from tests.support.servers import run_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from models.store.connection import Client

CHANGED = """slotChanged(expertId: $id, after: $after) {
    __typename ... on CalendarReset { sequence cursor expertId at } }"""
SHARED = f"subscription ($id: ID!, $after: String) {{ {CHANGED} }}"
QUERIES = {"shared": SHARED, "individual": SHARED.replace("slot", "... { slot", 1) + " }"}
"""GraphQL documents whose event payloads are rendered once for all subscribers (shared), or
separately for each subscriber (individual)."""

LAST, EXPIRED = 6, 3
START = Position(0)


@pytest.fixture(scope="module")
async def practice(
    database: Client, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Practice]:
    """A practice whose calendar has had six events; the first three of them have expired."""
    assert database is not None
    settings = {"mongodb_url": database_url, "experts": 0, "throttle": "off"}
    with run_server(tmp_path_factory.mktemp("cursors"), **settings) as address:
        async with httpx.AsyncClient(timeout=60) as http:
            practice = await Practice.create(await Deployment.sign_in(Api(http, address)))
            assert [await change_rules(practice) for _ in range(LAST)] == [*range(1, LAST + 1)]
            key = object_id(practice.id, "Expert", "id")
            await positions(practice)
            await Event.find({"expert_id": key, "sequence": {"$lte": EXPIRED}}).delete()
            yield practice


async def change_rules(practice: Practice) -> int:
    """Change the expert's break, and return the sequence number of the resulting event."""
    pause = 15 * (1 + await practice.sequence() % 2)
    changed = await practice.set_availability(breakMinutes=pause)
    number: int = changed["expert"]["sequence"]
    return number


_positions = {0: START}


async def positions(practice: Practice) -> dict[int, Position]:
    """Return the positions of all events, even of expired events, keyed by sequence number."""
    async for event in Event.find({"expert_id": object_id(practice.id, "Expert", "id")}):
        _positions[event.sequence] = event.position
    return _positions


async def cursor(practice: Practice, sequence: int) -> str:
    """Return the cursor from which a subscription resumes after the event with this number."""
    position = (await positions(practice))[sequence]
    return cursor_of(object_id(practice.id, "Expert", "id"), position)


async def receive_error(socket: Socket) -> dict[str, Any]:
    """Receive the error that ends the operation, and check that the socket stays open."""
    message = await socket.receive()
    assert (message["type"], message["id"]) == ("error", "1"), message
    await socket.send(type="ping")
    assert await socket.receive() == {"type": "pong"}
    [error] = message["payload"]
    return dict(error)


@pytest.mark.parametrize("variant", QUERIES)
@pytest.mark.parametrize("after", range(EXPIRED))
async def test_cursor_before_an_expired_event_is_refused(
    practice: Practice, variant: str, after: int
) -> None:
    async with open_socket(practice.deployment.anonymous.url) as socket:
        await socket.initialise()
        await socket.subscribe(
            "1", QUERIES[variant], id=practice.id, after=await cursor(practice, after)
        )
        error = await receive_error(socket)
    assert error["extensions"]["code"] == "CURSOR_EXPIRED"
    assert error["message"].startswith("after: ")


@pytest.mark.parametrize("variant", QUERIES)
@pytest.mark.parametrize("kind", ["ahead", "far ahead", "replaced", "last replaced", "old format"])
async def test_cursor_of_an_event_missing_from_the_log_is_refused(
    practice: Practice, variant: str, kind: str
) -> None:
    """After a backup has been restored, a cursor may name a lost or replaced event.

    Cursors in the old format are refused, too, because they contain no event id.
    """
    last = await practice.sequence()
    position = {
        "ahead": Position(last + 1, new_id()),
        "far ahead": Position(10**15 - 1, new_id()),
        "replaced": Position(last - 1, new_id()),
        "last replaced": Position(last, new_id()),
        "old format": Position(last),
    }[kind]
    after = cursor_of(object_id(practice.id, "Expert", "id"), position)
    async with open_socket(practice.deployment.anonymous.url) as socket:
        await socket.initialise()
        await socket.subscribe("1", QUERIES[variant], id=practice.id, after=after)
        error = await receive_error(socket)
    assert error["extensions"]["code"] == "CURSOR_EXPIRED"


@pytest.mark.parametrize("variant", QUERIES)
async def test_cursor_replays_retained_events_and_continues_live(
    practice: Practice, variant: str
) -> None:
    """After a replay from a cursor, each event is delivered exactly once.

    Covers cursors from the last expired event to the newest event, after which nothing is replayed.
    """
    last = await practice.sequence()
    for after in (EXPIRED, EXPIRED + 1, last):
        async with open_socket(practice.deployment.anonymous.url) as socket:
            await socket.initialise()
            await socket.subscribe(
                "1", QUERIES[variant], id=practice.id, after=await cursor(practice, after)
            )
            missed = [await socket.event("slotChanged") for _ in range(last - after)]
            last = await change_rules(practice)
            live = await socket.event("slotChanged")
            assert await socket.is_quiet()
        seen = [*missed, live]
        assert [event["sequence"] for event in seen] == [*range(after + 1, last + 1)]
        assert {event["__typename"] for event in seen} == {"CalendarReset"}
        assert {event["expertId"] for event in seen} == {practice.id}
        assert [e["cursor"] for e in seen] == [await cursor(practice, e["sequence"]) for e in seen]


@pytest.mark.parametrize("variant", QUERIES)
@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("another", "after: a cursor of another expert"),
        ("an expert's id", "after: not a cursor of an event"),
        ("nonsense", "after: not a cursor of an event"),
        ("padded", "after: not a cursor of an event"),
    ],
)
async def test_invalid_cursor_is_refused_with_a_reason(
    practice: Practice, variant: str, kind: str, message: str
) -> None:
    last = await practice.sequence()
    after = {
        "another": cursor_of(
            object_id("RXhwZXJ0OjAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMQ", "Expert", ""), START
        ),
        "an expert's id": practice.id,
        "nonsense": "nonsense",
        "padded": await cursor(practice, last) + "=",
    }[kind]
    async with open_socket(practice.deployment.anonymous.url) as socket:
        await socket.initialise()
        await socket.subscribe("1", QUERIES[variant], id=practice.id, after=after)
        error = await receive_error(socket)
    assert (error["extensions"]["code"], error["message"]) == ("BAD_USER_INPUT", message)
