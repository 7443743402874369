"""The application's exceptions, in one hierarchy.

ExpertBookError
├── Refused                 expected refusal, returned as a member of a mutation's union
│   ├── EmailTaken  WrongCredentials  SessionEnded  LinkExpired
│   ├── NotAllowed          LastAdministrator
│   ├── TooManyAttempts     .retry_after_seconds
│   ├── WrongCode           .attempts_left
│   ├── InvalidInput        .problems, one per invalid field
│   ├── SlotRefusal         .slots and .sequence (models/calendar/errors.py)
│   │   └── SlotTaken  TimeOpen
│   ├── SlotNotOffered      .slot_id, as received (models/calendar/errors.py)
│   ├── VerificationNeeded  TooMany .limit
│   ├── PriceChanged        .price (models/calendar/errors.py)
│   ├── AvailabilityChanged (models/calendar/errors.py)
│   └── TooLate             .deadline
├── BadUserInput            argument made invalid by a client bug; the message names the argument
│   ├── CursorExpired       the events after the cursor are deleted; read the slots again
│   └── NoSuchExpert        unknown, or disabled and thereby hidden from the viewer
├── InvalidImage            an uploaded picture cannot be used
│   ├── ImageTooLong  UnsupportedImage  UnreadableImage  AnimatedImage
│   └── TooManyPixels  TooFewPixels
├── Unauthenticated         no token, or one that is no longer valid
├── Forbidden               the field requires a role that the viewer does not have
├── TooManyOperations       too many operations on a WebSocket, or subscriptions of a client
├── RateLimited             .retry_after_seconds; the client's request budget is used up
├── TimedOut                the time limit was exceeded; a change may have been made
└── DatabaseError           message for operators, with the action to take
    ├── DatabaseUnreachable  StandaloneDatabase  IndexBroken
    └── Unavailable         the database did not respond in time; the outcome is unknown
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


class ExpertBookError(Exception):
    """Base class of the application's errors; `code` is stable and machine-readable."""

    code: ClassVar[str] = "INTERNAL"


class Refused(ExpertBookError):
    """Expected refusal of a mutation; the message tells the person what to do next."""

    message: ClassVar[str]

    def __str__(self) -> str:
        """Return the message shown to people."""
        return self.message


class EmailTaken(Refused):
    """The e-mail address already belongs to an account."""

    code = "EMAIL_TAKEN"
    message = "This e-mail is already registered. Sign in, or reset your password."


class WrongCredentials(Refused):
    """The e-mail address is unknown or the password is wrong; the message does not say which."""

    code = "WRONG_CREDENTIALS"
    message = "Invalid e-mail or password."


class SessionEnded(Refused):
    """The refresh token is unknown, already used, expired or revoked."""

    code = "SESSION_ENDED"
    message = "Your session has ended. Please sign in again."


class LinkExpired(Refused):
    """The token in a link from an e-mail is unknown, already used or expired."""

    code = "LINK_EXPIRED"
    message = "This link has expired or was used before. Ask for a new one."


class NotAllowed(Refused):
    """The object does not exist, or the viewer lacks permission; the message does not say which."""

    code = "NOT_ALLOWED"
    message = "There is no such thing here, or you may not do this with it."


class LastAdministrator(NotAllowed):
    """The change would remove the last administrator who can sign in."""

    message = "This is the only administrator who can sign in. Make another one first."


@dataclass(eq=False)
class TooManyAttempts(Refused):
    """The account or the client's network address made too many attempts and must wait."""

    retry_after_seconds: int

    code = "TOO_MANY_ATTEMPTS"
    message = "Too many attempts. Please wait before you try again."


@dataclass(frozen=True, slots=True)
class Problem:
    """Validation problem of one field; `field` is a path such as `contact.email`."""

    field: str
    message: str


@dataclass(eq=False)
class InvalidInput(Refused):
    """The input has invalid fields; `problems` lists all of them."""

    problems: Sequence[Problem]

    code = "INVALID_INPUT"
    message = "Please correct the marked fields."


@dataclass(eq=False)
class WrongCode(Refused):
    """The e-mailed code or the password is wrong.

    If `attempts_left` is 0, the person must request a new code or wait.
    """

    attempts_left: int

    code = "WRONG_CODE"
    message = "This is wrong or has expired. Nothing was changed; check it, or ask for a new code."


class VerificationNeeded(Refused):
    """The operation requires an account with a verified e-mail address."""

    code = "VERIFICATION_NEEDED"
    message = "Please confirm your e-mail address first, by the link that we sent to it."


@dataclass(eq=False)
class TooMany(Refused):
    """A limit on bookings, holds, changes or waiting-list entries has been reached."""

    limit: int

    code = "TOO_MANY"
    message = "You have reached the limit of bookings, holds or changes at one time."


@dataclass(eq=False)
class TooLate(Refused):
    """The deadline for this change has passed."""

    deadline: datetime

    code = "TOO_LATE"
    message = "It is too late for this change. Please contact the other party."


class BadUserInput(ExpertBookError):
    """An argument is invalid; the message begins with the argument's name."""

    code = "BAD_USER_INPUT"


class CursorExpired(BadUserInput):
    """The events after this cursor have been deleted from the log."""

    code = "CURSOR_EXPIRED"


class NoSuchExpert(BadUserInput):
    """The expert does not exist, or is disabled and the viewer may not see it."""

    def __init__(self) -> None:
        super().__init__("expertId: there is no such expert, or it is not listed any more")


class InvalidImage(ExpertBookError):
    """An uploaded picture cannot be used; the message tells the person what to do next."""

    message: ClassVar[str]

    def __str__(self) -> str:
        """Return the message shown to people."""
        return self.message


class ImageTooLong(InvalidImage):
    """The uploaded file has more bytes than are allowed."""

    code = "IMAGE_TOO_LONG"
    message = "This file is too large; a photo has at most 5 MB."


class UnsupportedImage(InvalidImage):
    """The uploaded file's content is not of a supported type, whatever its name says."""

    code = "UNSUPPORTED_IMAGE"
    message = "Send the bytes of a JPEG, PNG or WebP picture, with its Content-Type."


class UnreadableImage(InvalidImage):
    """The uploaded picture is damaged or incomplete."""

    code = "UNREADABLE_IMAGE"
    message = "This picture is damaged or incomplete. Please choose another one."


class AnimatedImage(InvalidImage):
    """The uploaded file contains several pictures, as an animation does."""

    code = "ANIMATED_IMAGE"
    message = "This picture is animated. Please choose a still one."


class TooManyPixels(InvalidImage):
    """The uploaded picture has so many pixels that it would need too much memory."""

    code = "TOO_MANY_PIXELS"
    message = (
        "This picture has too many pixels: at most 25 million in a JPEG file, and 12 million in "
        "others. Please make it smaller."
    )


class TooFewPixels(InvalidImage):
    """The uploaded picture has too few pixels to be shown."""

    code = "TOO_FEW_PIXELS"
    message = "This picture is smaller than 64 by 64 pixels. Please choose a larger one."


class TooManyOperations(ExpertBookError):
    """A WebSocket has too many concurrent operations, or a client has too many subscriptions."""

    code = "TOO_MANY_OPERATIONS"


class RateLimited(ExpertBookError):
    """The client's request budget is used up.

    Args:
        retry_after_seconds: time until the client's budget covers this operation again.
    """

    code = "RATE_LIMITED"

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(f"Request budget exceeded. Try again in {retry_after_seconds} s.")
        self.retry_after_seconds = retry_after_seconds


class TimedOut(ExpertBookError):
    """The operation exceeded the time limit and was cancelled.

    Args:
        seconds: the time limit.
        changes: whether the operation may have changed data before it was cancelled.
    """

    code = "TIMED_OUT"

    def __init__(self, seconds: float, *, changes: bool) -> None:
        advice = (
            "The change may have been made: check, or send it again with the same idempotencyKey."
            if changes
            else "Please try again, or request less data."
        )
        super().__init__(f"The operation took more than {seconds:g} seconds. {advice}")


class Unauthenticated(ExpertBookError):
    """The request has no token, or one that is no longer valid."""

    code = "UNAUTHENTICATED"


class Forbidden(ExpertBookError):
    """The requested field requires a role that the viewer does not have."""

    code = "FORBIDDEN"


class DatabaseError(ExpertBookError):
    """The database cannot be used; the message tells the operator what to do."""

    code = "UNAVAILABLE"


class DatabaseUnreachable(DatabaseError):
    """No usable database responds at the configured URL."""


class StandaloneDatabase(DatabaseError):
    """The mongod is not part of a replica set, so it does not support transactions."""


class IndexBroken(DatabaseError):
    """Stored documents violate a unique index; the message names them."""


class Unavailable(DatabaseError):
    """The database did not respond in time."""
