"""Subscribers send the results of one subscription over any connection, in any encoding.

A transport has a bounded send buffer, to which the subscriber writes. While the send buffer is
full, the subscriber waits, and a client that does not read in time is disconnected. Events are not
queued for a waiting subscriber; when it goes on, it reads the missed events from its channel.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

import orjson
from graphql import GraphQLError

from models.telemetry.metrics import CUT_OFF
from schema.execution.observation import ObservedSubscription
from schema.execution.operations import as_graphql_error, body_of, formatted, watch
from schema.execution.prepared import RequestFailed
from schema.execution.shared_subscriptions import share_subscription
from subscriptions.audiences import Encoding as EventEncoding
from web.edge.websocket_protocol import STUCK_SECONDS
from web.graphql.requests import BadRequest

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Sequence

    from graphql import ExecutionResult

    from auth.live_costs import LiveSubscription
    from models.bookings.events import Event
    from schema.context import Context
    from schema.execution.prepared import Prepared
    from schema.execution.shared_subscriptions import SharedSubscription
    from subscriptions.audiences import EncodedEvents


class Transport(Protocol):
    """A connection to a client, with a bounded send buffer."""

    def write(self, data: bytes) -> bool:
        """Write data without waiting; return False if the next write must await `drained`."""

    async def drained(self) -> None:
        """Wait until the send buffer has room.

        Raises:
            ConnectionAbortedError: if the connection is closed.
        """

    def abort(self) -> None:
        """Close the connection at once and discard unsent data."""


class Encoding(EventEncoding, Protocol):
    """A wire format for the messages of one operation."""

    def errors(self, errors: Sequence[dict[str, Any]]) -> bytes:
        """Encode the errors that end the operation."""

    def complete(self) -> bytes:
        """Encode the message that marks the end of the operation."""


class Subscriber:
    """A subscription whose events are rendered once for all identical subscriptions."""

    __slots__ = ("_encoding", "_transport", "_view", "_viewer", "viewer_id")

    def __init__(
        self, shared: SharedSubscription, context: Context, encoding: Encoding, transport: Transport
    ) -> None:
        self._view = shared.view
        self._viewer = context.viewer
        self._encoding = encoding
        self._transport = transport
        self.viewer_id = context.viewer.id if context.viewer else None

    def render(self, event: Event) -> bytes | None:
        """Return the event as the viewer sees it, or None if the subscription filters it out."""
        return self._view.render(event, self._viewer)

    def send(self, events: EncodedEvents) -> bool:
        """Write events without waiting; return False if the next write must await `drained`."""
        return self._transport.write(events.encoded(self._encoding))

    async def drained(self) -> None:
        """Wait until the send buffer has room; cut off a client that does not read in time."""
        await drain(self._transport)

    async def serve(
        self, observed: ObservedSubscription, live: LiveSubscription, shared: SharedSubscription
    ) -> NoReturn:
        """Send events until the subscription is cancelled or fails."""
        hub = self._view.services.hub
        with observed, live:
            await hub.serve(
                shared.expert_id,
                shared.after,
                self._view.render,
                self,
                sees_disabled=shared.sees_disabled,
            )


async def subscribe(
    prepared: Prepared,
    variables: dict[str, Any] | None,
    context: Context,
    encoding: Encoding,
    transport: Transport,
) -> Awaitable[None]:
    """Start a subscription and return a coroutine that sends its results.

    Starting and sending are separate steps, so that the request's memory can be freed while the
    subscription lasts.
    """
    shared = await share_subscription(prepared, variables, context)
    if shared is None:
        return _send_each(watch(prepared, variables, context), encoding, transport)
    subscriber = Subscriber(shared, context, encoding, transport)
    live = context.live_subscription(shared.expert_id, shared.view)
    return subscriber.serve(ObservedSubscription(prepared), live, shared)


async def _send_each(
    results: AsyncGenerator[ExecutionResult, None], encoding: Encoding, transport: Transport
) -> None:
    """Serve a subscription that cannot be shared, by executing it for each event."""
    async with aclosing(results):
        async for result in results:
            await send(transport, encoding.result(orjson.dumps(body_of(result))))


async def last_message(starting: Awaitable[Awaitable[None]], encoding: Encoding) -> bytes:
    """Start and serve an operation, and return the message that ends it.

    Raises:
        ConnectionAbortedError: if the client has left or was cut off.
    """
    try:
        serving = await starting
        del starting  # frees the request's memory while the subscription lasts
        await serving
    except ConnectionAbortedError:
        raise
    except Exception as error:  # noqa: BLE001 - any error is sent to the client
        return encoding.errors(formatted(errors_of(error)))
    return encoding.complete()


def errors_of(error: Exception) -> Sequence[GraphQLError]:
    """Return the GraphQL errors of an operation that failed as a whole."""
    match error:
        case RequestFailed():
            return error.errors
        case BadRequest():
            return [GraphQLError(str(error))]
    return [as_graphql_error(error)]


async def send(transport: Transport, data: bytes) -> None:
    """Write data and wait if the send buffer is full.

    Raises:
        ConnectionAbortedError: if the client has left or was cut off.
    """
    if not transport.write(data):
        await drain(transport)


async def drain(transport: Transport, seconds: float | None = None) -> None:
    """Wait until the send buffer has room; cut off a client that does not read in time.

    Args:
        transport: the connection.
        seconds: the time in which the client must read, by default STUCK_SECONDS.

    Raises:
        ConnectionAbortedError: if the client has left or was cut off.
    """
    try:
        async with asyncio.timeout(seconds or STUCK_SECONDS):
            await transport.drained()
    except TimeoutError:
        CUT_OFF.inc()
        transport.abort()
        raise ConnectionAbortedError from None
