"""Calendars: changing the rules by which an expert offers time."""

from __future__ import annotations

from datetime import date as calendar_date
from typing import Annotated

import strawberry

from auth.viewers import signed_in
from models.calendar import rules as model
from resolvers import calendars
from resolvers.calendars import AS_IT_IS, RulesChange
from schema.availability import SessionOfferInput, WeeklyHoursInput
from schema.bookings import Booking
from schema.context import Info
from schema.errors import InvalidInput, NotAllowed
from schema.experts import Expert, any_expert
from schema.scalars import LocalTime


@strawberry.input(description="A span of a day, in the expert's zone.")
class LocalHoursInput:
    """Hours of one day as they are typed in."""

    from_: LocalTime = strawberry.field(
        name="from", description="The beginning, on a quarter of an hour."
    )
    to: LocalTime = strawberry.field(
        description="The end, on a quarter of an hour; 24:00 ends the day."
    )

    def read(self) -> model.LocalRange:
        """The hours for the lower floors."""
        return model.LocalRange(start=self.from_, end=self.to)


@strawberry.input(description="Replaces a day's weekly hours; no hours: closed.")
class DateOverrideInput:
    """Hours of one date as they are typed in."""

    date: calendar_date = strawberry.field(description="The local day; one that is over is left.")
    hours: list[LocalHoursInput] = strawberry.field(description="They must not overlap.")

    def read(self) -> model.DateOverride:
        """The day for the lower floors."""
        return model.DateOverride(day=self.date, ranges=tuple(hours.read() for hours in self.hours))


@strawberry.input(description="What is to change of an expert's rules; what is left out stays.")
class SetAvailabilityInput:
    """What an expert or an administrator gives to change when time is offered."""

    expert_id: strawberry.ID | None = strawberry.field(
        default=None, description="Whose calendar; null: the viewer's own."
    )
    weekly: list[WeeklyHoursInput] | None = strawberry.field(
        default=None, description="All the usual hours; those of a day must not overlap."
    )
    overrides: list[DateOverrideInput] | None = strawberry.field(
        default=None,
        description="All the days that differ, each once; at most 366. Days that are over are "
        "dropped.",
    )
    offers: list[SessionOfferInput] | None = strawberry.field(
        default=None, description="1 to 8 session lengths, each once; the first is the usual one."
    )
    step_minutes: strawberry.Maybe[int | None] = strawberry.field(
        description="The time between two starts, a multiple of 15 from 15 to 480; null, unless "
        "it is left out: the session's length."
    )
    break_minutes: int | None = strawberry.field(
        default=None,
        description="Kept free after each session, a multiple of 15 from 0 to 240; of bookings "
        "that are made from now on.",
    )
    minimum_notice_minutes: int | None = strawberry.field(
        default=None, description="The least time before a start, 0 to 43,200 minutes."
    )
    horizon_days: int | None = strawberry.field(
        default=None, description="How many days ahead can be booked, 1 to 372."
    )
    cancellation_notice_minutes: int | None = strawberry.field(
        default=None,
        description="How long before the start a client can still cancel or move, 0 to 43,200 "
        "minutes; of bookings that are made from now on.",
    )
    confirms_automatically: bool | None = strawberry.field(
        default=None, description="Whether a booking is confirmed at once."
    )

    def read(self) -> RulesChange:
        """The change for the lower floors."""
        weekly, overrides, offers = self.weekly, self.overrides, self.offers
        return RulesChange(
            weekly=None if weekly is None else [hours.read() for hours in weekly],
            overrides=None if overrides is None else [override.read() for override in overrides],
            offers=None if offers is None else [offer.read() for offer in offers],
            step_minutes=self.step_minutes.value if self.step_minutes else AS_IT_IS,
            break_minutes=self.break_minutes,
            minimum_notice_minutes=self.minimum_notice_minutes,
            horizon_days=self.horizon_days,
            cancellation_notice_minutes=self.cancellation_notice_minutes,
            confirms_automatically=self.confirms_automatically,
        )


@strawberry.type(description="The rules were set.")
class AvailabilitySet:
    """The expert with the new rules, and what does not fit them."""

    expert: Expert = strawberry.field(description="The expert, whose rules these are now.")
    outside: list[Booking] = strawberry.field(
        description="Bookings still ahead that stand although the new rules would not offer their "
        "time or length, whatever notice and horizon say; earliest first."
    )


SetAvailabilityResult = Annotated[
    AvailabilitySet | InvalidInput | NotAllowed,
    strawberry.union("SetAvailabilityResult", description="What `setAvailability` answers."),
]
SetAvailabilityArgument = Annotated[
    SetAvailabilityInput, strawberry.argument(description="Whose rules, and what changes.")
]


@strawberry.type
class CalendarMutation:
    """Changing when time is offered."""

    @strawberry.mutation(
        description="Change when an expert offers time. Bookings stand; whoever watches the "
        "calendar is told. For the expert and administrators."
    )
    async def set_availability(
        self, info: Info, input: SetAvailabilityArgument
    ) -> SetAvailabilityResult:
        """Other rules."""
        context = info.context
        calendar, outside = await calendars.set_availability(
            context.services.ledger,
            signed_in(context.viewer),
            input.expert_id,
            input.read(),
            context.services.currency,
            context.now,
        )
        context.forget()
        context.loaders.calendar.prime(calendar.id, calendar)
        return AvailabilitySet(
            expert=await any_expert(context, calendar.id),
            outside=[Booking.of(booking, context) for booking in outside],
        )
