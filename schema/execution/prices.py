"""What fields cost: how many rows their lists have, and what is read or computed for them.

How these come to the cost of an operation is told in `schema.execution.cost`.
"""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, TypeAlias

from graphql import OperationType

from models.store.pages import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE
from resolvers.slots import MAX_DAYS, MAX_SPAN
from schema.scalars import parse_datetime

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SIZE_ARGUMENTS = frozenset({"first", "last", "count", "from", "to"})
"""The arguments by which lists get longer."""

SLOTS_PER_DAY = 16
DAY = timedelta(days=1)

Arguments = dict[str, object]
Rule: TypeAlias = "Callable[[Arguments], float]"


def _count(value: object, default: int, most: int) -> int:
    """A number that is asked for, within what the resolver takes; the most where it is none."""
    if value is None:
        return default
    if isinstance(value, (int, float)) and 1 <= value <= most:
        return int(value)
    return most


def page(arguments: Arguments) -> float:
    """How many rows a page has."""
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
    except Exception:  # noqa: BLE001 - whatever makes it no span is told by whoever reads it
        span = MAX_SPAN
    return SLOTS_PER_DAY * ceil(max(min(span, MAX_SPAN), DAY) / DAY)


LIST_SIZES: Mapping[str, float | Rule] = {
    "Availability.overrides": 10,
    "Availability.weekly": 7,
    "AvailabilitySet.outside": 20,
    "Booking.history": 5,
    "BookingList.bookings": 10,
    "DateOverride.hours": 2,
    "Day.slots": SLOTS_PER_DAY,
    "Expert.days": _days,
    "Expert.offers": 3,
    "Expert.slots": _span,
    "InvalidInput.fields": 10,
    "Query.categories": 8,
    "SlotEvent.changed": 4,
    "SlotTaken.alternatives": 3,
    # The schema's own, on average; a type is seldom inside of another.
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
"""How many rows lists have that are no pages."""

FIELD_COSTS: Mapping[str, int] = {
    "Booking.client": 10,
    "Booking.expert": 10,
    "Booking.slot": 20,
    "BookingChange.actor": 10,
    "BookingConnection.totalCount": 100,
    "Expert.availability": 10,
    "Expert.cursor": 10,
    "Expert.days": 20,
    "Expert.nextSlot": 100,
    "Expert.offers": 10,
    "Expert.sequence": 10,
    "Expert.slots": 20,
    "Expert.timeZone": 10,
    "ExpertConnection.totalCount": 100,
    "User.expert": 10,
    "UserConnection.totalCount": 100,
}
"""What fields cost that do more than read what is there."""

PAGE_ROW_COST = 20
ROW_COSTS: Mapping[str, int] = {"Day.slots": 3, "Expert.days": 20, "Expert.slots": 4}
"""What a row costs beside its fields: one of a page, and those of other lists."""

ROOT_FIELD_COSTS = {
    OperationType.QUERY: 100,
    OperationType.MUTATION: 200,
    OperationType.SUBSCRIPTION: 200,
}
