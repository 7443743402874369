"""Commands that the database refuses: logged with their error code, and shown by /readyz.

Sources: https://www.mongodb.com/docs/manual/reference/error-codes/ and, for error replies,
https://www.mongodb.com/docs/manual/reference/method/db.runCommand/#response
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from pymongo.monitoring import CommandListener

from models.store.transactions import DUPLICATE_KEY, NO_SUCH_TRANSACTION, RACES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymongo.monitoring import (
        CommandFailedEvent,
        CommandStartedEvent,
        CommandSucceededEvent,
    )

log = logging.getLogger(__name__)

CHANGE_STREAM: Final = "$changeStream"
NOT_SUPPORTED: Final = frozenset({59, 115})
"""Codes of the errors CommandNotFound and CommandNotSupported."""
HARMLESS: Final = frozenset({26, 48, DUPLICATE_KEY})
"""Error codes of collections that do not exist yet or that another process has created, and of
duplicates that unique indexes prevent."""
LOST_RACES: Final = (RACES | {24, 246}) - HARMLESS
MAX_LOST_RACES = 20
"""Number of times in a row that a command may lose a race; more are a refusal."""
LASTING: Final = NOT_SUPPORTED | {13, 20, 40573}
"""Error codes of refusals that last until an operator acts; /readyz shows others for a minute."""
SECONDS_SHOWN = 60.0
MAX_SHOWN = 20

NO_PRIMARY: Final = "The replica set has no primary. See rs.status(); a majority must be up."
_NO_MAJORITY = "Writes do not reach a majority of the members. See rs.status(), and start them."
_NO_CONNECTION = "A database server cannot reach another one. Check its log and the network."
_OVERLOADED = "The database is overloaded. See its slow query log."
_CONTENDED = "Other transactions lock the same documents again and again. See db.currentOp()."
_NOT_A_MEMBER = "The server has no replica set. Start it with --replSet rs0; run rs.initiate()."
_REMEDIES: Final = {
    **dict.fromkeys((91, 133, 189, 10107, 11600, 11602, 13435, 13436), NO_PRIMARY),
    **dict.fromkeys((64, 79, 100, 134), _NO_MAJORITY),
    13: "Give the account of MONGODB_URL the role readWrite on the database.",
    18: "Correct the user name and password in MONGODB_URL.",
    20: _NOT_A_MEMBER,
    40573: _NOT_A_MEMBER,
    **dict.fromkeys((6, 7, 89, 9001), _NO_CONNECTION),
    **dict.fromkeys((50, 262), _OVERLOADED),
    **dict.fromkeys(NOT_SUPPORTED, "Use a MongoDB server of version 8.0 or newer."),
    14031: "The database's disk is full. Free space on it.",
    **dict.fromkeys(LOST_RACES, _CONTENDED),
    **dict.fromkeys(
        (222, 260, 280, 286), "Nothing to do: missed events are read from the event log."
    ),
}
_REMEDIES_BY_COMMAND: Final = {
    "bulkWrite": "Finish the upgrade to MongoDB 8.0: db.adminCommand("
    '{setFeatureCompatibilityVersion: "8.0", confirm: true}), then restart this program.',
    "killSessions": "Calendars of a killed process stay locked for a minute. Use Atlas M10 or "
    "larger.",
    CHANGE_STREAM: "Use a replica set of MongoDB 4.2 or newer, or set EXPERTBOOK_BROADCAST_URL to "
    "a Redis or Valkey server.",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error reply to a database command: the command's name, and the error's code and name."""

    command: str
    code: int
    code_name: str

    @property
    def remedy(self) -> str:
        """The action that the operator should take."""
        is_special = self.code in NOT_SUPPORTED or self.command == "killSessions"
        if is_special and self.command in _REMEDIES_BY_COMMAND:
            return _REMEDIES_BY_COMMAND[self.command]
        return _REMEDIES.get(self.code, "See the database's log.")

    def __str__(self) -> str:
        return f"{self.command} was refused with {self.code} {self.code_name}. {self.remedy}"


class RefusalLog(CommandListener):
    """Logs refused commands, and keeps the refusals of commands that have not succeeded since.

    A command that is refused again and again with the same error is logged once a minute.
    """

    def __init__(self) -> None:
        self._streams: set[int] = set()
        self._latest: dict[str, tuple[Refusal, float]] = {}
        self._lost_races: Counter[str] = Counter()

    def current(self) -> list[Refusal]:
        """Return the lasting or recent refusals of commands that have not succeeded since."""
        now = monotonic()
        return [
            refusal
            for refusal, at in self._latest.values()
            if refusal.code in LASTING or now - at < SECONDS_SHOWN
        ]

    def started(self, event: CommandStartedEvent) -> None:
        """Remember the command's request id if the command opens a change stream."""
        if event.command_name == "aggregate" and CHANGE_STREAM in event.command["pipeline"][0]:
            self._streams.add(event.request_id)

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Record a write concern error in the reply; without one, forget the command's refusal."""
        name = self._name_of(event)
        if error := event.reply.get("writeConcernError"):
            self._record(name, error)
        else:
            self._latest.pop(name, None)
            self._lost_races.pop(name, None)

    def failed(self, event: CommandFailedEvent) -> None:
        """Record the refusal, unless the command failed because the connection was lost."""
        self._record(self._name_of(event), event.failure)

    def _name_of(self, event: CommandSucceededEvent | CommandFailedEvent) -> str:
        if event.request_id in self._streams:
            self._streams.remove(event.request_id)
            return CHANGE_STREAM
        return event.command_name

    def _record(self, command: str, error: Mapping[str, Any]) -> None:
        code = error.get("code")
        # If a statement fails, the server aborts the transaction before the driver does.
        is_aborted = command == "abortTransaction" and code == NO_SUCH_TRANSACTION
        if code is None or code in HARMLESS or is_aborted:
            return
        if code in LOST_RACES:
            self._lost_races[command] += 1
            if self._lost_races[command] <= MAX_LOST_RACES:
                return
        refusal, now = Refusal(command, code, error.get("codeName", "")), monotonic()
        before, logged_at = self._latest.pop(command, (None, now))
        if before == refusal and now - logged_at < SECONDS_SHOWN:
            self._latest[command] = refusal, logged_at
            return
        self._latest[command] = refusal, now
        if len(self._latest) > MAX_SHOWN:
            del self._latest[next(iter(self._latest))]
        log.warning("The database: %s (%s)", refusal, error.get("errmsg", ""))


REFUSALS = RefusalLog()
"""The log of refused commands on all connections of this process."""
