"""Listening: the socket first, so that a taken port is known before anything is started."""

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
from web.edge.websocket_protocol import LONGEST_FRAME, WebSocketProtocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import ASGIApp

    from web.settings import Settings

BACKLOG = 2048
DRAIN_SECONDS = 10
PARENT_SECONDS = 0.5


class NotServed(Exception):
    """The program cannot serve; the text says what to do."""


class PortTaken(NotServed):
    """The address cannot be listened on."""


@contextmanager
def listening_socket(settings: Settings) -> Iterator[socket.socket]:
    """Bind the address.

    Raises:
        PortTaken: when it cannot be had.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
            listener.listen(BACKLOG)
        except OSError as error:
            raise PortTaken(_why(error, settings)) from error
        yield listener
    finally:
        listener.close()


def _why(error: OSError, settings: Settings) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {settings.port} is taken. Stop the program that has it, or choose another "
            f"one: EXPERTBOOK_PORT={settings.port % 65535 + 1}"
        )
    return (
        f"Cannot listen on {settings.host}:{settings.port} ({error.strerror}). Correct "
        "EXPERTBOOK_HOST or EXPERTBOOK_PORT."
    )


def end_with_parent() -> None:
    """From now on, end as by SIGTERM when the program that started this one has ended."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(PARENT_SECONDS)
        main = threading.main_thread().ident
        if main is not None:
            signal.pthread_kill(main, signal.SIGTERM)

    threading.Thread(target=watch, name="parent watch", daemon=True).start()


class AnnouncingServer(uvicorn.Server):
    """Says when it serves; admits so many connections."""

    def __init__(
        self, config: uvicorn.Config, connections: Connections, announce: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self.server_state = connections
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        if self.started:
            self._announce()


def serve_on(
    listener: socket.socket,
    settings: Settings,
    mongodb_url: str,
    announce: Callable[[], None],
) -> None:
    """Serve until a signal ends it.

    Args:
        listener: what to serve on.
        settings: how.
        mongodb_url: the database.
        announce: what is called once it serves.

    Raises:
        KeyboardInterrupt: at that end.
        NotServed: when the application cannot be made or does not start.
    """
    # Late, as it takes the longest: who starts in vain hears of it at once.
    from web.app import create_app  # noqa: PLC0415

    try:
        app = create_app(settings, mongodb_url)
    except RuntimeError as error:  # of parts that are not installed
        raise NotServed(str(error)) from error
    connections = Connections(settings.proxies, has_caps=settings.throttle == "on")
    server = AnnouncingServer(uvicorn_config(app, settings), connections, announce)
    server.run(sockets=[listener])
    if not server.started:
        raise NotServed("The program did not start; the lines above say why.")


def uvicorn_config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """How uvicorn serves, by one process or by several."""
    return uvicorn.Config(
        app,
        http=HttpProtocol,
        ws=WebSocketProtocol,
        ws_max_size=LONGEST_FRAME,
        ws_per_message_deflate=False,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        log_config=None,
        # A pipelined request is begun from within the one before it.
        reset_contextvars=True,
        # Its debug lines hold what is sent over sockets.
        log_level={"debug": "info", "info": "warning"}.get(settings.log_level, settings.log_level),
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
