"""Reminders of upcoming sessions: e-mails in the outbox that are due before the session starts.

A confirmed booking has one outbox row for all of its reminders; the row's id is the booking's id.
The e-mail in the row is sent once per reminder, at that reminder's time. The ledger inserts,
replaces and deletes the row in the same transaction that changes the booking.
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
"""Kinds of e-mail about changes that make a booking's earlier reminders obsolete."""


class Reminders:
    """Derives reminders from the e-mails of a transaction.

    Args:
        lead_times: times before the start of a session at which the client is reminded.

    Attributes:
        rows: the new outbox rows of the reminders, by booking id.
        withdrawn: ids of the bookings whose former reminder row, if any, must be deleted.
    """

    def __init__(self, lead_times: Sequence[timedelta]) -> None:
        self._lead_times = lead_times
        self.rows: dict[Id, Row] = {}
        self.withdrawn: list[Id] = []

    def add(self, mail: Mail, row: Row) -> None:
        """Derive reminders from an e-mail and its outbox row; call this for e-mails in order."""
        occasion = mail.occasion
        if occasion is None:
            return
        if mail.kind in ENDING:
            self.rows.pop(occasion.booking_id, None)
            self.withdrawn.append(occasion.booking_id)
        if occasion.status is BookingStatus.CONFIRMED and Party.CLIENT in mail.to:
            times = sorted(occasion.starts_at - lead for lead in self._lead_times)
            # Leave out reminders that would have been due before the change.
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
