"""Refusal types, and the handlers that convert exceptions into them.

When a resolver raises an exception whose refusal type is a member of the field's union, the handler
returns the refusal as the result. An exception without such a refusal type becomes a GraphQL error
with the exception's code.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import strawberry

from models import errors as model
from models.calendar import errors as calendar
from models.telemetry.metrics import REFUSALS
from schema.context import Context, Info
from schema.enums import describe_enum
from schema.nodes import Money
from schema.slots import Slot

if TYPE_CHECKING:
    from strawberry.types.field import StrawberryField


class RefusalCode(Enum):
    """Code of a refusal type."""

    EMAIL_TAKEN = "EMAIL_TAKEN"
    WRONG_CREDENTIALS = "WRONG_CREDENTIALS"
    SESSION_ENDED = "SESSION_ENDED"
    TOO_MANY_ATTEMPTS = "TOO_MANY_ATTEMPTS"
    INVALID_INPUT = "INVALID_INPUT"
    LINK_EXPIRED = "LINK_EXPIRED"
    SLOT_TAKEN = "SLOT_TAKEN"
    SLOT_NOT_OFFERED = "SLOT_NOT_OFFERED"
    NOT_ALLOWED = "NOT_ALLOWED"
    TOO_LATE = "TOO_LATE"
    PRICE_CHANGED = "PRICE_CHANGED"
    AVAILABILITY_CHANGED = "AVAILABILITY_CHANGED"
    VERIFICATION_NEEDED = "VERIFICATION_NEEDED"
    TOO_MANY = "TOO_MANY"
    TIME_OPEN = "TIME_OPEN"
    WRONG_CODE = "WRONG_CODE"


describe_enum(
    RefusalCode,
    "Stable code of a refusal.",
    EMAIL_TAKEN="Code of `EmailTaken`: sign in, or use another e-mail address.",
    WRONG_CREDENTIALS="Code of `WrongCredentials`: check the e-mail address and password.",
    SESSION_ENDED="Code of `SessionEnded`: sign in again.",
    TOO_MANY_ATTEMPTS="Code of `TooManyAttempts`: retry after the given time.",
    INVALID_INPUT="Code of `InvalidInput`: correct the listed fields.",
    LINK_EXPIRED="Code of `LinkExpired`: request another link.",
    SLOT_TAKEN="Code of `SlotTaken`: choose another slot.",
    SLOT_NOT_OFFERED="Code of `SlotNotOffered`: query the slots again.",
    NOT_ALLOWED="Code of `NotAllowed`: the object is unknown or the action is forbidden.",
    TOO_LATE="Code of `TooLate`: the deadline has passed.",
    PRICE_CHANGED="Code of `PriceChanged`: show the new price, and ask the user again.",
    AVAILABILITY_CHANGED="Code of `AvailabilityChanged`: show the user the new hours first.",
    VERIFICATION_NEEDED="Code of `VerificationNeeded`: verify the e-mail address first.",
    TOO_MANY="Code of `TooMany`: a limit is reached; cancel something, or wait.",
    TIME_OPEN="Code of `TimeOpen`: book one of the slots instead of waiting.",
    WRONG_CODE="Code of `WrongCode`: check the code or password.",
)


@strawberry.interface(
    description="An expected failure, such as a taken slot. It is part of the result, not a "
    "GraphQL error."
)
class Refusal:
    """Fields that every refusal has."""

    code: RefusalCode = strawberry.field(description="Stable code for programs.")
    message: str = strawberry.field(
        description="Message for people: what went wrong and what to do."
    )


@strawberry.type(description="The e-mail address already has an account.")
class EmailTaken(Refusal):
    """Refusal sent for `models.errors.EmailTaken`."""


@strawberry.type(description="The link is unknown, already used or expired.")
class LinkExpired(Refusal):
    """Refusal sent for `models.errors.LinkExpired`."""


@strawberry.type(description="The e-mail address is unknown or the password is wrong.")
class WrongCredentials(Refusal):
    """Refusal sent for `models.errors.WrongCredentials`."""


@strawberry.type(description="The refresh token is unknown, already used, expired or revoked.")
class SessionEnded(Refusal):
    """Refusal sent for `models.errors.SessionEnded`."""


@strawberry.type(description="Too many attempts from this network address or for this account.")
class TooManyAttempts(Refusal):
    """Refusal sent for `models.errors.TooManyAttempts`."""

    retry_after_seconds: int = strawberry.field(description="Seconds to wait before retrying.")


@strawberry.type(description="The code or password is wrong.")
class WrongCode(Refusal):
    """Refusal sent for `models.errors.WrongCode`."""

    attempts_left: int = strawberry.field(
        description="Number of attempts left before further attempts are blocked for a while."
    )


@strawberry.type(description="An invalid field of an input.")
class FieldProblem:
    """Invalid field and the reason."""

    field: str = strawberry.field(
        description="Path of the field in the input, such as contact.email."
    )
    message: str = strawberry.field(description="Message for people: what to correct.")


@strawberry.type(description="One or more fields of the input are invalid.")
class InvalidInput(Refusal):
    """Refusal sent for `models.errors.InvalidInput`."""

    fields: list[FieldProblem] = strawberry.field(
        description="The first ten invalid fields, in the order of the input."
    )
    omitted: int = strawberry.field(
        description="Number of further invalid fields, which are not listed."
    )


@strawberry.type(description="The slot is already booked, or held by another client.")
class SlotTaken(Refusal):
    """Refusal sent for `models.calendar.errors.SlotTaken`."""

    slot: Slot = strawberry.field(description="The slot with its current status.")
    exception: strawberry.Private[calendar.SlotTaken]

    @strawberry.field(description="Open slots of the same length, closest in time first.")
    async def alternatives(self, info: Info) -> list[Slot]:
        """Find open slots near the taken one."""
        slots = await info.context.services.alternatives.nearest_to(self.exception.slot.key)
        return [Slot.of(slot, info.context, self.exception.sequence) for slot in slots]


@strawberry.type(description="The expert does not offer a session of this length at this time.")
class SlotNotOffered(Refusal):
    """Refusal sent for `models.calendar.errors.SlotNotOffered`."""

    slot_id: strawberry.ID = strawberry.field(description="Id of the requested slot.")


@strawberry.type(description="There is nothing to wait for: a slot can be booked now.")
class TimeOpen(Refusal):
    """Refusal sent for `models.calendar.errors.TimeOpen`."""

    slots: list[Slot] = strawberry.field(
        description="The earliest slots that can be booked now, at most three."
    )


@strawberry.type(description="The object does not exist, or the viewer may not do this.")
class NotAllowed(Refusal):
    """Refusal sent for `models.errors.NotAllowed`."""


@strawberry.type(description="The deadline for this action has passed.")
class TooLate(Refusal):
    """Refusal sent for `models.errors.TooLate`."""

    deadline: datetime = strawberry.field(description="The deadline that has passed.")


@strawberry.type(description="The price differs from the expected price.")
class PriceChanged(Refusal):
    """Refusal sent for `models.calendar.errors.PriceChanged`."""

    price: Money = strawberry.field(description="The present price.")


@strawberry.type(description="The expert's availability does not have the expected version.")
class AvailabilityChanged(Refusal):
    """Refusal sent for `models.calendar.errors.AvailabilityChanged`."""


@strawberry.type(description="The operation requires a verified e-mail address.")
class VerificationNeeded(Refusal):
    """Refusal sent for `models.errors.VerificationNeeded`."""


@strawberry.type(
    description="A limit is reached: on upcoming bookings or holds at one time, on renewals of a "
    "hold, on moves of a booking, or on entries in waiting lists."
)
class TooMany(Refusal):
    """Refusal sent for `models.errors.TooMany`."""

    limit: int = strawberry.field(description="The limit that was reached.")


MAX_PROBLEMS: Final = 10
"""Maximum number of invalid fields that a response lists."""

Raised = TypeVar("Raised", bound=model.Refused)
ExtraFields = Callable[[Raised, Context], dict[str, object]]


class _Handler(Generic[Raised]):
    """Strawberry exception handler: converts exceptions of a class into a refusal type.

    `extra_fields` returns the values of the fields other than `code` and `message`.
    """

    def __init__(
        self,
        exception_type: type[Raised],
        error_type: type[Refusal],
        extra_fields: ExtraFields[Raised] = lambda _raised, _context: {},
    ) -> None:
        self.exception_type = exception_type
        self.error_type = error_type
        self._extra_fields = extra_fields

    def handle(self, exception: Raised, *, field: StrawberryField | None, info: Any) -> Refusal:  # noqa: ARG002 - Strawberry's signature
        """Return the refusal, and count it in the metrics."""
        REFUSALS.labels(info.field_name, exception.code).inc()
        extra: dict[str, Any] = self._extra_fields(exception, info.context)
        return self.error_type(code=RefusalCode(exception.code), message=exception.message, **extra)


def _invalid_input_fields(raised: model.InvalidInput, _context: Context) -> dict[str, object]:
    shown = raised.problems[:MAX_PROBLEMS]
    fields = [FieldProblem(field=p.field, message=p.message) for p in shown]
    return {"fields": fields, "omitted": len(raised.problems) - len(shown)}


def _slot_taken_fields(raised: calendar.SlotTaken, context: Context) -> dict[str, object]:
    return {"slot": Slot.of(raised.slot, context, raised.sequence), "exception": raised}


def _time_open_fields(raised: calendar.TimeOpen, context: Context) -> dict[str, object]:
    return {"slots": [Slot.of(slot, context, raised.sequence) for slot in raised.slots]}


def _price_changed_fields(raised: calendar.PriceChanged, context: Context) -> dict[str, object]:
    return {"price": Money.of(raised.price, context.services.currency)}


_INVALID_INPUT = _Handler(model.InvalidInput, InvalidInput, _invalid_input_fields)


def refuse_input(raised: model.InvalidInput, info: Any) -> Refusal:
    """Return the refusal for an input that was rejected before the field's resolver ran."""
    return _INVALID_INPUT.handle(raised, field=None, info=info)


HANDLERS = (
    _Handler(model.EmailTaken, EmailTaken),
    _Handler(model.WrongCredentials, WrongCredentials),
    _Handler(model.NotAllowed, NotAllowed),
    _Handler(model.SessionEnded, SessionEnded),
    _Handler(model.LinkExpired, LinkExpired),
    _Handler(
        model.TooManyAttempts,
        TooManyAttempts,
        lambda raised, _context: {"retry_after_seconds": raised.retry_after_seconds},
    ),
    _INVALID_INPUT,
    _Handler(
        model.WrongCode,
        WrongCode,
        lambda raised, _context: {"attempts_left": raised.attempts_left},
    ),
    _Handler(calendar.SlotTaken, SlotTaken, _slot_taken_fields),
    _Handler(
        calendar.SlotNotOffered,
        SlotNotOffered,
        lambda raised, _context: {"slot_id": strawberry.ID(raised.slot_id)},
    ),
    _Handler(calendar.TimeOpen, TimeOpen, _time_open_fields),
    _Handler(calendar.PriceChanged, PriceChanged, _price_changed_fields),
    _Handler(calendar.AvailabilityChanged, AvailabilityChanged),
    _Handler(model.VerificationNeeded, VerificationNeeded),
    _Handler(model.TooMany, TooMany, lambda raised, _context: {"limit": raised.limit}),
    _Handler(model.TooLate, TooLate, lambda raised, _context: {"deadline": raised.deadline}),
)
