"""The number of commands that the driver sends to the database."""

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

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Count a command unless it belongs to a heartbeat."""
        is_heartbeat = (
            event.command_name == "killSessions"
            or event.command.get(event.command_name) == Writer.Settings.name
        )
        if self.count is not None and not is_heartbeat:
            self.count += 1

    def succeeded(self, _event: monitoring.CommandSucceededEvent) -> None:
        """Do nothing."""

    def failed(self, _event: monitoring.CommandFailedEvent) -> None:
        """Do nothing."""

    @contextmanager
    def counted(self) -> Iterator[CommandCounter]:
        """Reset the counter and count within the block."""
        self.count = 0
        yield self


COMMANDS = CommandCounter()
monitoring.register(COMMANDS)
