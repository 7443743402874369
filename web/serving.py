"""Listening: the socket first, so that a taken port is known before anything is started."""

from __future__ import annotations

import errno
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

from web.app import create_app
from web.seed import DEMO_ACCOUNTS, DEMO_PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from web.settings import Settings

BACKLOG = 2048
DRAIN_SECONDS = 10
LONGEST_FRAME = 64 * 1024


class PortTaken(Exception):
    """The address cannot be listened on; the text says what to do."""


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
        except OSError as error:
            raise PortTaken(_why(error, settings)) from error
        listener.listen(BACKLOG)
        yield listener
    finally:
        listener.close()


def _why(error: OSError, settings: Settings) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {settings.port} is taken. Stop the program that has it, or choose another "
            f"one: EXPERTBOOK_PORT={settings.port % 65535 + 1}"
        )
    return f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}."


class AnnouncingServer(uvicorn.Server):
    """Says what to open once it can be opened."""

    def __init__(self, config: uvicorn.Config, settings: Settings, console: Console) -> None:
        super().__init__(config)
        self._settings = settings
        self._console = console

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        if self.started:
            announce(self._settings, self._console)


def announce(settings: Settings, console: Console) -> None:
    """Print what to open, and who can sign in."""
    console.print(f"\n[bold]ExpertBook[/bold] is ready at [bold]{settings.address}[/bold]")
    if settings.shows_graphiql:
        console.print(f"  GraphiQL        {settings.address}/graphql")
    console.print(f"  Subscriptions   {settings.address.replace('http', 'ws', 1)}/graphql")
    if settings.experts and not settings.is_production:
        for address, role in DEMO_ACCOUNTS:
            console.print(f"  {role.value.capitalize():15} {address}  {DEMO_PASSWORD}")
    console.print("Stop it with Ctrl-C.\n")


def serve_on(
    listener: socket.socket, settings: Settings, mongodb_url: str, console: Console
) -> None:
    """Serve until a signal ends it."""
    config = uvicorn.Config(
        create_app(settings, mongodb_url),
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=LONGEST_FRAME,
        ws_per_message_deflate=False,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        log_level=settings.log_level if settings.log_level != "info" else "warning",
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    try:
        AnnouncingServer(config, settings, console).run(sockets=[listener])
    except KeyboardInterrupt:
        console.print("Stopped.")
