"""A ledger process that is killed after its last write and before its commit."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

from pymongo import monitoring

from models import database
from models.ledger.ledger import Ledger
from models.store import connection
from tests.support.commands import FunctionCommand

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.bookings.booking import Booking
    from models.bookings.command import Agendas, Command
    from models.bookings.events import Event
    from models.ids import Id

PATIENCE_SECONDS = 120


async def ignore_events(_: Sequence[Event]) -> None:
    """Ignore committed events."""


def longer_horizon(calendar_id: Id) -> Command:
    """Return a command that extends the booking horizon by a day."""

    def decide(agendas: Agendas) -> list[Booking]:
        agenda = agendas[calendar_id]
        agenda.replace_rules(agenda.rules.with_changes(horizon_days=agenda.rules.horizon_days + 1))
        return []

    return FunctionCommand(function=decide, expert_ids=[calendar_id])


class _KilledAtCommit(monitoring.CommandListener):
    """Kills this process with SIGKILL just before the driver sends a commit."""

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if event.command_name == "commitTransaction":
            os.kill(os.getpid(), signal.SIGKILL)

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Do nothing."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Do nothing."""


def die_at_commit(url: str, calendar_id: Id) -> None:
    """Make the change; the process is killed between its last write and its commit."""
    # Connections can be slow on a busy machine.
    connection.STARTUP_TIMEOUT_SECONDS = PATIENCE_SECONDS
    connection.SERVER_TIMEOUT_MS = PATIENCE_SECONDS * 1000
    monitoring.register(_KilledAtCommit())
    asyncio.run(_change(url, calendar_id))


async def _change(url: str, calendar_id: Id) -> None:
    async with (
        database.open_database(url) as client,
        Ledger(client, ignore_events).open() as ledger,
    ):
        await ledger.post(longer_horizon(calendar_id))
