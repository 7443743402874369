"""Cursors of a calendar: what is refused by name, and what is kept for whoever returns in time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from models.bookings.events import Event, cursor_of
from models.ids import object_id
from tests.clients import Api, Socket, open_socket
from tests.offices import Office
from tests.practices import Practice
from tests.servers import running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from models.store.connection import Client

CHANGED = """slotChanged(expertId: $id, after: $after) {
    __typename ... on CalendarReset { sequence cursor expertId at } }"""
TOGETHER = f"subscription ($id: ID!, $after: String) {{ {CHANGED} }}"
WAYS = {"together": TOGETHER, "by itself": TOGETHER.replace("slot", "... { slot", 1) + " }"}
"""Subscriptions that are served together with others like them, and one that is not."""

LAST, GONE = 6, 3
HAPPENED = "after: a cursor of an event that has not happened"


@pytest.fixture(scope="module")
async def practice(
    database: Client, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Practice]:
    """A practice with six events, of which the first three are no longer kept."""
    assert database is not None
    settings = {"mongodb_url": database_url, "experts": 0, "throttle": "off"}
    with running(tmp_path_factory.mktemp("cursors"), **settings) as address:
        async with httpx.AsyncClient(timeout=60) as http:
            practice = await Practice.opened(await Office.of(Api(http, address)))
            assert [await change(practice) for _ in range(LAST)] == [*range(1, LAST + 1)]
            key = object_id(practice.id, "Expert", "id")
            await Event.find({"expert_id": key, "sequence": {"$lte": GONE}}).delete()
            yield practice


async def change(practice: Practice) -> int:
    """Change the rules; answers with the number of the event."""
    pause = 15 * (1 + await practice.sequence() % 2)
    changed = await practice.set(breakMinutes=pause)
    number: int = changed["expert"]["sequence"]
    return number


def cursor(practice: Practice, sequence: int) -> str:
    """Where somebody is who has heard of that event."""
    return cursor_of(object_id(practice.id, "Expert", "id"), sequence)


async def refused(socket: Socket) -> dict[str, Any]:
    """The error that ends the operation; the socket lives on."""
    message = await socket.receive()
    assert (message["type"], message["id"]) == ("error", "1"), message
    await socket.send(type="ping")
    assert await socket.receive() == {"type": "pong"}
    [error] = message["payload"]
    return dict(error)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("after", range(GONE))
async def test_a_cursor_whose_next_event_is_gone_has_expired(
    practice: Practice, way: str, after: int
) -> None:
    async with open_socket(practice.office.nobody.url) as socket:
        await socket.initialise()
        await socket.subscribe("1", WAYS[way], id=practice.id, after=cursor(practice, after))
        error = await refused(socket)
    assert error["extensions"]["code"] == "CURSOR_EXPIRED"
    assert error["message"].startswith("after: ")


@pytest.mark.parametrize("way", WAYS)
async def test_a_cursor_whose_next_event_is_kept_gets_all_of_them_and_what_follows(
    practice: Practice, way: str
) -> None:
    """Also the last one that is not kept, and the very last one; each once, in order."""
    last = await practice.sequence()
    for after in (GONE, GONE + 1, last):
        async with open_socket(practice.office.nobody.url) as socket:
            await socket.initialise()
            await socket.subscribe("1", WAYS[way], id=practice.id, after=cursor(practice, after))
            missed = [await socket.event("slotChanged") for _ in range(last - after)]
            last = await change(practice)
            live = await socket.event("slotChanged")
            assert await socket.is_quiet()
        seen = [*missed, live]
        assert [event["sequence"] for event in seen] == [*range(after + 1, last + 1)]
        assert {event["__typename"] for event in seen} == {"CalendarReset"}
        assert {event["expertId"] for event in seen} == {practice.id}
        assert [e["cursor"] for e in seen] == [cursor(practice, e["sequence"]) for e in seen]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("future", HAPPENED),
        ("distant future", HAPPENED),
        ("another", "after: a cursor of another expert"),
        ("an expert's id", "after: not a cursor of an event"),
        ("nonsense", "after: not a cursor of an event"),
        ("empty", "after: not a cursor of an event"),
        ("padded", "after: not a cursor of an event"),
    ],
)
async def test_what_is_no_cursor_of_this_calendar_is_refused_by_name(
    practice: Practice, way: str, kind: str, message: str
) -> None:
    last = await practice.sequence()
    after = {
        "future": cursor(practice, last + 1),
        "distant future": cursor(practice, 10**15 - 1),
        "another": cursor_of(
            object_id("RXhwZXJ0OjAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMQ", "Expert", ""), 1
        ),
        "an expert's id": practice.id,
        "nonsense": "nonsense",
        "empty": "",
        "padded": cursor(practice, last) + "=",
    }[kind]
    async with open_socket(practice.office.nobody.url) as socket:
        await socket.initialise()
        await socket.subscribe("1", WAYS[way], id=practice.id, after=after)
        error = await refused(socket)
    assert (error["extensions"]["code"], error["message"]) == ("BAD_USER_INPUT", message)
