"""Reminders of upcoming sessions: rows of the outbox that are due some time before the start.

A confirmed booking has one row, under the booking's own id, which is sent at each reminder's time.
The ledger inserts, replaces and deletes the row in the transaction of the booking's change.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from models.bookings.booking import BookingStatus
from models.bookings.outbox import Lane, MailKind, Party

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.bookings.outbox import Mail
    from models.ids import Id

    Row = dict[str, Any]

DEFAULT_LEAD_TIMES: Final = (timedelta(days=1), timedelta(hours=1))
ENDING: Final = frozenset({MailKind.CONFIRMED, MailKind.MOVED, MailKind.CANCELLED})
"""Mails about changes that withdraw the reminders of the earlier state."""


class Reminders:
    """Collects the reminders of a transaction from its mails.

    Args:
        lead_times: times before the start at which the client is reminded.

    Attributes:
        rows: the new rows, by booking.
        withdrawn: bookings whose former row is to be deleted, if there is one.
    """

    def __init__(self, lead_times: Sequence[timedelta]) -> None:
        self._lead_times = lead_times
        self.rows: dict[Id, Row] = {}
        self.withdrawn: list[Id] = []

    def add(self, mail: Mail, row: Row) -> None:
        """Derive reminders from a mail and its row; a booking's mails must be added in order."""
        occasion = mail.occasion
        if occasion is None:
            return
        if mail.kind in ENDING:
            self.rows.pop(occasion.booking_id, None)
            self.withdrawn.append(occasion.booking_id)
        if occasion.status is BookingStatus.CONFIRMED and Party.CLIENT in mail.to:
            times = sorted(occasion.starts_at - lead for lead in self._lead_times)
            # Reminders that would be due before the change are left out.
            due = [at for at in times if at > mail.created_at]
            if due:
                self.rows[occasion.booking_id] = {
                    **row,
                    "_id": occasion.booking_id,
                    "kind": MailKind.REMINDER,
                    "lane": Lane.REMINDER,
                    "to": [Party.CLIENT],
                    "due_at": due[0],
                    "repeats": due[1:],
                }
