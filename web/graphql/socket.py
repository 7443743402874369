"""GraphQL over WebSocket, by the graphql-transport-ws protocol.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson
from graphql import GraphQLError, OperationType
from starlette.websockets import WebSocketDisconnect

from models.calendar.times import utc_now
from models.errors import ExpertBookError, TooManyOperations, Unauthenticated
from models.telemetry.metrics import CUT_OFF
from schema.context import Context, Services
from schema.execution.observation import ObservedSubscription
from schema.execution.operations import as_graphql_error, body_of, formatted, run, watch
from schema.execution.prepared import RequestFailed
from schema.execution.shared_subscriptions import share_subscription
from web.edge.websocket_protocol import CLOSE_SECONDS, EXTENSION, MAX_FRAME_BYTES, STUCK_SECONDS
from web.graphql.http import authenticate_header
from web.graphql.rate_limit import RateLimitCharge
from web.graphql.requests import BadRequest, parse_parameters
from web.graphql.sockets import address_of
from web.graphql.subscribers import SharedSubscriber

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from graphql import ExecutionResult
    from starlette.types import Message
    from starlette.websockets import WebSocket

    from auth.viewers import Viewer
    from schema.execution.prepared import Prepared
    from schema.execution.shared_subscriptions import SharedSubscription
    from web.edge.cookies import Cookies
    from web.edge.websocket_protocol import WebSocketProtocol
    from web.graphql.persisted_documents import PersistedDocuments
    from web.graphql.requests import GraphQLRequest

PROTOCOL = "graphql-transport-ws"
INIT_SECONDS = 5.0
MAX_OPERATIONS_PER_SOCKET = 50
MAX_ID_CHARS = 256
"""Limit on the ID of an operation, because each of its events repeats it."""


class CloseSocket(Exception):
    """Raised to close the socket with a code and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Connection:
    """One socket with its viewer and its running operations."""

    def __init__(
        self,
        websocket: WebSocket,
        services: Services,
        documents: PersistedDocuments,
        cookies: Cookies,
    ) -> None:
        self._websocket = websocket
        extensions = websocket.scope.get("extensions", {})
        self._protocol: WebSocketProtocol | None = extensions.get(EXTENSION)
        self._services = services
        self._documents = documents
        self._cookies = cookies
        self.viewer: Viewer | None = None
        self._is_acknowledged = False
        self._is_initialised = False
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._running_requests = 0
        self._is_draining = False
        self._close_reason = CloseSocket(4408, "Connection initialisation timeout")
        self._timeout = asyncio.timeout(INIT_SECONDS)

    async def serve(self) -> None:
        """Serve the socket until either side closes it, then cancel its operations."""
        if PROTOCOL not in self._websocket.scope["subprotocols"]:
            await self._websocket.accept()
            await self._close(CloseSocket(4406, "Subprotocol not acceptable"))
            return
        await self._websocket.accept(PROTOCOL)
        if self._protocol:
            self._protocol.on_drain = self.drain
        try:
            async with asyncio.TaskGroup() as group:
                try:
                    await self._listen(group)
                finally:
                    for task in self._operations.values():
                        task.cancel()
        except* WebSocketDisconnect:
            pass
        except* CloseSocket as closings:
            closing = closings.exceptions[0]
            if isinstance(closing, CloseSocket):
                await self._close(closing)

    async def _listen(self, group: asyncio.TaskGroup) -> None:
        try:
            async with self._timeout:
                while True:
                    await self._handle(_message(await self._websocket.receive()), group)
        except TimeoutError:
            raise self._close_reason from None

    def end(self) -> None:
        """Close the socket because its session has ended."""
        self._close_soon(CloseSocket(4401, "The session has ended"))

    def drain(self) -> None:
        """Close the socket for a restart, after its running queries and mutations are answered."""
        self._is_draining = True
        if not self._running_requests:
            self._close_soon(CloseSocket(1012, "Service restart"))

    def _close_soon(self, closing: CloseSocket) -> None:
        self._close_reason = closing
        with suppress(RuntimeError):  # the timeout has ended with `_listen`
            self._timeout.reschedule(0)

    async def _close(self, closing: CloseSocket) -> None:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._websocket.close(closing.code, closing.reason)
        except (RuntimeError, OSError, TimeoutError):
            # The client is gone or does not read.
            if self._protocol:
                self._protocol.abort()

    async def _handle(self, message: dict[str, Any], group: asyncio.TaskGroup) -> None:
        payload = message.get("payload")
        match message["type"]:
            case "connection_init":
                await self._initialise(payload)
            case "ping":
                _check_payload(payload)
                await self._send({"type": "pong"} if payload is None else _pong(payload))
            case "pong":
                _check_payload(payload)
            case "subscribe":
                self._subscribe(_id(message), payload, group)
            case "complete":
                task = self._operations.pop(_id(message), None)
                if task:
                    task.cancel()
            case _:
                raise CloseSocket(4400, "Unknown message type")

    async def _initialise(self, payload: object) -> None:
        if self._is_initialised:
            raise CloseSocket(4429, "Too many initialisation requests")
        self._is_initialised = True
        _check_payload(payload)
        try:
            self.viewer = await self._authenticate(_authorization(payload))
        except Unauthenticated as error:
            raise CloseSocket(4403, str(error)) from None
        except ExpertBookError:
            raise CloseSocket(1013, "Try again later") from None
        self._websocket.scope["headers"].clear()  # frees memory
        await self._send({"type": "connection_ack"})
        self._is_acknowledged = True
        self._close_reason = CloseSocket(4401, "The access token has expired")
        self._timeout.reschedule(self._expiry())

    async def _authenticate(self, header: str | None) -> Viewer | None:
        """Return the viewer of the connection parameters, else of the cookie of an allowed page."""
        token = self._cookies.access_token
        if header or not token or not self._websocket.headers.get("origin"):
            return await authenticate_header(header, self._services)
        return await self._services.viewers.authenticate(token)

    def _expiry(self) -> float | None:
        """Return the time of the event loop at which the viewer's token expires."""
        if self.viewer is None:
            return None
        left = self.viewer.expires_at - utc_now()
        return asyncio.get_running_loop().time() + left.total_seconds()

    def _subscribe(self, id_: str, payload: object, group: asyncio.TaskGroup) -> None:
        if not self._is_acknowledged:
            raise CloseSocket(4401, "Unauthorized")
        if id_ in self._operations:
            raise CloseSocket(4409, f"Subscriber for {id_[:64]} already exists")
        if not isinstance(payload, dict):
            raise CloseSocket(4400, "subscribe needs a payload")
        try:
            request = parse_parameters(payload)
        except BadRequest as error:
            raise CloseSocket(4400, str(error)) from None
        if self._is_draining:  # the socket is about to close, and the client reconnects
            return
        if len(self._operations) >= MAX_OPERATIONS_PER_SOCKET:
            group.create_task(self._refuse(id_))
            return
        self._operations[id_] = group.create_task(
            self._operate(id_, request), name=f"operation {id_[:64]}"
        )

    async def _operate(self, id_: str, request: GraphQLRequest) -> None:
        try:
            serving = await self._start(id_, request)
            del request  # frees memory while a subscription lasts
            await serving
            last: dict[str, Any] = {"id": id_, "type": "complete"}
        except RequestFailed as error:
            last = {"id": id_, "type": "error", "payload": formatted(error.errors)}
        except BadRequest as error:
            last = {"id": id_, "type": "error", "payload": formatted([GraphQLError(str(error))])}
        except ConnectionAbortedError:  # `_listen` handles the disconnect
            return
        except Exception as error:  # noqa: BLE001 - other operations on the socket continue
            last = {"id": id_, "type": "error", "payload": formatted([as_graphql_error(error)])}
        if self._operations.get(id_) is asyncio.current_task():
            del self._operations[id_]
            await self._send(last)

    async def _start(self, id_: str, request: GraphQLRequest) -> Awaitable[None]:
        """Prepare and charge an operation, and return a coroutine that serves it."""
        introspection = self._services.allows_introspection
        charge = RateLimitCharge(self._services.budgets, self.viewer, address_of(self._websocket))
        prepare = partial(self._documents.prepare, request, introspection=introspection)
        prepared = await charge.prepare(prepare)
        await charge.pay(prepared, request.variables)
        if prepared.kind is not OperationType.SUBSCRIPTION:
            return self._run(id_, prepared, request.variables)
        shared = None
        if self._protocol:
            shared = await share_subscription(prepared, request.variables, self._context())
        if self._protocol is None or shared is None:
            return self._stream(id_, prepared, request.variables)
        subscriber = SharedSubscriber(id_, self._protocol, shared, self.viewer)
        return self._serve_shared(ObservedSubscription(prepared), shared, subscriber)

    async def _refuse(self, id_: str) -> None:
        refusal = TooManyOperations(
            f"At most {MAX_OPERATIONS_PER_SOCKET} operations run on a socket at a time; complete "
            "one or open another socket."
        )
        errors = formatted([as_graphql_error(refusal)])
        await self._send({"id": id_, "type": "error", "payload": errors})

    async def _run(self, id_: str, prepared: Prepared, variables: dict[str, Any] | None) -> None:
        """Run a query or mutation and send its result, even while the server drains."""
        self._running_requests += 1
        try:
            result = await run(prepared, variables, self._context())
            await self._send_result(id_, result)
        finally:
            self._running_requests -= 1
            if self._is_draining:
                self.drain()

    async def _serve_shared(
        self,
        observed: ObservedSubscription,
        shared: SharedSubscription,
        subscriber: SharedSubscriber,
    ) -> None:
        """Serve a subscription whose rendered events are shared with other subscribers."""
        with observed:
            await subscriber.serve(self._services.hub, shared)

    async def _stream(self, id_: str, prepared: Prepared, variables: dict[str, Any] | None) -> None:
        """Serve a subscription that executes its own events."""
        async with aclosing(watch(prepared, variables, self._context())) as results:
            async for result in results:
                await self._send_result(id_, result)

    def _context(self) -> Context:
        return Context(self._services, self.viewer, address_of(self._websocket))

    async def _send_result(self, id_: str, result: ExecutionResult) -> None:
        await self._send({"id": id_, "type": "next", "payload": body_of(result)})

    async def _send(self, message: dict[str, Any]) -> None:
        await self._send_text(orjson.dumps(message).decode())

    async def _send_text(self, text: str) -> None:
        try:
            async with asyncio.timeout(STUCK_SECONDS):
                await self._websocket.send_text(text)
        except TimeoutError:
            CUT_OFF.inc()
            if self._protocol:
                self._protocol.abort()
        except (RuntimeError, OSError):  # `_listen` handles the disconnect
            return


def _message(event: Message) -> dict[str, Any]:
    if event["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(event.get("code", 1006))
    text = event.get("text")
    if text is None:
        raise CloseSocket(4400, "Messages must be text")
    if len(text) > MAX_FRAME_BYTES:
        raise CloseSocket(4400, f"The message is too long; the limit is {MAX_FRAME_BYTES} bytes")
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise CloseSocket(4400, "Messages must be JSON") from None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise CloseSocket(4400, "Messages must be objects with a type")
    return message


def _id(message: dict[str, Any]) -> str:
    id_ = message.get("id")
    if not isinstance(id_, str) or not id_:
        raise CloseSocket(4400, "The message needs an id")
    if len(id_) > MAX_ID_CHARS:
        raise CloseSocket(4400, f"The id is too long; the limit is {MAX_ID_CHARS} characters")
    return id_


def _check_payload(payload: object) -> None:
    if not isinstance(payload, dict | None):
        raise CloseSocket(4400, "payload must be an object")


def _pong(payload: object) -> dict[str, Any]:
    return {"type": "pong", "payload": payload}


def _authorization(payload: object) -> str | None:
    """Return `Authorization` from the connection parameters; its name is case-insensitive."""
    for name, value in payload.items() if isinstance(payload, dict) else ():
        if isinstance(name, str) and name.lower() == "authorization" and isinstance(value, str):
            return value
    return None
