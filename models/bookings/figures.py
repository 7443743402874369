"""Numbers of bookings for each day on which sessions start, counted in the database."""

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
"""Statuses of bookings that are counted; bookings that expired unconfirmed are not counted."""

EARNING: Final = UPCOMING | {BookingStatus.COMPLETED}


class Count(NamedTuple):
    """Numbers of bookings whose sessions start on the same day, by outcome.

    Attributes:
        booked: all counted bookings, without holds that never became bookings.
        completed: bookings whose sessions took place.
        cancelled: bookings that either party cancelled.
        no_shows: bookings whose sessions the client missed.
        income: sum of the agreed prices of all completed or upcoming bookings, in minor currency
            units.
    """

    booked: int = 0
    completed: int = 0
    cancelled: int = 0
    no_shows: int = 0
    income: int = 0


async def counts_by_day(
    expert_id: Id | None, boundaries: Sequence[datetime]
) -> dict[datetime, Count]:
    """Return the numbers of bookings for each day, counted from one snapshot.

    Args:
        expert_id: the expert; None for all experts.
        boundaries: the start of each day, followed by the end of the last day, in order.

    Returns:
        The numbers for each day, keyed by the start of the day; days without bookings are left out.
    """
    found = at_one_moment(Booking).aggregate(_pipeline(expert_id, boundaries))
    rows = await (await found).to_list()
    return {row["_id"]: Count(*(row[name] for name in Count._fields)) for row in rows}


def _pipeline(expert_id: Id | None, boundaries: Sequence[datetime]) -> list[dict[str, Any]]:
    # The filter names both values of `active`, so that the query uses the index `expert_by_start`.
    only = {"expert_id": expert_id, "active": {"$in": [True, False]}} if expert_id else {}
    starts_at = {"$gte": boundaries[0], "$lt": boundaries[-1]}
    # The history tells bookings from mere holds, even if the contact details have been erased.
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
