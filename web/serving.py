"""Bind the listening socket and run uvicorn; a port in use is reported before anything starts."""

from __future__ import annotations

import errno
import os
import signal
import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

from web.edge.connections import Connections
from web.edge.http_protocol import IDLE_SECONDS, HttpProtocol
from web.edge.websocket_protocol import MAX_FRAME_BYTES, WebSocketProtocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import ASGIApp

    from web.settings import Settings

BACKLOG = 2048
DRAIN_SECONDS = 10
PARENT_POLL_SECONDS = 0.5
PONG_SECONDS = 20.0
"""Time in which a client must respond to a WebSocket ping; otherwise, the socket is closed."""


class NotServed(Exception):
    """The server cannot start or has failed; the message says how to proceed."""


class PortTaken(NotServed):
    """The host and port cannot be bound."""


@contextmanager
def listening_socket(settings: Settings) -> Iterator[socket.socket]:
    """Listen on the configured host and port for the duration of the context.

    Raises:
        PortTaken: if the port is in use or cannot be bound.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
            listener.listen(BACKLOG)
        except OSError as error:
            raise PortTaken(_bind_error(error, settings)) from error
        yield listener
    finally:
        listener.close()


def _bind_error(error: OSError, settings: Settings) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {settings.port} is in use. Stop the program that uses it, or choose another "
            f"port: EXPERTBOOK_PORT={settings.port % 65535 + 1}"
        )
    return (
        f"Cannot listen on {settings.host}:{settings.port} ({error.strerror}). Correct "
        "EXPERTBOOK_HOST or EXPERTBOOK_PORT."
    )


def end_with_parent() -> None:
    """Start a thread that sends this process SIGTERM when its parent process has ended."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(PARENT_POLL_SECONDS)
        main = threading.main_thread().ident
        if main is not None:
            signal.pthread_kill(main, signal.SIGTERM)

    threading.Thread(target=watch, name="parent watch", daemon=True).start()


class AnnouncingServer(uvicorn.Server):
    """Uvicorn server that limits its connections, and ends when the application has ended.

    Attributes:
        has_failed: whether the application ended by itself.
    """

    def __init__(
        self, config: uvicorn.Config, connections: Connections, announce: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self.server_state = connections
        self._announce = announce
        self.has_failed = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the server, then call `announce`."""
        await super().startup(sockets)
        if self.started:
            self._announce()

    async def on_tick(self, counter: int) -> bool:
        """Return whether to stop the server; plain uvicorn would go on after the lifespan ended."""
        should_stop = await super().on_tick(counter)
        self.has_failed = not should_stop and self.lifespan.shutdown_event.is_set()
        return should_stop or self.has_failed


def serve_on(
    listener: socket.socket,
    settings: Settings,
    mongodb_url: str,
    announce: Callable[[], None],
) -> None:
    """Serve until a signal ends the process.

    Args:
        listener: the listening socket.
        settings: the application's settings.
        mongodb_url: the URL of the database.
        announce: called once the server is ready.

    Raises:
        KeyboardInterrupt: after SIGINT or SIGTERM.
        NotServed: if the application cannot be built, does not start, or ends by itself.
    """
    # This import is slow, so earlier errors, such as invalid settings, are reported before it.
    from web.app import create_app  # noqa: PLC0415

    try:
        app = create_app(settings, mongodb_url)
    except RuntimeError as error:  # packages are missing or settings are incomplete
        raise NotServed(str(error)) from error
    connections = Connections(settings.proxies, has_caps=settings.throttle == "on")
    server = AnnouncingServer(uvicorn_config(app, settings), connections, announce)
    server.run(sockets=[listener])
    if not server.started:
        raise NotServed("The server did not start; see the log above.")
    if server.has_failed:
        raise NotServed("The server stopped because a part of it failed; see the log above.")


def uvicorn_config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """Return the uvicorn configuration, which is the same for a single process and for workers."""
    return uvicorn.Config(
        app,
        # Uvicorn cannot detect the interface, because the outermost middleware is not a coroutine
        # function.
        interface="asgi3",
        http=HttpProtocol,
        ws=WebSocketProtocol,
        ws_max_size=MAX_FRAME_BYTES,
        ws_per_message_deflate=False,
        ws_ping_timeout=PONG_SECONDS,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        log_config=None,
        # Otherwise, a pipelined request would inherit the context variables of the request before
        # it.
        reset_contextvars=True,
        # Uvicorn never logs at debug level, because it would log the payload of WebSocket messages.
        log_level={"debug": "info", "info": "warning"}.get(settings.log_level, settings.log_level),
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
