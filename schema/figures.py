"""Figures of bookings, for experts and administrators."""

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
"""Number of days that the cost of figures includes."""

FromArgument = Annotated[calendar_date, strawberry.argument(name="from", description="First day.")]
ToArgument = Annotated[
    calendar_date,
    strawberry.argument(description="Last day, included; at most 365 days after the first."),
]


@strawberry.type(description="Figures of the bookings whose sessions start on one day.")
class DayFigures:
    """Figures of a day; see `Figures`."""

    date: calendar_date = strawberry.field(description="The day.")
    booked: int = strawberry.field(description="As in `Figures`.")
    amount: strawberry.Private[int]

    @strawberry.field(description="As in `Figures`.")
    def income(self, info: Info) -> Money:
        """Return the day's income."""
        return _income(self.amount, info)


@strawberry.type(
    description="Figures of the bookings whose sessions start on some days, in the viewer's time "
    "zone."
)
class Figures:
    """Sums over some days, and the figures of each."""

    from_: calendar_date = strawberry.field(name="from", description="First day.")
    to: calendar_date = strawberry.field(description="Last day.")
    time_zone: TimeZone = strawberry.field(description="Time zone of the days.")
    booked: int = strawberry.field(
        description="All bookings: those to come, and the completed, cancelled and missed ones. "
        "Holds, and requests that were not confirmed before their start, do not count."
    )
    completed: int = strawberry.field(description="Bookings that are COMPLETED.")
    cancelled: int = strawberry.field(description="Bookings that either party has CANCELLED.")
    no_shows: int = strawberry.field(description="Bookings whose status is NO_SHOW.")
    per_day: list[DayFigures] = strawberry.field(
        description="Every day, in order, including days without bookings."
    )
    amount: strawberry.Private[int]

    @strawberry.field(
        description="Agreed prices of all bookings that are neither cancelled nor missed: those "
        "that are PENDING, CONFIRMED or COMPLETED. It is refused if it exceeds the maximum of an "
        "`Int`."
    )
    def income(self, info: Info) -> Money:
        """Return the income of all days."""
        return _income(self.amount, info)

    @classmethod
    def of(cls, found: model.Figures, context: Context) -> Figures:
        """Convert figures, and count the days beyond the number that the cost includes."""
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
    # Checked only if income is selected: counts can be read even if the income is too large.
    return Money.of(check_income(amount), info.context.services.currency)


@strawberry.type
class FiguresQuery:
    """Query for the figures of all experts."""

    @strawberry.field(description="Figures of all bookings. Administrators only.")
    async def figures(self, info: Info, from_: FromArgument, to: ToArgument) -> Figures:
        """Count the bookings of all experts."""
        context = info.context
        return Figures.of(await all_figures(context.viewer, from_, to), context)
