"""What can go wrong, as one tree.

ExpertBookError
├── Refused                 what a person can run into: a member of a mutation's union
│   ├── EmailTaken  WrongCredentials  SessionEnded  LinkExpired
│   ├── NotAllowed          LastAdministrator
│   ├── TooManyAttempts     .retry_after_seconds
│   ├── InvalidInput        .problems, every field's at once
│   ├── SlotTaken           .slot and .sequence (models/calendar/errors.py)
│   ├── SlotNotOffered      .slot_id, as it came (likewise)
│   └── TooLate             .deadline
├── BadUserInput            an argument that no form would send; names the argument
│   └── CursorExpired       the events after it are gone: ask for the slots anew
├── Unauthenticated         not signed in, or with a token that no longer counts
├── Forbidden               a field of another role
├── TooManyOperations       on one socket
├── RateLimited             .retry_after_seconds; the client's budget is spent
├── TimedOut                took too long; a change may have been made
└── DatabaseError           for whoever runs the program: one line that says what to do
    ├── DatabaseUnreachable  StandaloneDatabase  IndexBroken
    └── Unavailable         the database did not answer in time; nothing is known to have changed
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


class ExpertBookError(Exception):
    """The root of the tree; `code` is stable, for programs to read."""

    code: ClassVar[str] = "INTERNAL"


class Refused(ExpertBookError):
    """An expected answer: the message says what to do next."""

    message: ClassVar[str]

    def __str__(self) -> str:
        """Answer with the message for people."""
        return self.message


class EmailTaken(Refused):
    """Somebody has registered with that address."""

    code = "EMAIL_TAKEN"
    message = "This e-mail is already registered. Sign in, or reset your password."


class WrongCredentials(Refused):
    """Either the address is unknown or the password is wrong; which of them is not told."""

    code = "WRONG_CREDENTIALS"
    message = "Invalid e-mail or password."


class SessionEnded(Refused):
    """The refresh token is unknown, used, too old or revoked."""

    code = "SESSION_ENDED"
    message = "Your session has ended. Please sign in again."


class LinkExpired(Refused):
    """A token from an e-mail is unknown, used or too old."""

    code = "LINK_EXPIRED"
    message = "This link has expired or was used before. Ask for a new one."


class NotAllowed(Refused):
    """There is no such thing, or the viewer may not do that with it; which is not told."""

    code = "NOT_ALLOWED"
    message = "There is no such thing here, or you may not do this with it."


class LastAdministrator(NotAllowed):
    """The change would leave no administrator who can sign in."""

    message = "This is the only administrator who can sign in. Make another one first."


@dataclass(eq=False)
class TooManyAttempts(Refused):
    """The account or the address has to wait."""

    retry_after_seconds: int

    code = "TOO_MANY_ATTEMPTS"
    message = "Too many attempts. Please wait before you try again."


@dataclass(frozen=True, slots=True)
class Problem:
    """One field's problem; `field` is its path in the input, such as contact.email."""

    field: str
    message: str


@dataclass(eq=False)
class InvalidInput(Refused):
    """Every field's problem at once."""

    problems: Sequence[Problem]

    code = "INVALID_INPUT"
    message = "Please correct the marked fields."


@dataclass(eq=False)
class TooLate(Refused):
    """The deadline for this has passed."""

    deadline: datetime

    code = "TOO_LATE"
    message = "It is too late for this change. Please contact the other party."


class BadUserInput(ExpertBookError):
    """An argument makes no sense; the message begins with its name."""

    code = "BAD_USER_INPUT"


class CursorExpired(BadUserInput):
    """The events after this cursor are no longer kept."""

    code = "CURSOR_EXPIRED"


class TooManyOperations(ExpertBookError):
    """More runs at a time than one connection may have."""

    code = "TOO_MANY_OPERATIONS"


class RateLimited(ExpertBookError):
    """The client's budget is spent.

    Args:
        retry_after_seconds: how long it takes until it is enough for this operation.
    """

    code = "RATE_LIMITED"

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(f"Too much was asked for at a time. Try again in {retry_after_seconds} s.")
        self.retry_after_seconds = retry_after_seconds


class TimedOut(ExpertBookError):
    """The operation took too long and was given up.

    Args:
        seconds: how long it took.
        changes: whether it may have changed something all the same.
    """

    code = "TIMED_OUT"

    def __init__(self, seconds: float, *, changes: bool) -> None:
        advice = (
            "What it was to change may have been changed: look, or send it again with the same "
            "idempotencyKey."
            if changes
            else "Please try again, or ask for less."
        )
        super().__init__(f"This took more than {seconds:g} seconds. {advice}")


class Unauthenticated(ExpertBookError):
    """Not signed in, or with a token that no longer counts."""

    code = "UNAUTHENTICATED"


class Forbidden(ExpertBookError):
    """A field of another role."""

    code = "FORBIDDEN"


class DatabaseError(ExpertBookError):
    """The database cannot be used as it is."""

    code = "UNAVAILABLE"


class DatabaseUnreachable(DatabaseError):
    """Nothing answers at that address."""


class StandaloneDatabase(DatabaseError):
    """A mongod without a replica set has no transactions."""


class IndexBroken(DatabaseError):
    """The stored data break a unique index; the message names the document."""


class Unavailable(DatabaseError):
    """The database did not answer in time."""
