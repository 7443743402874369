"""Sockets and event streams deliver the same events with and without shared rendering."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.support.clients import Api, Socket, open_socket
from tests.support.event_streams import Events, stream
from tests.support.servers import run_server

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.spans import Time

WATCH = """
subscription Watch($id: ID!, $after: String) {
  slotChanged(expertId: $id, after: $after) {
    ... on SlotEvent { sequence kind slot { id status mine } changed { id } }
  }
}"""
EXPERT = "{ experts { nodes { id cursor availability { breakMinutes confirmsAutomatically } } } }"
TIMEOUT_SECONDS = 60


async def receive_events(socket: Socket, number: int) -> list[tuple[str, dict[str, Any]]]:
    """Receive `number` events, and return each event's operation id and slot."""
    found = []
    for _ in range(number):
        message = await socket.receive(TIMEOUT_SECONDS)
        assert message["type"] == "next", message
        event = message["payload"]["data"]["slotChanged"]
        assert event["slot"]["id"] in [slot["id"] for slot in event["changed"]]
        found.append((message["id"], {"sequence": event["sequence"], **event["slot"]}))
    return found


async def read_events(events: Events, number: int) -> list[dict[str, Any]]:
    """Read the next `number` events of a stream, and return their slots."""
    found = [(await events.result())["data"]["slotChanged"] for _ in range(number)]
    return [{"sequence": event["sequence"], **event["slot"]} for event in found]


@pytest.mark.parametrize("caches", ["on", "off"])
async def test_shared_rendering_delivers_the_same_events(
    tmp_path: Path, time: Time, caches: str
) -> None:
    """Each subscriber gets its own operation id and value of `mine`, even when it resumes."""
    with run_server(tmp_path, experts=20, throttle="off", caches=caches) as address:
        async with httpx.AsyncClient(timeout=60) as http, AsyncExitStack() as stack:
            api = Api(http, address)
            ada, bob = await api.new_client(), await api.new_client()
            nodes = (await api.ask(EXPERT))["experts"]["nodes"]
            plain = {"breakMinutes": 0, "confirmsAutomatically": True}
            expert = next(node for node in nodes if node["availability"] == plain)
            listed = await api.slots(expert["id"], *time.days(3, 30))
            free = [slot["id"] for slot in listed if slot["status"] == "OPEN"]

            async def watching(id_: str, client: Api = api) -> Socket:
                socket = await stack.enter_async_context(open_socket(address))
                await socket.initialise(client.token)
                await socket.subscribe(id_, WATCH, id=expert["id"], after=expert["cursor"])
                return socket

            async def streaming(client: Api) -> Events:
                variables = {"id": expert["id"], "after": expert["cursor"]}
                return await stack.enter_async_context(stream(client, WATCH, **variables))

            watchers = {id_: await watching(id_) for id_ in ("1", "1 ", "ä" * 100)}
            hers = await watching("1", ada)
            strangers_stream, her_stream = await streaming(api), await streaming(ada)
            booked = await ada.book(free[0])
            cancelled = await ada.cancel(booked["id"])
            answers = await asyncio.gather(*(bob.book(slot) for slot in free[1:6]))
            later = [(answer["sequence"], answer["slot"]["id"]) for answer in answers]
            expected = [
                {"sequence": booked["sequence"], "id": free[0], "status": "BOOKED"},
                {"sequence": cancelled["sequence"], "id": free[0], "status": "OPEN"},
                *({"sequence": n, "id": id_, "status": "BOOKED"} for n, id_ in sorted(later)),
            ]
            late = await watching("late")
            others = [{**event, "mine": False} for event in expected]
            for id_, socket in {**watchers, "late": late}.items():
                received = await receive_events(socket, len(expected))
                assert received == [(id_, event) for event in others]
            assert await read_events(strangers_stream, len(expected)) == others
            own = [{**event, "mine": place == 0} for place, event in enumerate(expected)]
            assert await receive_events(hers, len(expected)) == [("1", event) for event in own]
            assert await read_events(her_stream, len(expected)) == own
            await hers.send(type="complete", id="1")
            await hers.subscribe("2", "{ __typename }")
            assert (await hers.receive(TIMEOUT_SECONDS))["payload"]["data"] == {
                "__typename": "Query"
            }
