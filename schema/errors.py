"""Refusals as clients see them, and how the program's exceptions become them.

A resolver raises; where the field's union has the refusal's type, the handler of that type makes
it the answer. What no union takes becomes a GraphQL error with the exception's code.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import strawberry

from models import errors as model
from models.calendar import errors as calendar
from models.telemetry.metrics import REFUSALS
from schema.context import Context, Info
from schema.enums import describe_enum
from schema.slots import Slot

if TYPE_CHECKING:
    from strawberry.types.field import StrawberryField


class RefusalCode(Enum):
    """One for each type of refusal."""

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


describe_enum(
    RefusalCode,
    "Stable codes of the refusals.",
    EMAIL_TAKEN="That of `EmailTaken`.",
    WRONG_CREDENTIALS="That of `WrongCredentials`.",
    SESSION_ENDED="That of `SessionEnded`: sign in again.",
    TOO_MANY_ATTEMPTS="That of `TooManyAttempts`: wait.",
    INVALID_INPUT="That of `InvalidInput`: correct the fields.",
    LINK_EXPIRED="That of `LinkExpired`: ask for another link.",
    SLOT_TAKEN="That of `SlotTaken`: choose another slot.",
    SLOT_NOT_OFFERED="That of `SlotNotOffered`: read the slots anew.",
    NOT_ALLOWED="That of `NotAllowed`.",
    TOO_LATE="That of `TooLate`: its deadline has passed.",
)


@strawberry.interface(description="An expected answer that is not the wished one.")
class Refusal:
    """What every refusal says."""

    code: RefusalCode = strawberry.field(description="For programs.")
    message: str = strawberry.field(description="For people: what to do next.")


@strawberry.type(description="Somebody has registered with that address.")
class EmailTaken(Refusal):
    """See the description."""


@strawberry.type(description="The link is unknown, was used before or is too old.")
class LinkExpired(Refusal):
    """See the description."""


@strawberry.type(description="The address is unknown or the password wrong.")
class WrongCredentials(Refusal):
    """See the description."""


@strawberry.type(description="The refresh token is unknown, used, too old or revoked.")
class SessionEnded(Refusal):
    """See the description."""


@strawberry.type(description="The account or the address has to wait.")
class TooManyAttempts(Refusal):
    """See the description."""

    retry_after_seconds: int = strawberry.field(description="How long to wait.")


@strawberry.type(description="A field and what is wrong with it.")
class FieldProblem:
    """One problem."""

    field: str = strawberry.field(description="Its path in the input, such as contact.email.")
    message: str = strawberry.field(description="What to correct.")


@strawberry.type(description="Every field's problem at once.")
class InvalidInput(Refusal):
    """See the description."""

    fields: list[FieldProblem] = strawberry.field(description="In the order of the input.")


@strawberry.type(description="This slot is already booked. Please choose another slot.")
class SlotTaken(Refusal):
    """See the description."""

    slot: Slot = strawberry.field(description="The slot as it stands.")
    taken: strawberry.Private[calendar.SlotTaken]

    @strawberry.field(description="The nearest open slots of that length, nearest first.")
    async def alternatives(self, info: Info) -> list[Slot]:
        """What to offer instead."""
        others = await info.context.services.alternatives.to(self.taken.slot.key)
        return [Slot.of(other, info.context, self.taken.sequence) for other in others]


@strawberry.type(description="The expert does not offer this time and length, or not any more.")
class SlotNotOffered(Refusal):
    """See the description."""

    slot_id: strawberry.ID = strawberry.field(description="What was asked for.")


@strawberry.type(description="There is no such thing, or the viewer may not do this with it.")
class NotAllowed(Refusal):
    """See the description."""


@strawberry.type(description="The deadline for this has passed.")
class TooLate(Refusal):
    """See the description."""

    deadline: datetime = strawberry.field(description="When it was.")


Raised = TypeVar("Raised", bound=model.Refused)
Answer = Callable[[Raised, Context], dict[str, object]]


class _Handler(Generic[Raised]):
    """Makes a refusal of one type from the exceptions of one class.

    `more` says what the type has beside its code and message.
    """

    def __init__(
        self,
        exception_type: type[Raised],
        error_type: type[Refusal],
        more: Answer[Raised] = lambda _raised, _context: {},
    ) -> None:
        self.exception_type = exception_type
        self.error_type = error_type
        self._more = more

    def handle(self, exception: Raised, *, field: StrawberryField, info: Info) -> Refusal:  # noqa: ARG002 - Strawberry's signature
        """Answer with the refusal."""
        REFUSALS.labels(info.field_name, exception.code).inc()
        more: dict[str, Any] = self._more(exception, info.context)
        return self.error_type(code=RefusalCode(exception.code), message=exception.message, **more)


def _problems(raised: model.InvalidInput, _context: Context) -> dict[str, object]:
    found = [FieldProblem(field=p.field, message=p.message) for p in raised.problems]
    return {"fields": found}


def _taken(raised: calendar.SlotTaken, context: Context) -> dict[str, object]:
    return {"slot": Slot.of(raised.slot, context, raised.sequence), "taken": raised}


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
    _Handler(model.InvalidInput, InvalidInput, _problems),
    _Handler(calendar.SlotTaken, SlotTaken, _taken),
    _Handler(
        calendar.SlotNotOffered,
        SlotNotOffered,
        lambda raised, _context: {"slot_id": strawberry.ID(raised.slot_id)},
    ),
    _Handler(model.TooLate, TooLate, lambda raised, _context: {"deadline": raised.deadline}),
)
