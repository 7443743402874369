"""The schema: every operation that clients have."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry.schema.config import StrawberryConfig

from models.calendar.slot_ids import slot_key
from models.calendar.slots import SlotKey
from models.errors import BadUserInput
from models.ids import object_id, parse_id
from resolvers import bookings, slots
from schema.administration import AdministrationMutation, AdministrationQuery
from schema.bookings import Booking, BookingQuery, BookingSubscription
from schema.calendars import CalendarMutation
from schema.context import Context, Info
from schema.errors import HANDLERS
from schema.experts import ExpertQuery, calendar_of, expert_by_key
from schema.links import LinkMutation
from schema.moves import MoveMutation
from schema.nodes import Node
from schema.reservations import ReservationMutation
from schema.scalars import SCALARS
from schema.slots import Slot, SlotSubscription
from schema.users import User, UserMutation, UserQuery, user_by_key


@strawberry.type(description="What can be read.")
class Query(ExpertQuery, BookingQuery, UserQuery, AdministrationQuery):
    """Every query."""

    @strawberry.field(description="Whatever has that global id, if the viewer may see it.")
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="A global id.")],
    ) -> Node | None:
        """One object by id."""
        context = info.context
        try:
            kind, _ = parse_id(id)
        except ValueError as error:
            raise BadUserInput("id: not a global id") from error
        match kind:
            case "Expert":
                return await expert_by_key(context, object_id(id, kind, "id"))
            case "User":
                return await user_by_key(context, object_id(id, kind, "id"))
            case "Booking":
                found = await bookings.visible(context.viewer, id)
                return Booking.of(found, context) if found else None
            case "Slot":
                return await _slot(context, id)
        raise BadUserInput("id: not a global id")


async def _slot(context: Context, opaque: str) -> Slot | None:
    """The slot of that id, if it is listed."""
    try:
        key: SlotKey = slot_key(opaque)
    except ValueError as error:
        raise BadUserInput("id: not the id of a slot") from error
    if await expert_by_key(context, key.expert_id) is None:
        return None
    calendar = await calendar_of(context, key.expert_id)
    others = await context.loaders.occupants.load(slots.span_of(key))
    found = slots.listed(key, calendar, others, context.now)
    return Slot.of(found, context, calendar.sequence) if found else None


@strawberry.type(description="What can be changed.")
class Mutation(
    ReservationMutation,
    MoveMutation,
    CalendarMutation,
    UserMutation,
    LinkMutation,
    AdministrationMutation,
):
    """Every mutation."""


@strawberry.type(description="What can be watched.")
class Subscription(SlotSubscription, BookingSubscription):
    """Every subscription."""


schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[User, Slot],
    config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True),
    exception_handlers=HANDLERS,
)
