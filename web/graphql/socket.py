"""GraphQL over WebSocket, using the graphql-transport-ws protocol.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson
from graphql import OperationType
from starlette.websockets import WebSocketDisconnect

from models.errors import ExpertBookError, TooManyOperations, Unauthenticated
from models.telemetry.metrics import OPEN_SOCKETS
from schema.context import Context, Services
from schema.execution.absence import given_variables
from schema.execution.operations import as_graphql_error, body_of, formatted, run
from web.edge.websocket_protocol import CLOSE_SECONDS, EXTENSION, MAX_FRAME_BYTES, text_frame
from web.graphql.connection_parameters import authorization_of, with_token
from web.graphql.http import authenticate_header
from web.graphql.rate_limit import RateLimitCharge
from web.graphql.requests import BadRequest, parse_parameters
from web.graphql.sockets import End, OpenConnection, address_of
from web.graphql.subscribers import last_message, send, subscribe

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping, Sequence

    from starlette.websockets import WebSocket

    from auth.viewers import Viewer
    from schema.execution.prepared import Prepared
    from web.edge.cookies import Cookies
    from web.edge.websocket_protocol import WebSocketProtocol
    from web.graphql.persisted_documents import PersistedDocuments
    from web.graphql.requests import GraphQLRequest
    from web.graphql.sockets import Sockets

PROTOCOL = "graphql-transport-ws"
INIT_SECONDS = 5.0
MAX_OPERATIONS_PER_SOCKET = 50
MAX_ID_CHARS = 256
"""Maximum length of an operation's ID, which each message about the operation repeats."""

TOO_MANY_OPERATIONS = (
    f"At most {MAX_OPERATIONS_PER_SOCKET} operations run on a socket at a time; complete one or "
    "open another socket."
)
CLOSE_CODES = {
    End.NOT_INITIALISED: 4408,
    # The client library graphql-ws reconnects with new connection parameters after close code
    # 4403, but does not reconnect after 4401.
    End.TOKEN_EXPIRED: 4403,
    End.SESSION_ENDED: 4401,
    End.RESTART: 1012,
}


class CloseSocket(Exception):
    """Raised to close the WebSocket with a close code and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class OperationMessages:
    """Encoding of an operation's messages as frames that carry the ID chosen by the client."""

    __slots__ = ("key",)

    def __init__(self, id_: str) -> None:
        self.key = id_

    def result(self, payload: bytes) -> bytes:
        """Encode a result as a `next` message."""
        head = b'{"type":"next","id":%b,"payload":' % orjson.dumps(self.key)
        return text_frame(head, payload, b"}")

    def errors(self, errors: Sequence[dict[str, Any]]) -> bytes:
        """Encode errors as an `error` message."""
        return _frame({"id": self.key, "type": "error", "payload": errors})

    def complete(self) -> bytes:
        """Return the `complete` message."""
        return _frame({"id": self.key, "type": "complete"})


class Connection(OpenConnection):
    """One WebSocket, with its viewer and its running operations."""

    def __init__(
        self,
        websocket: WebSocket,
        services: Services,
        documents: PersistedDocuments,
        cookies: Cookies,
    ) -> None:
        super().__init__(address_of(websocket))
        self._websocket = websocket
        self._protocol: WebSocketProtocol = websocket.scope["extensions"][EXTENSION]
        self._services = services
        self._documents = documents
        self._cookies = cookies
        self._is_acknowledged = False
        self._is_initialised = False
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._running_requests = 0
        self._is_draining = False

    async def serve(self, sockets: Sockets) -> None:
        """Serve the socket until either side closes it, then cancel its operations."""
        sockets.add(self)
        OPEN_SOCKETS.inc()
        try:
            await self._accept()
            async with asyncio.TaskGroup() as group:
                try:
                    if end := await self.wait_for_end(self._listen(group)):
                        raise CloseSocket(CLOSE_CODES[end], end.value)
                finally:
                    for task in self._operations.values():
                        task.cancel()
        except* (WebSocketDisconnect, ConnectionAbortedError):
            pass
        except* CloseSocket as closings:
            closing = closings.exceptions[0]
            if isinstance(closing, CloseSocket):
                await self._close(closing)
        finally:
            OPEN_SOCKETS.dec()
            sockets.remove(self)

    async def _accept(self) -> None:
        if PROTOCOL not in self._websocket.scope["subprotocols"]:
            await self._websocket.accept()
            raise CloseSocket(4406, "Subprotocol not acceptable")
        await self._websocket.accept(PROTOCOL)
        self._protocol.on_drain = self.drain

    async def _listen(self, group: asyncio.TaskGroup) -> None:
        deadline = asyncio.get_running_loop().time() + INIT_SECONDS
        self.end_at(End.NOT_INITIALISED, deadline)
        while True:
            await self._handle(_message(await self._protocol.receive()), group)

    def drain(self) -> None:
        """Close the socket for a restart, once its running queries and mutations have finished."""
        self._is_draining = True
        if not self._running_requests:
            super().drain()

    async def _close(self, closing: CloseSocket) -> None:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._protocol.send(
                    {"type": "websocket.close", "code": closing.code, "reason": closing.reason}
                )
        except (OSError, RuntimeError, TimeoutError):
            # The client is gone or does not read.
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
            self.viewer = await self._authenticate(authorization_of(payload))
        except Unauthenticated as error:
            raise CloseSocket(4403, str(error)) from None
        except ExpertBookError:
            raise CloseSocket(1013, "Try again later") from None
        self._free_handshake()
        await self._send({"type": "connection_ack"})
        self._is_acknowledged = True
        self.end_at_expiry()

    def _free_handshake(self) -> None:
        """Free the memory of the upgrade request, as the socket may stay open for days."""
        scope = self._websocket.scope
        scope["headers"].clear()
        scope.clear()
        del self._websocket, self._cookies

    async def _authenticate(self, header: str | None) -> Viewer | None:
        """Return the viewer that the connection parameters, upgrade request or cookie identify.

        Cookies are used only if the page has an allowed origin. The upgrade request's
        `Authorization` header is accepted only without an `Origin` header, because browsers always
        send `Origin`.

        Raises:
            Unauthenticated: if the token is invalid, or if a browser sent it in the `Authorization`
                header.
        """
        headers = self._websocket.headers
        if header is None and (given := with_token(headers.get("authorization"))):
            if headers.get("origin"):
                raise Unauthenticated("Send the token in the payload of connection_init.")
            header = given
        token = self._cookies.access_token
        if header or not token or not headers.get("origin"):
            return await authenticate_header(header, self._services)
        return await self._services.viewers.authenticate(token)

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
        if self._is_draining:  # the socket is about to close, and the client will reconnect
            return
        messages = OperationMessages(id_)
        if len(self._operations) >= MAX_OPERATIONS_PER_SOCKET:
            refusal = formatted([as_graphql_error(TooManyOperations(TOO_MANY_OPERATIONS))])
            group.create_task(send(self._protocol, messages.errors(refusal)))
            return
        self._operations[id_] = group.create_task(
            self._operate(messages, request), name=f"operation {id_[:64]}"
        )

    async def _operate(self, messages: OperationMessages, request: GraphQLRequest) -> None:
        starting = [self._start(messages, request)]
        del request  # frees memory while a subscription lasts
        last = await last_message(starting.pop(), messages)
        if self._operations.get(messages.key) is asyncio.current_task():
            del self._operations[messages.key]
            await send(self._protocol, last)

    async def _start(self, messages: OperationMessages, request: GraphQLRequest) -> Awaitable[None]:
        """Prepare an operation, charge its cost, and return a coroutine that serves it."""
        introspection = self._services.allows_introspection
        charge = RateLimitCharge(self._services.budgets, self.viewer, self.address)
        prepare = partial(self._documents.prepare, request, introspection=introspection)
        prepared = await charge.prepare(prepare)
        variables = given_variables(prepared, request.variables)
        await charge.pay(prepared, variables)
        context = Context(self._services, self.viewer, self.address)
        if prepared.kind is OperationType.SUBSCRIPTION:
            return await subscribe(prepared, variables, context, messages, self._protocol)
        return self._run(prepared, variables, context, messages)

    async def _run(
        self,
        prepared: Prepared,
        variables: dict[str, Any] | None,
        context: Context,
        messages: OperationMessages,
    ) -> None:
        """Run a query or mutation and send its result, even while the server is shutting down."""
        self._running_requests += 1
        try:
            result = await run(prepared, variables, context)
            await send(self._protocol, messages.result(orjson.dumps(body_of(result))))
        finally:
            self._running_requests -= 1
            if self._is_draining:
                self.drain()

    async def _send(self, message: dict[str, Any]) -> None:
        await send(self._protocol, _frame(message))


def _frame(message: dict[str, Any]) -> bytes:
    return text_frame(orjson.dumps(message))


def _message(event: Mapping[str, Any]) -> dict[str, Any]:
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
