"""Raw HTTP connections, for requests that client libraries would not send."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

QUERY = json.dumps({"query": "{ __typename }"}).encode()
CHUNKED = ("Content-Type: application/json", "Transfer-Encoding: chunked")
PATIENCE_SECONDS = 60
"""Generous deadline; only a server that hangs exceeds it."""
INITIALISE = b"\x81\x9b\0\0\0\0" + b'{"type": "connection_init"}'
"""A client's WebSocket frame with `connection_init`, masked with zeros (RFC 6455, section 5.2)."""


@dataclass(frozen=True)
class RawResponse:
    """An HTTP response."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def error(self) -> dict[str, Any]:
        """The only GraphQL error in the body."""
        [error] = json.loads(self.body)["errors"]
        found: dict[str, Any] = error
        return found


class RawConnection:
    """A TCP connection over which tests send arbitrary bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, *parts: bytes) -> None:
        """Send bytes; ignore the error if the server has closed the connection."""
        for part in parts:
            self.writer.write(part)
        try:
            await self.writer.drain()
        except ConnectionError:
            return

    async def read_head(self) -> RawResponse:
        """Read the status line and the headers of the next response."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").rstrip().split("\r\n")
        headers: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(":")
            name = name.lower()
            headers[name] = ", ".join(filter(None, [headers.get(name), value.strip()]))
        return RawResponse(int(first.split()[1]), headers, b"")

    async def read_response(self, seconds: float = PATIENCE_SECONDS) -> RawResponse:
        """Read the next response; raise TimeoutError if it does not arrive within `seconds`."""
        async with asyncio.timeout(seconds):
            answer = await self.read_head()
            if answer.headers.get("transfer-encoding") == "chunked":
                return replace(answer, body=await self._read_chunks())
            body = await self.reader.readexactly(int(answer.headers.get("content-length", "0")))
        return replace(answer, body=body)

    async def _read_chunks(self) -> bytes:
        """Read a body in chunked transfer encoding that has no trailers."""
        body = b""
        while size := int((await self.reader.readline()).partition(b";")[0], 16):
            body += await self.reader.readexactly(size)
            await self.reader.readline()
        await self.reader.readline()
        return body

    async def read_to_end(self, seconds: float = PATIENCE_SECONDS) -> bytes:
        """Read until the server closes the connection; raise TimeoutError after `seconds`."""
        async with asyncio.timeout(seconds):
            try:
                return await self.reader.read()
            except ConnectionError:
                return b""


@asynccontextmanager
async def connect(
    address: str, source: str = "", receive_buffer: int = 0
) -> AsyncIterator[RawConnection]:
    """Connect to a server, and yield the connection.

    Args:
        address: the server's URL.
        source: the local network address to connect from.
        receive_buffer: size of the receive buffer in bytes; 0 for the default.
    """
    parts = urlsplit(address)
    end = socket.socket()
    if receive_buffer:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    end.bind((source, 0))
    end.setblocking(False)  # noqa: FBT003 - positional in the standard library
    await asyncio.get_running_loop().sock_connect(end, (parts.hostname, parts.port))
    reader, writer = await asyncio.open_connection(sock=end)
    try:
        yield RawConnection(reader, writer)
    finally:
        writer.transport.abort()


def request(
    method: str = "POST",
    path: str = "/graphql",
    *lines: str,
    host: str | None = "127.0.0.1",
    body: bytes | None = None,
) -> bytes:
    """Return an HTTP request, with a Content-Length header if it has a body."""
    head = [f"{method} {path} HTTP/1.1", *lines]
    if host is not None:
        head.insert(1, f"Host: {host}")
    if body is not None:
        head += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*head, "", ""]).encode("latin-1") + (body or b"")


def chunk(data: bytes, extension: bytes = b"") -> bytes:
    """Return one chunk of a body in chunked transfer encoding."""
    return b"%x%b\r\n%b\r\n" % (len(data), extension, data)


def handshake(method: str = "GET", *lines: str, host: str = "127.0.0.1") -> bytes:
    """Return the HTTP request that begins a WebSocket handshake."""
    return request(
        method,
        "/graphql",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Protocol: graphql-transport-ws",
        *lines,
        host=host,
    )


async def send_raw(address: str, *parts: bytes, source: str = "") -> RawResponse:
    """Send bytes on a new connection and return the response."""
    async with connect(address, source) as line:
        await line.send(*parts)
        return await line.read_response()


def is_connection_open(address: str, port: int) -> bool:
    """Return whether the server still keeps a connection from `port` open (proc_net_tcp(5))."""
    ends = [f"0100007F:{number:04X}" for number in (urlsplit(address).port or 0, port)]
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
    inodes = [row[9] for row in rows if row[1:3] == ends]
    return inodes not in ([], ["0"])
