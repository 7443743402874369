"""Mutation that changes an expert's availability."""

from __future__ import annotations

from datetime import date as calendar_date
from typing import Annotated, Final

import strawberry

from auth.viewers import require_viewer
from models.calendar import rules as model
from resolvers import calendars
from resolvers.calendars import RulesChange
from schema.availability import SessionOfferInput, WeeklyHoursInput
from schema.bookings import Booking
from schema.context import Info
from schema.errors import AvailabilityChanged, InvalidInput, NotAllowed
from schema.experts import Expert, load_expert
from schema.inputs import plain
from schema.scalars import LocalTime


@plain
@strawberry.input(
    description="A range of hours that begins on an override's date, in the expert's time zone."
)
class LocalHoursInput:
    """Time range of a date override."""

    from_: LocalTime = strawberry.field(
        name="from", description="Start of the range; a multiple of 15 minutes."
    )
    to: LocalTime = strawberry.field(
        description="End of the range; a multiple of 15 minutes. 24:00 is the end of the day; a "
        "time that is not after `from` is on the next day."
    )

    def to_model(self) -> model.LocalRange:
        """Convert the input to the calendar's type."""
        return model.LocalRange(start=self.from_, end=model.end_of_range(self.from_, self.to))


@plain
@strawberry.input(
    description="Hours that replace the weekly hours on one date; an empty list closes the day. "
    "Hours belong to the date on which they begin, so hours that began on the day before still end "
    "after midnight."
)
class DateOverrideInput:
    """Hours of a single date."""

    date: calendar_date = strawberry.field(
        description="Date in the expert's time zone. Past dates are ignored."
    )
    hours: list[LocalHoursInput] = strawberry.field(
        description="Hours of that date; ranges must not overlap."
    )

    def to_model(self) -> model.DateOverride:
        """Convert the input to the calendar's type."""
        return model.DateOverride(
            day=self.date, ranges=tuple(hours.to_model() for hours in self.hours)
        )


@plain
@strawberry.input(
    description="Changes to an expert's availability. Fields that are omitted or null keep their "
    "values."
)
class SetAvailabilityInput:
    """Input of `setAvailability`."""

    expert_id: strawberry.ID | None = strawberry.field(
        default=None, description="Expert whose availability to change; null means the viewer."
    )
    weekly: list[WeeklyHoursInput] | None = strawberry.field(
        default=None,
        description="Complete list of weekly hours; ranges must not overlap, even past midnight.",
    )
    overrides: list[DateOverrideInput] | None = strawberry.field(
        default=None,
        description="Complete list of date overrides: at most 366, and at most one per date. Past "
        "dates are dropped.",
    )
    offers: list[SessionOfferInput] | None = strawberry.field(
        default=None,
        description="1 to 8 session offers with distinct lengths; the first is the default.",
    )
    step_minutes: int | None = strawberry.field(
        default=None,
        description="Minutes between consecutive start times: a multiple of 15 from 15 to 480.",
    )
    step_matches_session: bool | None = strawberry.field(
        default=None,
        description="If true, the step is the session length, and `stepMinutes` must be absent. "
        "False changes nothing.",
    )
    break_minutes: int | None = strawberry.field(
        default=None,
        description="Minutes kept free after each session: a multiple of 15 from 0 to 240. "
        "Applies to new bookings only.",
    )
    minimum_notice_minutes: int | None = strawberry.field(
        default=None,
        description="Minimum time between booking a session and its start, 0 to 43,200 minutes.",
    )
    horizon_days: int | None = strawberry.field(
        default=None,
        description="Number of days ahead for which sessions can be booked, 1 to 372.",
    )
    cancellation_notice_minutes: int | None = strawberry.field(
        default=None,
        description="Deadline for the client to cancel or reschedule, 0 to 43,200 minutes before "
        "the start. Applies to new bookings only.",
    )
    confirms_automatically: bool | None = strawberry.field(
        default=None,
        description="Whether bookings are confirmed without the expert's action.",
    )
    expected_version: int | None = strawberry.field(
        default=None,
        description="The `Availability.version` on which the changes are based. If the "
        "availability has changed since that version, nothing is overwritten, and the result is "
        "`AvailabilityChanged`.",
    )

    def to_model(self) -> RulesChange:
        """Convert the input to the resolver's type."""
        weekly, overrides, offers = self.weekly, self.overrides, self.offers
        return RulesChange(
            weekly=None if weekly is None else [hours.to_model() for hours in weekly],
            overrides=None
            if overrides is None
            else [override.to_model() for override in overrides],
            offers=None if offers is None else [offer.to_model() for offer in offers],
            step_minutes=self.step_minutes,
            step_matches_session=bool(self.step_matches_session),
            break_minutes=self.break_minutes,
            minimum_notice_minutes=self.minimum_notice_minutes,
            horizon_days=self.horizon_days,
            cancellation_notice_minutes=self.cancellation_notice_minutes,
            confirms_automatically=self.confirms_automatically,
            expected_version=self.expected_version,
        )


ASSUMED_OUTSIDE: Final = 20
"""Number of bookings outside the new rules that the computed cost of `setAvailability` assumes."""


@strawberry.type(description="Success of `setAvailability`.")
class AvailabilitySet:
    """The expert, and the bookings outside the new rules."""

    expert: Expert = strawberry.field(description="The expert with the new availability.")
    outside: list[Booking] = strawberry.field(
        description="Upcoming bookings at times or of lengths that the new rules no longer offer, "
        "earliest first. All of these bookings remain valid. Bookings that break only the new "
        "minimum notice or horizon are not included."
    )


SetAvailabilityResult = Annotated[
    AvailabilitySet | InvalidInput | NotAllowed | AvailabilityChanged,
    strawberry.union("SetAvailabilityResult", description="The new availability, or a refusal."),
]
SetAvailabilityArgument = Annotated[
    SetAvailabilityInput, strawberry.argument(description="Expert to update, and the changes.")
]


@strawberry.type
class CalendarMutation:
    """Mutations of calendars."""

    @strawberry.mutation(
        description="Change an expert's availability. Existing bookings remain valid; subscribers "
        "to the calendar receive a `CalendarReset`. Allowed only for the expert and administrators."
    )
    async def set_availability(
        self, info: Info, input: SetAvailabilityArgument
    ) -> SetAvailabilityResult:
        """Change an expert's availability."""
        context = info.context
        calendar, outside = await calendars.set_availability(
            context.services.ledger,
            require_viewer(context.viewer),
            input.expert_id,
            input.to_model(),
            context.services.currency,
            context.services.reservations.phone_region,
            context.now,
        )
        context.count_rows(len(outside), ASSUMED_OUTSIDE)
        context.reset_loaders()
        context.loaders.calendar.prime(calendar.id, calendar)
        return AvailabilitySet(
            expert=await load_expert(context, calendar.id),
            outside=[Booking.of(booking, context) for booking in outside],
        )
