"""A ledger process that is killed after its last write and before its commit."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

from pymongo import monitoring

from models import database
from models.bookings.booking import Booking
from models.ledger.ledger import Ledger
from models.store import connection
from tests.support.commands import FunctionCommand
from tests.support.ledgers import cancel_command

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from models.bookings.command import Agendas, Command
    from models.bookings.events import Event
    from models.ids import Id

PATIENCE_SECONDS = 120


async def ignore_events(_: Sequence[Event]) -> None:
    """Ignore committed events."""


def longer_horizon(calendar_id: Id) -> Command:
    """Return a command that extends a calendar's booking horizon by a day."""

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
    """Extend a calendar's booking horizon; this process is killed just before the commit."""

    async def change() -> Command:
        return longer_horizon(calendar_id)

    _die_at_commit(url, change)


def die_at_offer(url: str, booking_id: Id) -> None:
    """Cancel a booking, so that the ledger offers its time to the next client in line.

    This process is killed just before the commit.
    """

    async def change() -> Command:
        booking = await Booking.get(booking_id)
        assert booking
        return cancel_command(booking)

    _die_at_commit(url, change)


def _die_at_commit(url: str, change: Callable[[], Awaitable[Command]]) -> None:
    # The timeouts are long, because connecting to the database can be slow on a busy machine.
    connection.STARTUP_TIMEOUT_SECONDS = PATIENCE_SECONDS
    connection.SERVER_TIMEOUT_MS = PATIENCE_SECONDS * 1000
    monitoring.register(_KilledAtCommit())
    asyncio.run(_post(url, change))


async def _post(url: str, change: Callable[[], Awaitable[Command]]) -> None:
    async with (
        database.open_database(url) as client,
        Ledger(client, ignore_events).open() as ledger,
    ):
        await ledger.post(await change())
