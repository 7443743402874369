"""Test clients for GraphQL over HTTP and for graphql-transport-ws."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

import websockets

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from ssl import SSLContext

    import httpx

CONTACT = {"name": "Ada Lovelace", "email": "ada@example.com", "phone": "+442079460018"}
PASSWORD = "correct horse battery"
PATIENCE_SECONDS = 120
"""Generous deadline; only a server that hangs exceeds it."""

REGISTER = """
mutation Register($input: RegisterInput!) {
  register(input: $input) { __typename ... on SignedIn { accessToken user { id } } }
}"""

BOOK = """
mutation Book($input: BookSlotInput!) {
  bookSlot(input: $input) {
    __typename
    ... on Booking { id status startsAt sequence slot { id status mine } }
    ... on SlotTaken { message slot { id status } alternatives { id status startsAt } }
    ... on SlotNotOffered { slotId message }
    ... on InvalidInput { fields { field message } }
  }
}"""

CANCEL = """
mutation Cancel($id: ID!) {
  cancelBooking(input: {bookingId: $id}) {
    __typename
    ... on Booking { id status sequence }
    ... on TooLate { deadline }
    ... on Refusal { code message }
  }
}"""

SLOTS = """
query Slots($id: ID!, $from: DateTime!, $to: DateTime!, $minutes: Int) {
  expert(id: $id) {
    cursor sequence
    slots(from: $from, to: $to, minutes: $minutes) {
      id startsAt endsAt minutes status mine heldUntil price { amount currency }
    }
  }
}"""


client_numbers = count(1)


@dataclass
class Api:
    """A GraphQL client of one server; without an access token, the client is anonymous."""

    http: httpx.AsyncClient
    url: str
    token: str | None = None

    def signed_in(self, token: str) -> Api:
        """Return a client of the same server with the given access token."""
        return Api(self.http, self.url, token)

    async def post(self, query: str, /, **variables: Any) -> dict[str, Any]:
        """Execute an operation and return the whole response body."""
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        response = await self.http.post(
            f"{self.url}/graphql", json={"query": query, "variables": variables}, headers=headers
        )
        answer: dict[str, Any] = response.json()
        return answer

    @asynccontextmanager
    async def open_stream(
        self, query: str, variables: dict[str, Any], headers: dict[str, str]
    ) -> AsyncIterator[httpx.Response]:
        """Post an operation, and yield the response while its body arrives."""
        signed_in = {"authorization": f"Bearer {self.token}"} if self.token else {}
        body = {"query": query, "variables": variables}
        async with self.http.stream(
            "POST", f"{self.url}/graphql", json=body, headers={**signed_in, **headers}
        ) as response:
            yield response

    async def ask(self, query: str, /, **variables: Any) -> dict[str, Any]:
        """Execute an operation, which must succeed, and return its data."""
        answer = await self.post(query, **variables)
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data

    async def error_code(self, query: str, /, **variables: Any) -> str:
        """Execute an operation, which must fail, and return the error code of its only error."""
        [error] = (await self.post(query, **variables))["errors"]
        code: str = error["extensions"]["code"]
        return code

    async def new_client(self, name: str = "Ada Lovelace", email: str | None = None) -> Api:
        """Register a new account and return a client that is signed in with it."""
        email = email or f"client-{next(client_numbers)}@example.com"
        wanted = {"name": name, "email": email, "password": PASSWORD}
        registered = await self.ask(REGISTER, input=wanted)
        assert registered["register"]["__typename"] == "SignedIn", registered
        return self.signed_in(registered["register"]["accessToken"])

    async def book(self, slot_id: str, **more: Any) -> dict[str, Any]:
        """Return the result of `bookSlot`."""
        wanted = {"slotId": slot_id, "contact": CONTACT, **more}
        answer: dict[str, Any] = (await self.ask(BOOK, input=wanted))["bookSlot"]
        return answer

    async def cancel(self, booking_id: str) -> dict[str, Any]:
        """Return the result of `cancelBooking`."""
        answer: dict[str, Any] = (await self.ask(CANCEL, id=booking_id))["cancelBooking"]
        return answer

    async def slots(
        self, expert_id: str, since: str, until: str, minutes: int | None = None
    ) -> list[dict[str, Any]]:
        """Return the listed slots of an expert between two instants."""
        variables = {"id": expert_id, "from": since, "to": until, "minutes": minutes}
        found: list[dict[str, Any]] = (await self.ask(SLOTS, **variables))["expert"]["slots"]
        return found


class Socket:
    """A graphql-transport-ws client with access to every message."""

    def __init__(self, connection: websockets.ClientConnection) -> None:
        self.connection = connection

    async def send(self, **message: Any) -> None:
        """Send a message."""
        await self.connection.send(json.dumps(message))

    async def receive(self, seconds: float = PATIENCE_SECONDS) -> dict[str, Any]:
        """Return the next message; raise TimeoutError if it does not come in time."""
        async with asyncio.timeout(seconds):
            message: dict[str, Any] = json.loads(await self.connection.recv())
        return message

    async def close_code(self, seconds: float = PATIENCE_SECONDS) -> int | None:
        """Wait until the server closes the socket and return the close code."""
        async with asyncio.timeout(seconds):
            await self.connection.wait_closed()
        return self.connection.close_code

    async def initialise(self, token: str | None = None) -> None:
        """Send `connection_init` and wait for the acknowledgement."""
        payload = {"authorization": f"Bearer {token}"} if token else {}
        await self.send(type="connection_init", payload=payload)
        assert await self.receive() == {"type": "connection_ack"}

    async def subscribe(self, id_: str, query: str, /, **variables: Any) -> None:
        """Start an operation."""
        await self.send(type="subscribe", id=id_, payload={"query": query, "variables": variables})

    async def event(self, field_: str, seconds: float = PATIENCE_SECONDS) -> dict[str, Any]:
        """Return the root field's value from the next event of the only subscription."""
        message = await self.receive(seconds)
        assert message["type"] == "next", message
        event: dict[str, Any] = message["payload"]["data"][field_]
        return event

    async def is_quiet(self, seconds: float = 0.3) -> bool:
        """Return whether no message arrives within `seconds`.

        The reply to a final ping shows that a busy server has no pending message either.
        """
        await asyncio.sleep(seconds)
        await self.send(type="ping")
        return await self.receive() == {"type": "pong"}


@asynccontextmanager
async def open_socket(
    url: str, subprotocol: str = "graphql-transport-ws", trust: SSLContext | None = None
) -> AsyncIterator[Socket]:
    """Open a WebSocket, and send no message yet; `trust` is the SSL context of the connection."""
    address = url.replace("http", "ws", 1) + "/graphql"
    protocols = [websockets.Subprotocol(subprotocol)] if subprotocol else None
    # No keepalive pings: they would time out, and close the socket, while a test blocks its event
    # loop. No limit on the receive queue: with a full queue, closing takes ten seconds.
    connecting = websockets.connect(
        address,
        subprotocols=protocols,
        ssl=trust,
        ping_interval=None,
        open_timeout=PATIENCE_SECONDS,
        max_queue=None,
    )
    async with connecting as connection:
        yield Socket(connection)
