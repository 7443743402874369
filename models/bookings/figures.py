"""Booking figures per day, by the start of the session, counted in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from models.bookings.booking import UPCOMING, Booking, BookingStatus
from models.store.documents import at_one_moment

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from models.ids import Id

COUNTED: Final = UPCOMING | {
    BookingStatus.COMPLETED,
    BookingStatus.CANCELLED,
    BookingStatus.NO_SHOW,
}
"""Statuses of bookings that count; a request that nobody confirmed in time does not."""

EARNING: Final = UPCOMING | {BookingStatus.COMPLETED}


class Count(NamedTuple):
    """Bookings whose sessions start on a day, and their outcomes.

    Attributes:
        booked: all bookings; a released hold does not count.
        completed: those that took place.
        cancelled: those that either party cancelled.
        no_shows: those that the client missed.
        income: agreed prices of those that took place or are to come, in minor currency units.
    """

    booked: int = 0
    completed: int = 0
    cancelled: int = 0
    no_shows: int = 0
    income: int = 0


async def counts_by_day(
    expert_id: Id | None, boundaries: Sequence[datetime]
) -> dict[datetime, Count]:
    """Return the counts of bookings as of one moment, keyed by the start of each day.

    Args:
        expert_id: the expert; None for all experts.
        boundaries: the start of each day, and the end of the last one, in order.

    Returns:
        The count of each day that has bookings.
    """
    found = at_one_moment(Booking).aggregate(_pipeline(expert_id, boundaries))
    rows = await (await found).to_list()
    return {row["_id"]: Count(*(row[name] for name in Count._fields)) for row in rows}


def _pipeline(expert_id: Id | None, boundaries: Sequence[datetime]) -> list[dict[str, Any]]:
    # Both values of `active` are named, so that the index `expert_by_start` serves the query.
    only = {"expert_id": expert_id, "active": {"$in": [True, False]}} if expert_id else {}
    starts_at = {"$gte": boundaries[0], "$lt": boundaries[-1]}
    # The history tells bookings from holds, even after the contact details have been erased.
    was_booked = {"history.after": {"$in": sorted(status.value for status in UPCOMING)}}
    counted = {"status": {"$in": sorted(status.value for status in COUNTED)}, **was_booked}
    return [
        {"$match": {**only, "starts_at": starts_at, **counted}},
        {
            "$bucket": {
                "groupBy": "$starts_at",
                "boundaries": list(boundaries),
                "output": {
                    "booked": {"$sum": 1},
                    "completed": _sum_if({BookingStatus.COMPLETED}, 1),
                    "cancelled": _sum_if({BookingStatus.CANCELLED}, 1),
                    "no_shows": _sum_if({BookingStatus.NO_SHOW}, 1),
                    "income": _sum_if(EARNING, "$price"),
                },
            }
        },
    ]


def _sum_if(statuses: Collection[BookingStatus], value: object) -> object:
    names = sorted(status.value for status in statuses)
    return {"$sum": {"$cond": [{"$in": ["$status", names]}, value, 0]}}
