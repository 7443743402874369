"""The graphql-transport-ws protocol, tested message by message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import AsyncMock, Mock

import pytest
import websockets
from uvicorn.protocols.utils import ClientDisconnected

from schema.execution.limits import MAX_COST
from tests.support.clients import PATIENCE_SECONDS, Socket, open_socket
from web.edge.websocket_protocol import EXTENSION
from web.graphql.socket import MAX_ID_CHARS, PROTOCOL, Connection
from web.graphql.sockets import Sockets

if TYPE_CHECKING:
    from tests.support.clients import Api

WATCH = "subscription ($id: ID!) { slotBooked(expertId: $id) { sequence } }"


async def test_query_over_a_socket_gets_one_result(api: Api) -> None:
    async with open_socket(api.url) as socket:
        await socket.initialise()
        await socket.subscribe("q", "{ __typename }")
        cost = {"requested": 1, "limit": MAX_COST}
        payload = {"data": {"__typename": "Query"}, "extensions": {"cost": cost}}
        assert await socket.receive() == {"id": "q", "type": "next", "payload": payload}
        assert await socket.receive() == {"id": "q", "type": "complete"}


@pytest.mark.parametrize("payload", [None, {}, {"more": 1}])
async def test_connection_init_accepts_any_payload_but_only_once(api: Api, payload: Any) -> None:
    async with open_socket(api.url) as socket:
        await socket.send(type="connection_init", payload=payload)
        assert await socket.receive() == {"type": "connection_ack"}
        await socket.send(type="connection_init")
        assert await socket.close_code() == 4429


@pytest.mark.parametrize("payload", [None, {"a": [1]}])
async def test_ping_is_answered_with_its_payload_at_any_time(api: Api, payload: Any) -> None:
    async with open_socket(api.url) as socket:
        await socket.send(type="ping", payload=payload)
        pong = {"type": "pong"} if payload is None else {"type": "pong", "payload": payload}
        assert await socket.receive() == pong


async def test_socket_without_timely_connection_init_is_closed(api: Api) -> None:
    async with open_socket(api.url) as socket:
        assert await socket.close_code() == 4408


async def test_subscribing_before_the_acknowledgement_is_unauthorized(api: Api) -> None:
    async with open_socket(api.url) as socket:
        await socket.subscribe("1", "{ __typename }")
        assert await socket.close_code() == 4401


@pytest.mark.parametrize("subprotocol", ["graphql-ws", ""])
async def test_other_websocket_subprotocols_are_refused(api: Api, subprotocol: str) -> None:
    address = api.url.replace("http", "ws", 1) + "/graphql"
    protocols = [websockets.Subprotocol(subprotocol)] if subprotocol else None
    async with websockets.connect(
        address, subprotocols=protocols, open_timeout=PATIENCE_SECONDS
    ) as connection:
        assert await Socket(connection).close_code() == 4406


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "nonsense",
        "5",
        "[]",
        "null",
        "{}",
        '{"type": 5}',
        '{"type": "unknown"}',
        '{"type": "connection_init", "payload": 5}',
        '{"type": "ping", "payload": "x"}',
        '{"type": "subscribe", "payload": {"query": "{ __typename }"}}',
        '{"type": "subscribe", "id": "", "payload": {"query": "{ __typename }"}}',
        '{"type": "subscribe", "id": 5, "payload": {"query": "{ __typename }"}}',
        '{"type": "subscribe", "id": "2"}',
        '{"type": "subscribe", "id": "2", "payload": {"query": 5}}',
        '{"type": "subscribe", "id": "2", "payload": {"query": "{ a }", "variables": 5}}',
        '{"type": "complete"}',
        b"\x00\xff",
        '{"type":"complete","id":"%s"}' % ("x" * (MAX_ID_CHARS + 1)),
    ],
)
async def test_malformed_message_closes_the_socket(api: Api, frame: str | bytes) -> None:
    async with open_socket(api.url) as socket:
        if "connection_init" not in str(frame):
            await socket.initialise()
        await socket.connection.send(frame)
        assert await socket.close_code() == 4400


async def test_client_may_disconnect_while_the_server_closes_the_socket() -> None:
    protocol = AsyncMock(abort=Mock())
    protocol.receive.return_value = {"type": "websocket.receive", "text": '{"type": "unknown"}'}
    protocol.send.side_effect = ClientDisconnected
    websocket = AsyncMock(
        scope={
            "client": ("127.0.0.1", 1),
            "extensions": {EXTENSION: protocol},
            "subprotocols": [PROTOCOL],
        }
    )
    await Connection(websocket, Mock(), Mock(), Mock()).serve(Sockets())
    protocol.send.assert_awaited_once()
    protocol.abort.assert_called_once()


async def test_operation_id_cannot_be_reused_until_its_operation_ends(
    api: Api, experts: list[dict[str, Any]]
) -> None:
    async with open_socket(api.url) as socket:
        await socket.initialise()
        await socket.subscribe("1", WATCH, id=experts[0]["id"])
        await socket.send(type="complete", id="1")
        await socket.subscribe("1", WATCH, id=experts[0]["id"])
        await socket.subscribe("1", WATCH, id=experts[0]["id"])
        assert await socket.close_code() == 4409


@pytest.mark.parametrize("query", ["{", "{ nonsense }", "subscription { nonsense }"])
async def test_invalid_document_gets_an_error_and_other_operations_continue(
    api: Api, experts: list[dict[str, Any]], query: str
) -> None:
    async with open_socket(api.url) as socket:
        await socket.initialise()
        await socket.subscribe("good", WATCH, id=experts[0]["id"])
        await socket.subscribe("bad", query)
        error = await socket.receive()
        assert (error["type"], error["id"]) == ("error", "bad")
        assert error["payload"][0]["extensions"]["code"].startswith("GRAPHQL_")
        await socket.subscribe("bad", "{ __typename }")
        assert (await socket.receive())["type"] == "next"
        assert await socket.receive() == {"id": "bad", "type": "complete"}


async def test_oversized_frame_closes_the_socket(api: Api) -> None:
    async with open_socket(api.url) as socket:
        await socket.initialise()
        await socket.subscribe("1", "{ __typename }" + " " * 70_000)
        assert await socket.close_code() in {1009, 4400}
