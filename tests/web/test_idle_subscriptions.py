"""Memory usage of open subscriptions: a running subscription keeps no part of its request."""

from __future__ import annotations

import asyncio
import re
import signal
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.booking_operations import first_expert, open_slots
from tests.support.clients import Api, open_socket
from tests.support.event_streams import Events
from tests.support.forked_program import Patch
from tests.support.mailboxes import wait_until
from tests.support.servers import Program, await_ready, start_program

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    import httpx

    from tests.support.spans import Time

MARKER = "Retained"
FILLER = MARKER * 1_100
"""Two copies of this text make a GraphQL document too long for the document cache."""

SERVER_THAT_SEARCHES_ITS_MEMORY = f"""
import gc, signal
texts = str, bytes, bytearray
def holds(value):
    if isinstance(value, texts):
        marker = {MARKER!r} if isinstance(value, str) else {MARKER!r}.encode()
        return len(value) > 8_000 and value.count(marker) > 1_000
    is_searched = gc.is_tracked(value) or not isinstance(value, dict | list | tuple | set)
    return not is_searched and any(map(holds, gc.get_referents(value)))
def search(*_):
    gc.collect()
    found = [type(each).__name__ + getattr(each, "__qualname__", "")
             for each in gc.get_objects() if any(map(holds, gc.get_referents(each)))]
    print("FOUND", len(found), ", ".join(found), ".", flush=True)
signal.signal(signal.SIGUSR1, search)
"""
OTHER = f'query Other {{ experts(filter: {{search: "{FILLER}"}}) {{ totalCount }} }} '
CALENDAR = "slotBooked(expertId: $id) { __typename cursor }"
SUBSCRIPTIONS = {
    "shared": f"# {FILLER}\n{OTHER} subscription Watch($id: ID!) {{ {CALENDAR} }}",
    "directive": f"# {FILLER}\n{OTHER} subscription Watch($id: ID!, $on: Boolean = true) "
    f"{{ slotBooked(expertId: $id) {{ cursor ...Rest @include(if: $on) }} }} "
    f"fragment Rest on SlotEvent {{ sequence }}",
    "own bookings": f"# {FILLER}\n{OTHER} subscription Watch {{ bookingChanged {{ id }} }}",
    "long name": f"# {FILLER}\nsubscription {FILLER}($id: ID!) {{ {CALENDAR} }}",
}


@pytest.fixture(scope="module")
async def program(
    tmp_path_factory: pytest.TempPathFactory, http: httpx.AsyncClient
) -> AsyncIterator[Program]:
    """A server that searches its memory for `MARKER` when it receives SIGUSR1."""
    folder = tmp_path_factory.mktemp("idle")
    with start_program(
        folder, Patch(SERVER_THAT_SEARCHES_ITS_MEMORY), experts=1, throttle="off"
    ) as program:
        await_ready(program.process, program.address)
        # Wait for the thread that loads the e-mail renderer, because a memory search would break
        # tuples that the thread is still creating.
        await Api(http, program.address).new_client()
        await wait_until(lambda: any(folder.rglob("*.eml")))
        yield program


async def retained(program: Program) -> list[str]:
    """Return the types of objects in the server's memory that refer to a text full of markers."""
    before = len(re.findall("FOUND", program.output()))
    program.process.send_signal(signal.SIGUSR1)
    found: list[str] = []

    def has_searched() -> bool:
        nonlocal found
        found = re.findall(r"FOUND \d+ (.*)\.", program.output())[before:]
        return bool(found)

    await wait_until(has_searched)
    return [each for each in found[0].strip().split(", ") if each]


def request(query: str, expert_id: str) -> dict[str, Any]:
    """Return the parameters of a GraphQL request, each filled with a large value."""
    return {
        "query": query,
        "operationName": "Watch" if "Watch" in query else None,
        "variables": {"id": expert_id, "undeclared": [FILLER], "more": {"deep": FILLER[:-1]}},
        "extensions": {"unknown": FILLER},
    }


@asynccontextmanager
async def over_socket(api: Api, parameters: dict[str, Any]) -> AsyncIterator[Callable[[], Any]]:
    """Subscribe over a WebSocket; yield a function that waits for the next message."""
    async with open_socket(api.url) as socket:
        payload = {"authorization": f"Bearer {api.token}", "unknown": FILLER}
        await socket.send(type="connection_init", payload=payload)
        assert (await socket.receive())["type"] == "connection_ack"
        await socket.send(type="subscribe", id="1", payload=parameters)

        async def next_message() -> dict[str, Any]:
            message = await socket.receive()
            # The frame parser keeps a frame until the next frame arrives, so send another one.
            await socket.send(type="ping")
            assert await socket.receive() == {"type": "pong"}
            return message

        yield next_message


@asynccontextmanager
async def over_stream(api: Api, parameters: dict[str, Any]) -> AsyncIterator[Callable[[], Any]]:
    """Subscribe over an event stream; yield a function that waits for the next result."""
    headers = {"accept": "text/event-stream", "x-unknown": FILLER}
    headers["authorization"] = f"Bearer {api.token}"
    url = f"{api.url}/graphql?unknown={FILLER}"
    async with api.http.stream("POST", url, json=parameters, headers=headers) as response:
        yield Events(response).result


async def first_message(
    client: Api, time: Time, expert: dict[str, Any], next_message: Callable[[], Any]
) -> dict[str, Any]:
    """Book slots until the subscription delivers an event, and return its message.

    Several bookings may be needed, because the server sends no message when a subscription has
    started, and bookings before the start cause no event.
    """
    waiting = asyncio.create_task(next_message())
    for slot in await open_slots(client, expert, time):
        assert (await client.book(slot["id"]))["__typename"] == "Booking"
        await asyncio.wait({waiting}, timeout=1)
        if waiting.done():
            break
    message: dict[str, Any] = await waiting
    return message


@pytest.mark.parametrize("subscribe", [over_socket, over_stream], ids=["socket", "stream"])
@pytest.mark.parametrize("kind", SUBSCRIPTIONS)
async def test_established_subscription_keeps_nothing_of_its_request(
    program: Program, http: httpx.AsyncClient, time: Time, subscribe: Any, kind: str
) -> None:
    client = await Api(http, program.address).new_client()
    expert = await first_expert(client)
    parameters = request(SUBSCRIPTIONS[kind], expert["id"])
    async with subscribe(client, parameters) as next_message:
        assert "errors" not in await first_message(client, time, expert, next_message)
        assert await retained(program) == []


async def test_memory_search_finds_text_that_a_subscription_must_keep(
    program: Program, http: httpx.AsyncClient, time: Time
) -> None:
    """An alias is part of every event, so the subscription keeps it."""
    client = await Api(http, program.address).new_client()
    expert = await first_expert(client)
    query = f"subscription Watch($id: ID!) {{ {FILLER}: {CALENDAR} }}"
    async with over_socket(client, request(query, expert["id"])) as next_message:
        message = await first_message(client, time, expert, next_message)
        assert FILLER in message["payload"]["data"]
        assert await retained(program)
