"""HTTP connections that an answer can drop, and on which it hears that the server stops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Scope

EXTENSION = "expertbook.http"


class HttpWire(HttpToolsProtocol):
    """A connection that offers itself to the application as an ASGI extension."""

    on_drain: Callable[[], None] | None = None

    def on_message_begin(self) -> None:
        """Offer this to the application."""
        super().on_message_begin()
        self.scope["extensions"] = {EXTENSION: {"wire": self}}

    def abort(self) -> None:
        """End the connection at once, with what is still to be sent on it."""
        self.transport.abort()

    def shutdown(self) -> None:
        """Have an answer without an end end itself: the server waits for all of them."""
        super().shutdown()
        if self.on_drain:
            self.on_drain()


def wire_of(scope: Scope) -> HttpWire | None:
    """The connection, where the server offers it."""
    wire: HttpWire | None = scope.get("extensions", {}).get(EXTENSION, {}).get("wire")
    return wire
