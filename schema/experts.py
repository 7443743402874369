"""The GraphQL type of experts: directory entry, calendar, slots and reviews."""

from __future__ import annotations

from datetime import date as calendar_date
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from auth.visibility import may_see_contact_email, shows_place_of_offers
from models.bookings.booking import Span
from models.bookings.events import cursor_of, position_of
from models.calendar.rules import Calendar
from models.calendar.slots import Slot as ModelSlot
from models.directory import experts as model
from models.directory.reviews import ReviewOrder
from models.ids import Id, global_id
from resolvers import experts, slots
from resolvers.figures import expert_figures
from resolvers.reviews import hidden_reviews
from schema.availability import ASSUMED_OVERRIDES, ASSUMED_RANGES, Availability
from schema.context import Context, Info
from schema.directory import AvailableInput, Category
from schema.figures import Figures, FromArgument, ToArgument
from schema.nodes import Money, Node, SessionOffer
from schema.pages import Connection, PageArguments
from schema.photos import photo_url
from schema.reviews import Review, ReviewConnection
from schema.scalars import TimeZone
from schema.slots import Day, Slot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MinutesArgument = Annotated[
    int | None,
    strawberry.argument(
        description="Session length in minutes; null means the length of the expert's first offer."
    ),
]
FirstArgument = Annotated[
    int | None,
    strawberry.argument(
        description="Return at most this many items from the start, 1 to 100; 20 by default."
    ),
]
AfterArgument = Annotated[
    str | None, strawberry.argument(description="Return only items after this cursor.")
]
LastArgument = Annotated[
    int | None,
    strawberry.argument(description="Return at most this many items from the end, 1 to 100."),
]
BeforeArgument = Annotated[
    str | None, strawberry.argument(description="Return only items before this cursor.")
]


@strawberry.type(description="A person who offers sessions.")
class Expert(Node):
    """Directory entry and calendar of an expert."""

    slug: str = strawberry.field(description="URL slug.")
    name: str = strawberry.field(description="Full name.")
    title: str = strawberry.field(description="Professional title.")
    category: Category = strawberry.field(description="Field of expertise.")
    bio: str = strawberry.field(description="The expert's biography.")
    photo_url: str = strawberry.field(
        description="URL, relative to this server, of the expert's photo or, without a photo, of a "
        "picture of the expert's initials. The URL changes whenever the photo changes."
    )
    experience_years: int = strawberry.field(description="Years of professional experience.")
    languages: list[str] = strawberry.field(
        description="English names of the languages that the expert speaks."
    )
    hourly_rate: Money = strawberry.field(description="Price per hour.")
    rating: float | None = strawberry.field(
        description="Mean rating of all visible reviews, 1 to 5; null if there are none."
    )
    review_count: int = strawberry.field(
        description="Number of reviews that the rating is computed from."
    )
    rating_counts: list[int] = strawberry.field(
        description="Number of reviews with one star, with two stars, and so on: five numbers."
    )
    key: strawberry.Private[Id]

    @classmethod
    def of(cls, expert: model.Expert | model.DirectoryEntry, context: Context) -> Expert:
        """Convert a stored expert to the GraphQL type."""
        return cls(
            id=strawberry.ID(global_id("Expert", expert.id)),
            slug=expert.slug,
            name=expert.name,
            title=expert.title,
            category=expert.category,
            bio=expert.bio,
            photo_url=photo_url(expert),
            experience_years=expert.experience_years,
            languages=expert.languages,
            hourly_rate=Money.of(expert.hourly_rate, context.services.currency),
            rating=expert.rating,
            review_count=expert.review_count,
            rating_counts=expert.rating_counts,
            key=expert.id,
        )

    @strawberry.field(description="Time zone of the expert's working hours.")
    async def time_zone(self, info: Info) -> TimeZone:
        """Load the time zone of the expert's calendar."""
        return TimeZone((await self._calendar(info)).rules.time_zone)

    @strawberry.field(
        description="Session lengths that the expert offers, with prices and places; the first "
        "offer is the default."
    )
    async def offers(self, info: Info) -> list[SessionOffer]:
        """Load the session offers from the expert's calendar."""
        context, offers = info.context, (await self._calendar(info)).rules.offers
        shows_details = shows_place_of_offers(context.viewer, self.key)
        currency = context.services.currency
        return [SessionOffer.of(offer, currency, shows_details=shows_details) for offer in offers]

    @strawberry.field(description="Working hours and booking rules.")
    async def availability(self, info: Info) -> Availability:
        """Load the rules of the expert's calendar."""
        calendar = await self._calendar(info)
        rows = len(calendar.rules.overrides) + len(calendar.rules.weekly)
        info.context.count_rows(rows, ASSUMED_OVERRIDES + ASSUMED_RANGES)
        return Availability.of(calendar)

    @strawberry.field(
        description="E-mail address that clients may write to. Null for everybody except the "
        "expert and administrators; clients find the address in the e-mails about their bookings."
    )
    async def contact_email(self, info: Info) -> str | None:
        """Load the contact e-mail address."""
        context = info.context
        if not may_see_contact_email(context.viewer, self.key):
            return None
        expert = await context.loaders.expert.load(self.key)
        return expert.contact_email if expert else None

    @strawberry.field(description="Reviews by clients, the newest first by default.")
    async def reviews(
        self,
        info: Info,
        order_by: Annotated[
            ReviewOrder, strawberry.argument(description="Order of the list.")
        ] = ReviewOrder.NEWEST,
        first: FirstArgument = None,
        after: AfterArgument = None,
        last: LastArgument = None,
        before: BeforeArgument = None,
        *,
        hidden: Annotated[
            bool | None,
            strawberry.argument(
                description="True to list the hidden reviews instead of the visible ones; only the "
                "expert and administrators may list hidden reviews."
            ),
        ] = None,
    ) -> ReviewConnection:
        """Return a page of the expert's reviews."""
        context, arguments = info.context, PageArguments(first, after, last, before)
        if hidden:
            page = await hidden_reviews(context.viewer, self.key, order_by, arguments)
        else:
            page = await context.services.listings.reviews(self.key, order_by, arguments)
        return Connection.of(page, lambda review: Review.of(review, context))

    @strawberry.field(description="Slots that start in a span of at most 62 days, earliest first.")
    async def slots(
        self,
        info: Info,
        from_: Annotated[
            datetime, strawberry.argument(name="from", description="Start of the span, inclusive.")
        ],
        to: Annotated[datetime, strawberry.argument(description="End of the span, exclusive.")],
        minutes: MinutesArgument = None,
    ) -> list[Slot]:
        """Compute the slots that start in a span of time."""
        slots.check_span(from_, to)
        calendar = await self._calendar(info)
        offered = await self._slots_between(info, minutes, from_, to)
        return [Slot.of(slot, info.context, calendar.sequence) for slot in offered]

    @strawberry.field(
        description="Slots grouped by local date; a day without slots has an empty list."
    )
    async def days(
        self,
        info: Info,
        from_: Annotated[calendar_date, strawberry.argument(name="from", description="First day.")],
        count: Annotated[int, strawberry.argument(description="Number of days, 1 to 62.")] = 7,
        time_zone: Annotated[
            TimeZone | None,
            strawberry.argument(
                description="Time zone of the days; null means the expert's time zone."
            ),
        ] = None,
        minutes: MinutesArgument = None,
    ) -> list[Day]:
        """Compute the slots of the requested days."""
        calendar = await self._calendar(info)
        zone_name = time_zone or calendar.rules.time_zone
        since, until = slots.span_of_days(from_, count, zone_name)
        offered = await self._slots_between(info, minutes, since, until)
        return [
            Day(date=day, slots=[Slot.of(slot, info.context, calendar.sequence) for slot in of_day])
            for day, of_day in slots.group_by_day(offered, from_, count, zone_name)
        ]

    @strawberry.field(
        description="Earliest open slot; null if the expert has no open slot within the booking "
        "horizon."
    )
    async def next_slot(self, info: Info, minutes: MinutesArgument = None) -> Slot | None:
        """Find the first open slot within the booking horizon."""
        return next(iter(await self._open_slots(info, minutes, 1)), None)

    @strawberry.field(
        description="Earliest open slots, which may overlap each other; fewer than `count` if the "
        "booking horizon ends first."
    )
    async def next_slots(
        self,
        info: Info,
        count: Annotated[int, strawberry.argument(description="Number of slots, 1 to 10.")] = 3,
        minutes: MinutesArgument = None,
        available: Annotated[
            AvailableInput | None,
            strawberry.argument(
                description="Return only slots in this span and of this length, as in "
                "`ExpertFilter.available`. The field `minutes` of this input overrides the "
                "argument `minutes`."
            ),
        ] = None,
    ) -> list[Slot]:
        """Find the first open slots within the booking horizon or, if given, the wanted span."""
        slots.check_next(count)
        if available is None:
            return await self._open_slots(info, minutes, count)
        wanted = available.to_model("available")
        length = minutes if wanted.minutes is None else wanted.minutes
        return await self._open_slots(info, length, count, (wanted.since, wanted.until))

    @strawberry.field(
        description="Numbers and income of the expert's bookings; for the expert and "
        "administrators only."
    )
    async def figures(self, info: Info, from_: FromArgument, to: ToArgument) -> Figures:
        """Count the expert's bookings."""
        context = info.context
        return Figures.of(await expert_figures(context.viewer, self.key, from_, to), context)

    @strawberry.field(
        description="Cursor to pass as `after` to a subscription, which then sends every change "
        "made since this response."
    )
    async def cursor(self, info: Info) -> str:
        """Return the cursor of the calendar's last event; the calendar is read before bookings."""
        return cursor_of(self.key, position_of(await self._calendar(info)))

    @strawberry.field(
        description="Sequence number of the last calendar event that this response reflects."
    )
    async def sequence(self, info: Info) -> int:
        """Return the sequence number of the event that `cursor` refers to."""
        return (await self._calendar(info)).sequence

    async def _calendar(self, info: Info) -> Calendar:
        return await load_calendar(info.context, self.key)

    async def _open_slots(
        self,
        info: Info,
        minutes: int | None,
        count: int,
        span: tuple[datetime, datetime] | None = None,
    ) -> list[Slot]:
        """Return the first `count` open slots in the given span, or in the booking horizon."""
        context, calendar = info.context, await self._calendar(info)
        length = slots.session_minutes(calendar, minutes)
        # The calendar has been read before the index of open slots, so the index is at least as new
        # as the calendar.
        next_open = context.services.listings.next_open
        known = await next_open(self.key, length, count, context.now, span)
        if known:
            context.loaders.reads.record_holds(self.key, known.ends_of_holds)
            found = slots.open_slots(calendar, length, known.cells)
        else:
            spans = [span] if span else slots.search_windows(calendar, context.now)
            found = await self._next_open(info, length, count, spans)
        return [Slot.of(slot, context, calendar.sequence) for slot in found]

    async def _next_open(
        self, info: Info, minutes: int, count: int, spans: Iterable[tuple[datetime, datetime]]
    ) -> list[ModelSlot]:
        """Compute the first open slots in the given spans from the calendar's bookings."""
        found: list[ModelSlot] = []
        for since, until in spans:
            offered = await self._slots_between(info, minutes, since, until)
            found += slots.first_open_slots(offered, count - len(found))
            if len(found) == count:
                break
        return found

    async def _slots_between(
        self, info: Info, minutes: int | None, since: datetime, until: datetime
    ) -> Iterator[ModelSlot]:
        """Compute the slots that start in `[since, until)`.

        The calendar is read before the bookings, so that `cursor` never skips an event.
        """
        context = info.context
        calendar = await self._calendar(info)
        length = slots.session_minutes(calendar, minutes)
        occupants = await context.loaders.occupants.load(Span(self.key, since, until))
        return slots.slots_between(calendar, occupants, length, since, until, context.now)


async def load_calendar(context: Context, expert_id: Id) -> Calendar:
    """Load the calendar of an expert; every expert has one."""
    calendar = await context.loaders.calendar.load(expert_id)
    if calendar is None:
        raise LookupError(f"no calendar {expert_id}")
    return calendar


async def load_visible_expert(context: Context, expert_id: Id) -> Expert | None:
    """Load an expert; return None if they do not exist or the viewer may not see them."""
    expert = experts.if_visible(context.viewer, await context.loaders.expert.load(expert_id))
    return Expert.of(expert, context) if expert else None


async def load_expert(context: Context, expert_id: Id) -> Expert:
    """Load an expert that must exist, whether or not the viewer may see them."""
    expert = await context.loaders.expert.load(expert_id)
    if expert is None:
        raise LookupError(f"no expert {expert_id}")
    return Expert.of(expert, context)
