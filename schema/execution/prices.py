"""Costs of GraphQL fields, and assumed lengths of lists.

`schema.execution.cost` computes the cost of an operation from these numbers.
"""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, TypeAlias

from graphql import (
    OperationType,
    get_named_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
)

from models.bookings.wait import MAX_WAITS_PER_CLIENT
from models.bookings.waits import MAX_OPEN_SLOTS
from models.store.pages import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE
from resolvers.slots import MAX_DAYS, MAX_NEXT_SLOTS, MAX_SPAN
from schema.availability import ASSUMED_OVERRIDES, ASSUMED_RANGES
from schema.bookings import ASSUMED_CHANGES
from schema.calendars import ASSUMED_OUTSIDE
from schema.errors import MAX_PROBLEMS
from schema.figures import ASSUMED_DAYS
from schema.scalars import parse_datetime
from schema.sessions import ASSUMED_SESSIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from graphql import GraphQLOutputType

SIZE_ARGUMENTS = frozenset({"first", "last", "count", "from", "to"})
"""Names of the arguments that determine how many rows a list has."""

SLOTS_PER_DAY = 16
DAY = timedelta(days=1)

Arguments = dict[str, object]
Rule: TypeAlias = "Callable[[Arguments], float]"


def _count(value: object, default: int, maximum: int) -> int:
    """Return the requested number of rows: `default` for null, `maximum` for an invalid value."""
    if value is None:
        return default
    if isinstance(value, (int, float)) and 1 <= value <= maximum:
        return int(value)
    return maximum


def page(arguments: Arguments) -> float:
    """Return the maximum number of rows of a page that is requested with the given arguments."""
    sizes = [arguments[name] for name in ("first", "last") if arguments.get(name) is not None]
    return max(
        (_count(size, DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE) for size in sizes),
        default=DEFAULT_PAGE_SIZE,
    )


def _days(arguments: Arguments) -> float:
    return _count(arguments.get("count"), MAX_DAYS, MAX_DAYS)


def _span(arguments: Arguments) -> float:
    try:
        span = parse_datetime(arguments.get("to")) - parse_datetime(arguments.get("from"))
    except Exception:  # noqa: BLE001 - the resolver reports invalid spans
        span = MAX_SPAN
    return SLOTS_PER_DAY * ceil(max(min(span, MAX_SPAN), DAY) / DAY)


def _next_slots(arguments: Arguments) -> float:
    return _count(arguments.get("count"), MAX_NEXT_SLOTS, MAX_NEXT_SLOTS)


LIST_SIZES: Mapping[str, float | Rule] = {
    "Availability.overrides": ASSUMED_OVERRIDES,
    "Availability.weekly": ASSUMED_RANGES,
    "AvailabilitySet.outside": ASSUMED_OUTSIDE,
    "Booking.history": ASSUMED_CHANGES,
    "BookingList.bookings": 10,
    "DateOverride.hours": 2,
    "Day.slots": SLOTS_PER_DAY,
    "Expert.days": _days,
    "Expert.nextSlots": _next_slots,
    "Expert.offers": 3,
    "Expert.slots": _span,
    "Figures.perDay": ASSUMED_DAYS,
    "InvalidInput.fields": MAX_PROBLEMS,
    "Query.categories": 8,
    "SlotEvent.changed": 4,
    "SlotTaken.alternatives": 3,
    "TimeOpen.slots": MAX_OPEN_SLOTS,
    "User.sessions": ASSUMED_SESSIONS,
    "User.waits": MAX_WAITS_PER_CLIENT,
    # For introspection fields, the numbers are averages over this schema, in which few types wrap
    # other types.
    "__Directive.args": 1,
    "__Field.args": 0.5,
    "__Schema.directives": 6,
    "__Schema.types": 110,
    "__Type.enumValues": 1,
    "__Type.fields": 3,
    "__Type.inputFields": 1,
    "__Type.interfaces": 0.2,
    "__Type.ofType": 0.5,
    "__Type.possibleTypes": 0.5,
}
"""Assumed number of rows of each list without pagination, or a rule that computes this number."""

FIELD_COSTS: Mapping[str, int] = {
    "Booking.client": 10,
    "Booking.expert": 10,
    "Booking.review": 10,
    "Booking.slot": 20,
    "BookingChange.actor": 10,
    "BookingConnection.totalCount": 100,
    "Expert.availability": 10,
    "Expert.contactEmail": 10,
    "Expert.cursor": 10,
    "Expert.days": 20,
    "Expert.figures": 500,
    "Expert.nextSlot": 100,
    "Expert.nextSlots": 100,
    "Expert.offers": 10,
    "Expert.reviews": 100,
    "Expert.sequence": 10,
    "Expert.slots": 20,
    "Expert.timeZone": 10,
    "ExpertConnection.totalCount": 100,
    "Mutation.joinWaitlist": 2_000,
    "Mutation.refreshSession": 2_000,
    "Query.categories": 200,
    "Query.figures": 5_000,
    "ReviewConnection.totalCount": 100,
    "User.expert": 10,
    "User.sessions": 20,
    "User.waits": 20,
    "UserConnection.totalCount": 100,
    "Wait.ahead": 20,
    "Wait.expert": 10,
    "Wait.offer": 20,
}
"""Costs of fields that take more work to resolve than most fields.

For example, `joinWaitlist` checks all slots in a span of up to two months, and `refreshSession`
stores a token for a month.
"""

PAGE_ROW_COST = 20
"""Extra cost per row of a page, in addition to the cost of the row's fields."""

EXCESS_ROW_COST = 10
"""Cost per stored row that is read beyond the number that an operation's cost assumes."""

REPLAY_COST = 20
"""Extra cost per replayed event, in addition to the cost of the event's fields."""

ROW_COSTS: Mapping[str, int] = {"Day.slots": 3, "Expert.days": 20, "Expert.slots": 4}
"""Extra cost per row of lists that are not pages, in addition to the cost of the row's fields."""

ROOT_FIELD_COSTS = {
    OperationType.QUERY: 100,
    OperationType.MUTATION: 200,
    OperationType.SUBSCRIPTION: 200,
}


def is_list_of_objects(type_: GraphQLOutputType) -> bool:
    """Return whether a type is a list of objects, interfaces or unions."""
    inner = type_.of_type if is_non_null_type(type_) else type_
    return is_list_type(inner) and is_composite_type(get_named_type(inner))
