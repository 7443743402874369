"""Trace spans of database commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymongo.monitoring import CommandListener

from models.telemetry.tracing import tracer

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymongo.monitoring import (
        CommandFailedEvent,
        CommandStartedEvent,
        CommandSucceededEvent,
    )

MAX_OPEN_SPANS = 1_000
"""Maximum number of open spans. The driver does not report the end of cancelled commands, so the
oldest spans beyond this number are dropped."""


class CommandSpans(CommandListener):
    """Records a span per database command, with the command's name and collection, not its data."""

    def __init__(self) -> None:
        self._open: dict[int, Callable[[bool], None]] = {}

    def started(self, event: CommandStartedEvent) -> None:
        """Start a span if the command belongs to a traced request."""
        name = event.command_name
        attributes: dict[str, str | int] = {
            "db.system.name": "mongodb",
            "db.operation.name": name,
        }
        collection = event.command.get("collection" if name == "getMore" else name)
        if isinstance(collection, str):
            attributes["db.collection.name"] = collection
        if end := tracer().start_span(f"mongodb {name}", attributes):
            self._open[event.request_id] = end
            if len(self._open) > MAX_OPEN_SPANS:
                del self._open[next(iter(self._open))]

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """End the command's span."""
        self._end(event.request_id, failed=False)

    def failed(self, event: CommandFailedEvent) -> None:
        """End the command's span with an error status."""
        self._end(event.request_id, failed=True)

    def _end(self, request_id: int, *, failed: bool) -> None:
        if end := self._open.pop(request_id, None):
            end(failed)
