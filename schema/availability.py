"""Availability of an expert: weekly hours, date overrides and booking rules."""

from __future__ import annotations

from datetime import date as calendar_date
from enum import Enum
from typing import Final

import strawberry

from models.calendar.rules import Calendar, LocalRange, WeeklyRange, end_of_range
from resolvers.availability import Price, PricedLength
from schema.enums import describe_enum
from schema.inputs import plain
from schema.places import PlaceInput
from schema.scalars import LocalTime


class Weekday(Enum):
    """Days of the week; Monday is the first day, as in ISO 8601, and has the number 0."""

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
    MONDAY="First day of the week (ISO 8601).",
    TUESDAY="Second day of the week.",
    WEDNESDAY="Third day of the week.",
    THURSDAY="Fourth day of the week.",
    FRIDAY="Fifth day of the week.",
    SATURDAY="Sixth day of the week.",
    SUNDAY="Last day of the week.",
)


@strawberry.type(
    description="A range of hours that begins on an override's date, in the expert's time zone."
)
class LocalHours:
    """Time range of a date override."""

    from_: LocalTime = strawberry.field(name="from", description="Start of the range.")
    to: LocalTime = strawberry.field(
        description="End of the range; 24:00 is the end of the day. A time before `from` is on "
        "the next day."
    )

    @classmethod
    def of(cls, hours: LocalRange) -> LocalHours:
        """Convert a range of hours from the calendar's rules."""
        return cls(from_=LocalTime(hours.start), to=LocalTime(hours.closing_time))


@strawberry.type(description="A weekly recurring range of hours, in the expert's time zone.")
class WeeklyHours:
    """Time range of a weekday."""

    weekday: Weekday = strawberry.field(description="Day of the week.")
    from_: LocalTime = strawberry.field(name="from", description="Start of the range.")
    to: LocalTime = strawberry.field(
        description="End of the range; 24:00 is the end of the day. A time before `from` is on "
        "the next day."
    )


@strawberry.type(
    description="Hours that replace the weekly hours on one date; an empty list closes the day. "
    "Hours belong to the date on which they begin, so hours that began on the day before still end "
    "after midnight."
)
class DateOverride:
    """Hours of a single date."""

    date: calendar_date = strawberry.field(description="Date in the expert's time zone.")
    hours: list[LocalHours] = strawberry.field(description="Hours of that date, earliest first.")


ASSUMED_OVERRIDES: Final = 10
ASSUMED_RANGES: Final = 7
"""Numbers of date overrides and weekly ranges that the computed cost of `Availability` assumes."""


@strawberry.type(description="Rules that determine which slots an expert offers.")
class Availability:
    """Working hours and booking rules of an expert."""

    weekly: list[WeeklyHours] = strawberry.field(description="Regular weekly hours.")
    overrides: list[DateOverride] = strawberry.field(
        description="Dates with hours that replace the weekly hours."
    )
    step_minutes: int | None = strawberry.field(
        description="Minutes between consecutive start times; null means the session length."
    )
    break_minutes: int = strawberry.field(description="Minutes kept free after each session.")
    minimum_notice_minutes: int = strawberry.field(
        description="Minimum time, in minutes, between booking a session and its start."
    )
    horizon_days: int = strawberry.field(
        description="Number of days ahead for which sessions can be booked."
    )
    cancellation_notice_minutes: int = strawberry.field(
        description="Deadline for the client to cancel or reschedule, in minutes before the start."
    )
    confirms_automatically: bool = strawberry.field(
        description="Whether bookings are confirmed without the expert's action."
    )
    version: int = strawberry.field(
        description="Version number, which increases with each change to these rules, the offers "
        "or the time zone; see `SetAvailabilityInput.expectedVersion`."
    )

    @classmethod
    def of(cls, calendar: Calendar) -> Availability:
        """Convert the rules of a calendar to the schema's type."""
        rules = calendar.rules
        return cls(
            weekly=[
                WeeklyHours(
                    weekday=Weekday(hours.weekday),
                    from_=LocalTime(hours.start),
                    to=LocalTime(hours.closing_time),
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
            version=calendar.rules_version,
        )


@plain
@strawberry.input(
    description="An amount of money; the currency must be the one that the server uses."
)
class MoneyInput:
    """Amount in minor units, with its currency."""

    amount: int = strawberry.field(
        description="Amount in minor units, such as cents; not negative."
    )
    currency: str = strawberry.field(description="ISO 4217 currency code, such as EUR.")

    def to_model(self) -> Price:
        """Convert the input to the resolver's type."""
        return Price(self.amount, self.currency)


@plain
@strawberry.input(description="A session length to offer, with its price and place.")
class SessionOfferInput:
    """Session length with its price and place."""

    minutes: int = strawberry.field(
        description="Length in minutes: a multiple of 15 from 15 to 480."
    )
    price: MoneyInput = strawberry.field(description="Price of the whole session.")
    place: PlaceInput | None = strawberry.field(
        default=None,
        description="Where the sessions take place. If omitted, an existing offer of this length "
        "keeps its place, and a new offer is for video calls. Existing bookings keep their place.",
    )

    def to_model(self) -> PricedLength:
        """Convert the input to the resolver's type."""
        place = self.place.to_model() if self.place else None
        return PricedLength(self.minutes, self.price.to_model(), place)


@plain
@strawberry.input(description="A weekly recurring range of hours, in the expert's time zone.")
class WeeklyHoursInput:
    """Time range of a weekday."""

    weekday: Weekday = strawberry.field(description="Day of the week.")
    from_: LocalTime = strawberry.field(
        name="from", description="Start of the range; a multiple of 15 minutes."
    )
    to: LocalTime = strawberry.field(
        description="End of the range; a multiple of 15 minutes. 24:00 is the end of the day; a "
        "time that is not after `from` is on the next day."
    )

    def to_model(self) -> WeeklyRange:
        """Convert the input to the calendar's type."""
        end = end_of_range(self.from_, self.to)
        return WeeklyRange(weekday=self.weekday.value, start=self.from_, end=end)
