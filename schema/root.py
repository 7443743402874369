"""The GraphQL schema, with its root types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry
from graphql import (
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    Undefined,
)
from strawberry.schema.config import StrawberryConfig

from models.calendar.slots import SlotKey, slot_key
from models.errors import BadUserInput
from models.ids import object_id, parse_id
from resolvers import bookings, profile, reviews, slots, waits
from schema import bounds
from schema.administration import AdministrationMutation, AdministrationQuery
from schema.bookings import Booking, BookingQuery, BookingSubscription
from schema.budgets import RateLimitQuery
from schema.calendars import CalendarMutation
from schema.codes import CodeMutation
from schema.context import Context, Info
from schema.errors import HANDLERS, refuse_input
from schema.experts import load_calendar, load_visible_expert
from schema.figures import FiguresQuery
from schema.links import LinkMutation
from schema.listings import ListingQuery
from schema.moves import MoveMutation
from schema.nodes import Node
from schema.notes import NoteMutation
from schema.own_data import OwnDataMutation
from schema.profile import ProfileMutation
from schema.reservations import ReservationMutation
from schema.reviews import Review, ReviewMutation
from schema.scalars import SCALARS
from schema.sessions import Session
from schema.slots import Slot, SlotSubscription
from schema.users import User, UserMutation, UserQuery, load_visible_user
from schema.waits import Wait, WaitMutation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graphql import GraphQLArgument, GraphQLInputField


@strawberry.type(description="Root of all queries.")
class Query(
    ListingQuery, BookingQuery, UserQuery, AdministrationQuery, FiguresQuery, RateLimitQuery
):
    """Root type of queries."""

    @strawberry.field(
        description="The object with this global id; null if it does not exist or the viewer may "
        "not see it."
    )
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Global id.")],
    ) -> Node | None:
        """Return an object by its global id."""
        context = info.context
        try:
            kind, _ = parse_id(id)
        except ValueError as error:
            raise BadUserInput("id: not a global id") from error
        match kind:
            case "Expert" | "User":
                load = load_visible_expert if kind == "Expert" else load_visible_user
                return await load(context, object_id(id, kind, "id"))
            case "Booking":
                booking = await bookings.find_booking(context.viewer, id)
                return Booking.of(booking, context) if booking else None
            case "Session":
                session = await profile.find_session(context.viewer, id)
                return Session.of(session, context.viewer) if session else None
            case "Review":
                review = await reviews.find_review(context.viewer, id)
                return Review.of(review, context) if review else None
            case "Wait":
                wait = await waits.find_wait(context.viewer, id)
                return Wait.of(wait) if wait else None
            case "Slot":
                return await _slot(context, id)
        raise BadUserInput("id: not a global id")


async def _slot(context: Context, global_id: str) -> Slot | None:
    """Return a slot by its id, or None if the expert does not offer it."""
    try:
        key: SlotKey = slot_key(global_id)
    except ValueError as error:
        raise BadUserInput("id: not the id of a slot") from error
    if await load_visible_expert(context, key.expert_id) is None:
        return None
    calendar = await load_calendar(context, key.expert_id)
    occupants = await context.loaders.occupants.load(slots.occupancy_span(key))
    slot = slots.find_listed_slot(key, calendar, occupants, context.now)
    return Slot.of(slot, context, calendar.sequence) if slot else None


@strawberry.type(description="Root of all mutations.")
class Mutation(
    ReservationMutation,
    MoveMutation,
    NoteMutation,
    ReviewMutation,
    WaitMutation,
    CalendarMutation,
    UserMutation,
    LinkMutation,
    CodeMutation,
    ProfileMutation,
    OwnDataMutation,
    AdministrationMutation,
):
    """Root type of mutations."""


@strawberry.type(description="Root of all subscriptions.")
class Subscription(SlotSubscription, BookingSubscription):
    """Root type of subscriptions."""


def remove_null_defaults(printed: GraphQLSchema) -> None:
    """Remove the default value null from optional arguments and input fields.

    These arguments and fields are null by default anyway, and code generators such as Netflix's DGS
    turn an explicit `= null` into code that does not compile.
    """
    for type_ in printed.type_map.values():
        if isinstance(type_, GraphQLInputObjectType):
            remove_nulls(type_.fields.values())
        elif isinstance(type_, (GraphQLObjectType, GraphQLInterfaceType)):
            for field in type_.fields.values():
                remove_nulls(field.args.values())


def remove_nulls(optional: Iterable[GraphQLArgument | GraphQLInputField]) -> None:
    """Remove the default value from arguments and input fields whose default value is null."""
    for each in optional:
        if each.default_value is None:
            each.default_value = Undefined


DESCRIPTION = """ExpertBook: find experts and book sessions with them.

A mutation that can be refused returns a union of its result and its refusals, whose types implement
`Refusal`. All other failures are errors with `extensions.code`. Optional arguments and input fields
that are null or empty count as absent. The page docs/clients.md explains how clients use the API.
"""


class DescribedSchema(strawberry.Schema):
    """Schema that prints its description, which Strawberry leaves out."""

    def as_str(self) -> str:
        """Return the schema in GraphQL's schema definition language."""
        roots = "  query: Query\n  mutation: Mutation\n  subscription: Subscription"
        return f'"""\n{DESCRIPTION}"""\nschema {{\n{roots}\n}}\n\n{super().as_str()}'


schema = DescribedSchema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[User, Slot],
    config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True),
    exception_handlers=HANDLERS,
)

core = schema._schema  # noqa: SLF001 - Strawberry has no public name for this schema
"""The graphql-core schema that Strawberry has built."""
remove_null_defaults(core)
core.description = DESCRIPTION
bounds.guard(core, refuse_input)
