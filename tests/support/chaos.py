"""Clients for chaos tests: subscribers that resume, and bookers that repeat failed requests."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import websockets

from models.bookings.verification import check_invariants, open_for_reading
from models.calendar.times import utc_now
from models.ids import object_id
from tests.support.bookers import RETRYABLE, Booker
from tests.support.clients import Api
from tests.support.histories import History
from tests.support.mailboxes import wait_until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable
    from pathlib import Path

    import httpx

    from tests.support.fleet import Fleet

KINDS = {"slotBooked": {"BOOKED"}, "slotChanged": {"HELD", "BOOKED", "RELEASED", "RESET"}}
FIELDS = "cursor sequence at"
WATCH = {
    "slotBooked": f"""subscription ($id: ID!, $after: String) {{
      event: slotBooked(expertId: $id, after: $after) {{ {FIELDS} kind slot {{ status }} }} }}""",
    "slotChanged": f"""subscription ($id: ID!, $after: String) {{
      event: slotChanged(expertId: $id, after: $after) {{
        ... on SlotEvent {{ {FIELDS} kind slot {{ status }} }}
        ... on CalendarReset {{ {FIELDS} }} }} }}""",
}
MAX_PAUSE_SECONDS = 2.0
MAX_RECORDED = 2_000
"""Maximum number of operations in a recorded history, so that checking it stays feasible."""
PATIENCE_SECONDS = 300
"""Generous deadline; only a subscriber that has missed an event exceeds it."""
EXPERTS = """{ experts(first: 20, orderBy: {field: NAME}) { nodes {
  id cursor sequence availability { breakMinutes confirmsAutomatically } } } }"""
SLOTS = """query ($id: ID!, $from: DateTime!, $to: DateTime!) {
  expert(id: $id) { slots(from: $from, to: $to) { id status } } }"""


def without_breaks(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the experts without breaks, including those who confirm bookings by hand."""
    return [expert for expert in found if expert["availability"]["breakMinutes"] == 0]


@dataclass(eq=False)
class Subscriber:
    """Watches one expert; resumes after the last event whenever the connection is lost."""

    fleet: Fleet
    rng: random.Random
    field_: str
    expert_id: str
    cursor: str
    sequence: int
    log: list[tuple[int, str]] = field(default_factory=list)
    closes: Counter[int | None] = field(default_factory=Counter)
    max_delay: timedelta = timedelta()
    _connection: websockets.ClientConnection | None = None
    _abandoned: list[websockets.ClientConnection] = field(default_factory=list)
    _patience: asyncio.Timeout | None = None

    async def run(self) -> None:
        """Watch until cancelled.

        Raises:
            AssertionError: if an event is out of order, or the server refuses the subscription.
        """
        pause = 0.05
        try:
            while True:
                received = len(self.log)
                with suppress(OSError, TimeoutError, websockets.WebSocketException):
                    await self._connect()
                pause = 0.05 if len(self.log) > received else min(2 * pause, MAX_PAUSE_SECONDS)
                await asyncio.sleep(self.rng.uniform(0, pause))
        finally:
            for connection in self._abandoned:
                connection.transport.abort()

    @property
    def is_connected(self) -> bool:
        """Whether the subscription has been sent over a connection that is still open."""
        return self._connection is not None

    def cut(self) -> None:
        """Drop the connection without a close frame."""
        if self._connection:
            self._connection.transport.abort()

    def abandon(self) -> None:
        """Reconnect, and leave the old connection open without ever reading from it again."""
        if self._connection and self._patience and not self._patience.expired():
            self._connection.transport.pause_reading()
            self._abandoned.append(self._connection)
            self._patience.reschedule(0)

    async def _connect(self) -> None:
        address = self.rng.choice(self.fleet.addresses or [""]).replace("http", "ws", 1)
        protocol = websockets.Subprotocol("graphql-transport-ws")
        connection = await websockets.connect(
            f"{address}/graphql", subprotocols=[protocol], ping_interval=None
        )
        try:
            async with asyncio.timeout(None) as self._patience:
                await self._watch(connection)
        finally:
            self._connection = self._patience = None
            self.closes[connection.close_code] += 1
            if connection not in self._abandoned:
                connection.transport.abort()

    async def _watch(self, connection: websockets.ClientConnection) -> None:
        """Receive events until the connection ends or the server sends a retryable error."""
        await connection.send('{"type": "connection_init"}')
        assert json.loads(await connection.recv()) == {"type": "connection_ack"}
        variables = {"id": self.expert_id, "after": self.cursor}
        payload = {"query": WATCH[self.field_], "variables": variables}
        await connection.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
        self._connection = connection
        since = datetime.now(UTC)
        async for text in connection:
            message = json.loads(text)
            if message["type"] == "error":
                [error] = message["payload"]
                assert error["extensions"]["code"] in RETRYABLE, error
                return
            assert message["type"] == "next", message
            assert "errors" not in message["payload"], message
            self._take(message["payload"]["data"]["event"], since)

    def _take(self, event: dict[str, Any], since: datetime) -> None:
        last = self.log[-1][0] if self.log else self.sequence
        assert event["sequence"] > last, f"{event['sequence']} after {last}"
        self.log.append((event["sequence"], event.get("kind", "RESET")))
        self.cursor = event["cursor"]
        at = datetime.fromisoformat(event["at"])
        if at > since:
            self.max_delay = max(self.max_delay, datetime.now(UTC) - at)


@dataclass
class ChaosClients:
    """The subscribers and bookers that run while servers fail."""

    subscribers: list[Subscriber]
    bookers: list[Booker]
    history: History

    @classmethod
    async def create(
        cls,
        fleet: Fleet,
        rng: random.Random,
        http: httpx.AsyncClient,
        *,
        watching: int,
        booking: int,
        recorded: Path | None = None,
    ) -> ChaosClients:
        """Create subscribers and bookers for a few experts; the clients use all servers.

        If the path `recorded` is given, the bookers' first operations are recorded in this file.
        """

        def new_random() -> random.Random:
            return random.Random(rng.random())

        api = Api(http, fleet.addresses[0])
        found = (await api.ask(EXPERTS))["experts"]["nodes"]
        experts = without_breaks(found)
        today = utc_now()
        span = {"from": today + timedelta(days=10), "to": today + timedelta(days=40)}
        days = {name: instant.isoformat() for name, instant in span.items()}
        slots = [
            slot["id"]
            for expert in experts
            for slot in (await api.ask(SLOTS, id=expert["id"], **days))["expert"]["slots"]
            if slot["status"] == "OPEN"
        ]
        subscribers = []
        for number in range(watching):
            # Spread both kinds of subscription evenly over the experts.
            expert = experts[number // len(WATCH) % len(experts)]
            kind = list(WATCH)[number % len(WATCH)]
            start = expert["id"], expert["cursor"], expert["sequence"]
            subscribers.append(Subscriber(fleet, new_random(), kind, *start))
        tokens = [(await api.new_client()).token or "" for _ in range(booking)]
        history = History(recorded, experts, slots=slots, max_operations=MAX_RECORDED)
        bookers = [
            Booker(fleet, new_random(), http, token, slots, history=history) for token in tokens
        ]
        return cls(subscribers, bookers, history)

    @asynccontextmanager
    async def run(self, database_url: str) -> AsyncIterator[None]:
        """Run all clients; at the end, wait until every subscriber has received all events."""
        async with asyncio.TaskGroup() as group:
            watching = [group.create_task(subscriber.run()) for subscriber in self.subscribers]
            await self._wait_until(
                lambda: all(s.is_connected for s in self.subscribers),
                "every subscriber to be connected",
            )
            for booker in self.bookers:
                booker.is_done = False
            booking = [group.create_task(booker.run()) for booker in self.bookers]
            yield
            for booker in self.bookers:
                booker.is_done = True
            await asyncio.wait(booking)
            due = await self._expected_events(database_url)
            await self._wait_until(
                lambda: all(len(s.log) >= len(due[s]) for s in self.subscribers),
                "every subscriber to have received all events",
            )
            for task in watching:
                task.cancel()

    async def check(self, database_url: str) -> int:
        """Check the received events and the stored bookings; return the number of stored events.

        Raises:
            AssertionError: if a subscriber missed an event, or a booking differs from its
                acknowledged state.
        """
        for subscriber, due in (await self._expected_events(database_url)).items():
            assert subscriber.log == due
        async with open_for_reading(database_url) as database:
            stored = {row["_id"]: row["status"] async for row in database["bookings"].find()}
            acknowledged = {
                object_id(id_, "Booking", "id"): status
                for booker in self.bookers
                for id_, status in booker.states.items()
            }
            assert {id_: stored.get(id_) for id_ in acknowledged} == acknowledged
            report = await check_invariants(database, utc_now(), lambda *_: None)
            assert report.findings == []
            return await database["events"].count_documents({})

    async def wait_for_new_events(self) -> None:
        """Wait until every subscriber is connected and has received a new event."""
        received = {s: len(s.log) for s in self.subscribers}
        await self._wait_until(
            lambda: all(s.is_connected and len(s.log) > received[s] for s in self.subscribers),
            "every subscriber to receive a new event",
        )

    def closes(self) -> Counter[int | None]:
        """Return the number of closed sockets per close code."""
        return sum((subscriber.closes for subscriber in self.subscribers), Counter[int | None]())

    async def _expected_events(self, database_url: str) -> dict[Subscriber, list[tuple[int, str]]]:
        """Return the events that each subscriber must have received, in order."""
        events: dict[object, list[tuple[int, str]]] = {}
        async with open_for_reading(database_url) as database:
            async for event in database["events"].find().sort("sequence"):
                events.setdefault(event["expert_id"], []).append((event["sequence"], event["kind"]))
        return {
            s: [
                (sequence, kind)
                for sequence, kind in events.get(object_id(s.expert_id, "Expert", "expertId"), ())
                if sequence > s.sequence and kind in KINDS[s.field_]
            ]
            for s in self.subscribers
        }

    async def _wait_until(self, condition: Callable[[], bool], what: str) -> None:
        await wait_until(condition, PATIENCE_SECONDS, what=what)

    def summary(self) -> str:
        """Return a summary for the output of a long run."""
        deliveries = sum(len(subscriber.log) for subscriber in self.subscribers)
        bookings = sum(len(booker.states) for booker in self.bookers)
        retries = sum((booker.retries for booker in self.bookers), Counter[str]())
        max_delay = max(subscriber.max_delay for subscriber in self.subscribers).total_seconds()
        return (
            f"{deliveries} deliveries, the slowest after {max_delay:.2f} s; {bookings} bookings; "
            f"retries by cause: {dict(retries)}"
        )
