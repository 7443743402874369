"""When an expert offers time: the rules as clients see them."""

from __future__ import annotations

from datetime import date as calendar_date
from enum import Enum

import strawberry

from models.calendar.rules import Calendar, LocalRange, WeeklyRange
from resolvers.availability import Price, PricedLength
from schema.enums import describe_enum
from schema.scalars import LocalTime


class Weekday(Enum):
    """ISO 8601's weekdays; Monday is 0."""

    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6


describe_enum(
    Weekday,
    "A day of the week.",
    MONDAY="The first day of the week, as in ISO 8601.",
    TUESDAY="The second day.",
    WEDNESDAY="The third day.",
    THURSDAY="The fourth day.",
    FRIDAY="The fifth day.",
    SATURDAY="The sixth day.",
    SUNDAY="The seventh day.",
)


@strawberry.type(description="A span of a day, in the expert's zone.")
class LocalHours:
    """Hours of one day."""

    from_: LocalTime = strawberry.field(name="from", description="The beginning.")
    to: LocalTime = strawberry.field(description="The end; 24:00 ends the day.")

    @classmethod
    def of(cls, hours: LocalRange) -> LocalHours:
        """The hours for clients."""
        return cls(from_=LocalTime(hours.start), to=LocalTime(hours.end))


@strawberry.type(description="A span of every such weekday, in the expert's zone.")
class WeeklyHours:
    """Hours of every week."""

    weekday: Weekday = strawberry.field(description="The day.")
    from_: LocalTime = strawberry.field(name="from", description="The beginning.")
    to: LocalTime = strawberry.field(description="The end; 24:00 ends the day.")


@strawberry.type(description="Replaces a day's weekly hours; no hours: closed.")
class DateOverride:
    """Hours of one date."""

    date: calendar_date = strawberry.field(description="The local day.")
    hours: list[LocalHours] = strawberry.field(description="Earliest first.")


@strawberry.type(description="The rules by which an expert offers time.")
class Availability:
    """An expert's rules."""

    weekly: list[WeeklyHours] = strawberry.field(description="The usual hours.")
    overrides: list[DateOverride] = strawberry.field(description="Days that differ.")
    step_minutes: int | None = strawberry.field(
        description="The time between two starts; null: the session's length."
    )
    break_minutes: int = strawberry.field(description="Kept free after each session.")
    minimum_notice_minutes: int = strawberry.field(description="The least time before a start.")
    horizon_days: int = strawberry.field(description="How many days ahead can be booked.")
    cancellation_notice_minutes: int = strawberry.field(
        description="How long before the start a client can still cancel or move."
    )
    confirms_automatically: bool = strawberry.field(
        description="Whether a booking is confirmed at once."
    )

    @classmethod
    def of(cls, calendar: Calendar) -> Availability:
        """The rules for clients."""
        rules = calendar.rules
        return cls(
            weekly=[
                WeeklyHours(
                    weekday=Weekday(hours.weekday),
                    from_=LocalTime(hours.start),
                    to=LocalTime(hours.end),
                )
                for hours in rules.weekly
            ],
            overrides=[
                DateOverride(
                    date=override.day, hours=[LocalHours.of(hours) for hours in override.ranges]
                )
                for override in rules.overrides
            ],
            step_minutes=rules.step_minutes,
            break_minutes=rules.break_minutes,
            minimum_notice_minutes=rules.minimum_notice_minutes,
            horizon_days=rules.horizon_days,
            cancellation_notice_minutes=rules.cancellation_notice_minutes,
            confirms_automatically=rules.confirms_automatically,
        )


@strawberry.input(description="An amount of money, in the deployment's currency.")
class MoneyInput:
    """Minor units, and the currency that they are meant in."""

    amount: int = strawberry.field(description="In minor units, such as cents; not negative.")
    currency: str = strawberry.field(description="ISO 4217, such as EUR.")

    def read(self) -> Price:
        """The amount for the lower floors."""
        return Price(self.amount, self.currency)


@strawberry.input(description="A session's length and price.")
class SessionOfferInput:
    """An offer as it is typed in."""

    minutes: int = strawberry.field(description="A multiple of 15 from 15 to 480.")
    price: MoneyInput = strawberry.field(description="For the whole session.")

    def read(self) -> PricedLength:
        """The offer for the lower floors."""
        return PricedLength(self.minutes, self.price.read())


@strawberry.input(description="A span of every such weekday, in the expert's zone.")
class WeeklyHoursInput:
    """Hours of every week as they are typed in."""

    weekday: Weekday = strawberry.field(description="The day.")
    from_: LocalTime = strawberry.field(
        name="from", description="The beginning, on a quarter of an hour."
    )
    to: LocalTime = strawberry.field(
        description="The end, on a quarter of an hour; 24:00 ends the day."
    )

    def read(self) -> WeeklyRange:
        """The hours for the lower floors."""
        return WeeklyRange(weekday=self.weekday.value, start=self.from_, end=self.to)
