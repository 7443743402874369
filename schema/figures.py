"""Figures about bookings (numbers and income), for experts and administrators."""

from __future__ import annotations

from datetime import date as calendar_date
from typing import TYPE_CHECKING, Annotated, Final

import strawberry

from resolvers.figures import all_figures, check_income
from schema.context import Context, Info
from schema.nodes import Money
from schema.scalars import TimeZone

if TYPE_CHECKING:
    from resolvers import figures as model

ASSUMED_DAYS: Final = 31
"""Number of days on which the computed cost of an operation with figures is based."""

FromArgument = Annotated[calendar_date, strawberry.argument(name="from", description="First day.")]
ToArgument = Annotated[
    calendar_date,
    strawberry.argument(description="Last day, inclusive; at most 365 days after the first day."),
]


@strawberry.type(description="Figures about the bookings whose sessions start on one day.")
class DayFigures:
    """Figures of one day; the fields have the same meaning as in `Figures`."""

    date: calendar_date = strawberry.field(description="The day.")
    booked: int = strawberry.field(
        description="Number of bookings on this day, counted as in `Figures.booked`."
    )
    amount: strawberry.Private[int]

    @strawberry.field(description="Income of this day, computed as in `Figures.income`.")
    def income(self, info: Info) -> Money:
        """Return the day's income."""
        return _income(self.amount, info)


@strawberry.type(
    description="Figures about the bookings whose sessions start within a span of days, in the "
    "viewer's time zone."
)
class Figures:
    """Totals over a span of days, and the figures of each day."""

    from_: calendar_date = strawberry.field(name="from", description="First day.")
    to: calendar_date = strawberry.field(description="Last day.")
    time_zone: TimeZone = strawberry.field(description="Time zone of the days.")
    booked: int = strawberry.field(
        description="Number of all bookings: upcoming, completed, cancelled and missed ones. Holds "
        "are not counted, nor are pending bookings that were not confirmed before their start."
    )
    completed: int = strawberry.field(description="Number of bookings that are COMPLETED.")
    cancelled: int = strawberry.field(description="Number of bookings that are CANCELLED.")
    no_shows: int = strawberry.field(description="Number of bookings whose status is NO_SHOW.")
    per_day: list[DayFigures] = strawberry.field(
        description="Figures of every day, in order, including days without bookings."
    )
    amount: strawberry.Private[int]

    @strawberry.field(
        description="Sum of the agreed prices of all bookings that are PENDING, CONFIRMED or "
        "COMPLETED. The field fails with BAD_USER_INPUT if the sum exceeds the maximum of an `Int`."
    )
    def income(self, info: Info) -> Money:
        """Return the total income of all days."""
        return _income(self.amount, info)

    @classmethod
    def of(cls, found: model.Figures, context: Context) -> Figures:
        """Convert figures to the GraphQL type; count days beyond those that the cost assumes."""
        total = found.total
        context.count_rows(len(found.days), ASSUMED_DAYS)
        days = list(found.days)
        return cls(
            from_=days[0],
            to=days[-1],
            time_zone=TimeZone(found.time_zone),
            booked=total.booked,
            completed=total.completed,
            cancelled=total.cancelled,
            no_shows=total.no_shows,
            amount=total.income,
            per_day=[
                DayFigures(date=day, booked=of.booked, amount=of.income)
                for day, of in found.days.items()
            ],
        )


def _income(amount: int, info: Info) -> Money:
    # The income is checked only if it is selected, so that the numbers of bookings can be read even
    # if the income is too large.
    return Money.of(check_income(amount), info.context.services.currency)


@strawberry.type
class FiguresQuery:
    """Query for the figures of all experts."""

    @strawberry.field(description="Figures about the bookings of all experts. Administrators only.")
    async def figures(self, info: Info, from_: FromArgument, to: ToArgument) -> Figures:
        """Return the figures about the bookings of all experts."""
        context = info.context
        return Figures.of(await all_figures(context.viewer, from_, to), context)
