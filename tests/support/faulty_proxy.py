"""A TCP proxy between a browser and a server, to simulate network failures."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.support.servers import free_port

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import AsyncIterator

UPGRADE = b"\r\nupgrade: websocket\r\n"
REFUSAL = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
CHUNK = 65536


@dataclass
class FaultyProxy:
    """A TCP proxy for one server; with `refuses_sockets` it blocks WebSockets."""

    site: str
    refuses_sockets: bool = False
    port: int = field(default_factory=free_port)
    refused: int = 0
    _is_cut: bool = True
    _server: asyncio.Server | None = None
    _writers: set[StreamWriter] = field(default_factory=set)

    @property
    def address(self) -> str:
        """The proxy's URL."""
        return f"http://127.0.0.1:{self.port}"

    async def restore(self) -> None:
        """Start to accept connections."""
        self._is_cut = False
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", self.port)

    async def cut(self) -> None:
        """Abort all connections, and accept no more."""
        self._is_cut = True
        if self._server:
            self._server.close()
            self._server = None
        for open_writer in [*self._writers]:
            open_writer.transport.abort()
        await asyncio.sleep(0)

    async def _relay(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._writers.add(writer)
        try:
            url = urlsplit(self.site)
            with suppress(OSError):
                upstream, sending = await asyncio.open_connection(url.hostname, url.port)
                self._writers.add(sending)
                try:
                    # The client's connection was accepted just before the cut.
                    if self._is_cut:
                        return
                    await asyncio.gather(
                        self._copy(reader, sending, writer), self._copy(upstream, writer, None)
                    )
                finally:
                    self._writers.discard(sending)
                    sending.close()
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _copy(
        self, source: StreamReader, target: StreamWriter, client: StreamWriter | None
    ) -> None:
        with suppress(OSError):
            while chunk := await source.read(CHUNK):
                if client and self.refuses_sockets and UPGRADE in chunk.lower():
                    self.refused += 1
                    client.write(REFUSAL)
                    break
                target.write(chunk)
                await target.drain()
        target.close()


@asynccontextmanager
async def open_proxy(site: str, *, refuses_sockets: bool = False) -> AsyncIterator[FaultyProxy]:
    """Open a proxy to a server; the proxy accepts connections until it is cut."""
    proxy = FaultyProxy(site, refuses_sockets)
    await proxy.restore()
    try:
        yield proxy
    finally:
        await proxy.cut()
