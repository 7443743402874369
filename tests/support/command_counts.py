"""Counts the commands that the MongoDB driver sends to the database."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from pymongo import monitoring

from models.store.writers import Writer

if TYPE_CHECKING:
    from collections.abc import Iterator


class CommandCounter(monitoring.CommandListener):
    """Counts the commands that the driver sends, except the heartbeats of ledgers."""

    def __init__(self) -> None:
        self.count: int | None = None
        self._collection = ""

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Count a command if its collection is counted and it does not belong to a heartbeat."""
        collection = event.command.get(event.command_name)
        is_heartbeat = event.command_name == "killSessions" or collection == Writer.Settings.name
        is_wanted = self._collection in ("", collection)
        if self.count is not None and is_wanted and not is_heartbeat:
            self.count += 1

    def succeeded(self, _event: monitoring.CommandSucceededEvent) -> None:
        """Do nothing."""

    def failed(self, _event: monitoring.CommandFailedEvent) -> None:
        """Do nothing."""

    @contextmanager
    def counted(self, collection: str = "") -> Iterator[CommandCounter]:
        """Reset the counter; count commands to the given collection, or by default to all."""
        self.count = 0
        self._collection = collection
        yield self


COMMANDS = CommandCounter()
monitoring.register(COMMANDS)
