"""Tests of `WebSocketProtocol`, which uses internals of uvicorn and websockets that may change."""

from __future__ import annotations

import asyncio
import inspect
import re
from typing import TYPE_CHECKING, Any
from unittest.mock import MagicMock

import pytest
from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from web.edge.websocket_protocol import EXTENSION, Handshake, WebSocketProtocol, text_frame

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

OWN_ATTRIBUTES = {
    *("_frames_read", "_keepalive", "_keepalive_group", "_next_turn", "_rate_limit", "_unread"),
    *("on_drain", "on_lost"),
}
OWN_METHODS = {"_read", "_read_turn", "abort", "drained", "keep_alive", "write"}
REQUEST = (
    b"GET /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
SOURCE = inspect.getsource(WebSocketsSansIOProtocol)
PATIENCE_SECONDS = 60


def methods_of(class_: type) -> set[str]:
    """Return the names of the methods that a class itself defines."""
    return {name for name, value in vars(class_).items() if inspect.isfunction(value)}


def test_overridden_methods_and_declared_attributes_exist_in_the_base_class() -> None:
    base = methods_of(WebSocketsSansIOProtocol)
    assert methods_of(WebSocketProtocol) - OWN_METHODS <= base
    assert not OWN_METHODS & base
    assigned = set(re.findall(r"self\.(\w+)(?:: .+?)? = ", SOURCE))
    assert set(WebSocketProtocol.__slots__) - OWN_ATTRIBUTES <= assigned
    assert not OWN_ATTRIBUTES & assigned
    assert methods_of(Handshake) <= methods_of(ServerProtocol)


def test_base_class_calls_only_methods_that_inbox_and_gate_have() -> None:
    """`Inbox` replaces the base class's queue, and `Gate` replaces its event."""
    queue = {*re.findall(r"self\.queue\.(\w+)", SOURCE)}
    event = {*re.findall(r"self\.writable\.(\w+)", SOURCE)}
    assert (queue, event) == ({"empty", "get", "put_nowait"}, {"clear", "set", "wait"})


async def test_frame_is_written_to_the_transport_of_an_accepted_socket() -> None:
    """All attributes are in `__slots__`, because a `__dict__` would cost memory for each socket."""
    reached: asyncio.Future[WebSocketProtocol] = asyncio.get_running_loop().create_future()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        reached.set_result(scope["extensions"][EXTENSION])
        await receive()

    transport: Any = MagicMock()
    transport.is_closing.return_value = False
    transport.get_extra_info.return_value = None
    config = Config(app, ws_per_message_deflate=False)
    protocol = WebSocketProtocol(config, ServerState(), {})
    protocol.connection_made(transport)
    protocol.data_received(REQUEST)
    assert await asyncio.wait_for(reached, PATIENCE_SECONDS) is protocol
    transport.write.reset_mock()
    assert protocol.write(text_frame(b"a", b"b" * 200))
    transport.write.assert_called_once_with(b"\x81\x7e\x00\xc9a" + b"b" * 200)
    protocol.pause_writing()
    assert not protocol.write(text_frame(b"c"))
    assert vars(protocol) == {}
    protocol.connection_lost(None)
    with pytest.raises(ConnectionAbortedError):
        await protocol.drained()
    assert not protocol.write(text_frame(b"d"))


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_client_can_decode_a_text_frame(size: int) -> None:
    client = ClientProtocol(parse_uri("ws://localhost"), state=State.OPEN)
    client.receive_data(text_frame(b"x" * size))
    assert client.events_received() == [Frame(Opcode.TEXT, b"x" * size)]
