"""Experts: the directory, and what one offers."""

from __future__ import annotations

from datetime import date as calendar_date
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from models.bookings.booking import Span
from models.bookings.events import cursor_of
from models.calendar.rules import Calendar
from models.calendar.slots import Slot as ModelSlot
from models.directory import experts as model
from models.directory.experts import Category, ExpertOrderField
from models.ids import Id, global_id, object_id
from resolvers import experts, slots
from schema.availability import Availability
from schema.context import Context, Info
from schema.enums import describe_enum
from schema.nodes import Money, Node, SessionOffer
from schema.pages import Connection, PageArguments
from schema.scalars import TimeZone
from schema.slots import Day, Slot

if TYPE_CHECKING:
    from collections.abc import Iterator

describe_enum(
    Category,
    "A field of expertise.",
    TECHNOLOGY="Software, data, networks and devices.",
    FINANCE="Money: tax, investment, insurance and accounts.",
    HEALTH="Body and mind: medicine, nutrition, training and rest.",
    BUSINESS="Companies: strategy, leadership, sales and operations.",
    LEGAL="Law: contracts, employment, property and immigration.",
    DESIGN="Shapes: products, interfaces, brands and rooms.",
    MARKETING="Reaching people: campaigns, content, search and growth.",
    EDUCATION="Learning: schools, languages, careers and coaching.",
)
describe_enum(
    ExpertOrderField,
    "What the directory can be ordered by.",
    RATING="The rating; of equal ones, the number of reviews.",
    EXPERIENCE="Years in the field.",
    RATE="The usual price of an hour.",
    NAME="The name, regardless of case and accents.",
)


class OrderDirection(Enum):
    """Up or down."""

    ASC = "ASC"
    DESC = "DESC"


describe_enum(
    OrderDirection,
    "A direction.",
    ASC="The least, or the first of the alphabet, first.",
    DESC="The greatest, or the last of the alphabet, first.",
)


MinutesArgument = Annotated[
    int | None,
    strawberry.argument(description="The session's length; null: the first offer's."),
]


@strawberry.type(description="A person whose time can be booked.")
class Expert(Node):
    """An expert as clients see it."""

    slug: str = strawberry.field(description="The name in addresses.")
    name: str = strawberry.field(description="The full name.")
    title: str = strawberry.field(description="What the expert does, in a few words.")
    category: Category = strawberry.field(description="The field of expertise.")
    bio: str = strawberry.field(description="What the expert says of itself.")
    photo_url: str = strawberry.field(description="A picture, relative to this server.")
    experience_years: int = strawberry.field(description="Years in the field.")
    languages: list[str] = strawberry.field(description="English names of languages.")
    hourly_rate: Money = strawberry.field(description="The usual price of an hour.")
    rating: float | None = strawberry.field(description="0 to 5; null without reviews.")
    review_count: int = strawberry.field(description="How many reviews the rating is from.")
    key: strawberry.Private[Id]

    @classmethod
    def of(cls, expert: model.Expert | model.DirectoryEntry, context: Context) -> Expert:
        """The expert for clients."""
        return cls(
            id=strawberry.ID(global_id("Expert", expert.id)),
            slug=expert.slug,
            name=expert.name,
            title=expert.title,
            category=expert.category,
            bio=expert.bio,
            photo_url=f"/photos/{expert.slug}.svg",
            experience_years=expert.experience_years,
            languages=expert.languages,
            hourly_rate=Money(amount=expert.hourly_rate, currency=context.services.currency),
            rating=expert.rating,
            review_count=expert.review_count,
            key=expert.id,
        )

    @strawberry.field(description="The zone in which the expert's hours are meant.")
    async def time_zone(self, info: Info) -> TimeZone:
        """The zone of the rules."""
        return TimeZone((await self._calendar(info)).rules.time_zone)

    @strawberry.field(description="The session lengths that can be booked.")
    async def offers(self, info: Info) -> list[SessionOffer]:
        """Lengths and prices."""
        rules = (await self._calendar(info)).rules
        return [SessionOffer.of(offer, info.context.services.currency) for offer in rules.offers]

    @strawberry.field(description="The rules by which the expert offers time.")
    async def availability(self, info: Info) -> Availability:
        """Hours, notices, break."""
        return Availability.of(await self._calendar(info))

    @strawberry.field(description="Listed slots in a span of at most 62 days, earliest first.")
    async def slots(
        self,
        info: Info,
        from_: Annotated[
            datetime, strawberry.argument(name="from", description="The first possible start.")
        ],
        to: Annotated[datetime, strawberry.argument(description="No slot starts then or later.")],
        minutes: MinutesArgument = None,
    ) -> list[Slot]:
        """Slots by instants."""
        slots.check_span(from_, to)
        calendar = await self._calendar(info)
        found = await self._between(info, minutes, from_, to)
        return [Slot.of(slot, info.context, calendar.sequence) for slot in found]

    @strawberry.field(description="Listed slots, grouped by local date.")
    async def days(
        self,
        info: Info,
        from_: Annotated[
            calendar_date, strawberry.argument(name="from", description="The first day.")
        ],
        count: Annotated[int, strawberry.argument(description="How many days, 1 to 62.")] = 7,
        time_zone: Annotated[
            TimeZone | None,
            strawberry.argument(description="Whose days; null: the expert's."),
        ] = None,
        minutes: MinutesArgument = None,
    ) -> list[Day]:
        """Slots by days."""
        calendar = await self._calendar(info)
        zone_name = time_zone or calendar.rules.time_zone
        since, until = slots.days_span(from_, count, zone_name)
        found = await self._between(info, minutes, since, until)
        return [
            Day(date=day, slots=[Slot.of(slot, info.context, calendar.sequence) for slot in listed])
            for day, listed in slots.by_day(found, from_, count, zone_name)
        ]

    @strawberry.field(description="The earliest slot that can be booked.")
    async def next_slot(self, info: Info, minutes: MinutesArgument = None) -> Slot | None:
        """The first open slot within the horizon."""
        calendar = await self._calendar(info)
        for since, until in slots.search_spans(calendar, info.context.now):
            found = slots.first_open(await self._between(info, minutes, since, until))
            if found:
                return Slot.of(found, info.context, calendar.sequence)
        return None

    @strawberry.field(
        description="Where a subscription starts so that it misses nothing after this answer."
    )
    async def cursor(self, info: Info) -> str:
        """The calendar's last event, read before any of its bookings."""
        return cursor_of(self.key, (await self._calendar(info)).sequence)

    @strawberry.field(description="The number of the last calendar event that this answer knows.")
    async def sequence(self, info: Info) -> int:
        """The number in `cursor`."""
        return (await self._calendar(info)).sequence

    async def _calendar(self, info: Info) -> Calendar:
        return await calendar_of(info.context, self.key)

    async def _between(
        self, info: Info, minutes: int | None, since: datetime, until: datetime
    ) -> Iterator[ModelSlot]:
        """The calendar first, then the bookings: so `cursor` is not past what they show."""
        context = info.context
        calendar = await self._calendar(info)
        length = slots.length_of(calendar, minutes)
        taken_by = await context.loaders.occupants.load(Span(self.key, since, until))
        return slots.slots_between(calendar, taken_by, length, since, until, context.now)


@strawberry.type(description="A category and how many experts it lists.")
class CategoryCount:
    """A category with its size."""

    category: Category = strawberry.field(description="The category.")
    count: int = strawberry.field(description="How many listed experts it has.")


@strawberry.input(description="What narrows the directory; all of it must hold.")
class ExpertFilter:
    """A filter; an empty list narrows nothing."""

    search: str | None = strawberry.field(
        default=None,
        description="Words, or their beginnings, of name, title and languages; all of them.",
    )
    categories: list[Category] | None = strawberry.field(default=None, description="Any of them.")
    min_rating: float | None = strawberry.field(default=None, description="0 to 5.")
    max_hourly_rate: int | None = strawberry.field(default=None, description="In minor units.")
    languages: list[str] | None = strawberry.field(
        default=None, description="Any of them; English names."
    )

    def read(self) -> model.ExpertFilter:
        """The filter for the lower floors."""
        return model.ExpertFilter(
            search=self.search,
            categories=None if self.categories is None else tuple(self.categories),
            min_rating=self.min_rating,
            max_hourly_rate=self.max_hourly_rate,
            languages=None if self.languages is None else tuple(self.languages),
        )


@strawberry.input(description="How the directory is ordered.")
class ExpertOrder:
    """An order."""

    field: ExpertOrderField = strawberry.field(description="By what.")
    direction: OrderDirection = strawberry.field(
        default=OrderDirection.DESC, description="Which way."
    )


ExpertConnection = Connection[Expert]
FirstArgument = Annotated[
    int | None, strawberry.argument(description="So many from the beginning, 1 to 100.")
]
AfterArgument = Annotated[str | None, strawberry.argument(description="Only after this cursor.")]
LastArgument = Annotated[
    int | None, strawberry.argument(description="So many from the end, 1 to 100.")
]
BeforeArgument = Annotated[str | None, strawberry.argument(description="Only before this cursor.")]


@strawberry.type
class ExpertQuery:
    """Finding an expert."""

    @strawberry.field(description="The directory, best rated first unless ordered otherwise.")
    async def experts(
        self,
        info: Info,
        filter: Annotated[
            ExpertFilter | None, strawberry.argument(description="What narrows it.")
        ] = None,
        order_by: Annotated[
            ExpertOrder | None, strawberry.argument(description="How it is ordered.")
        ] = None,
        first: FirstArgument = None,
        after: AfterArgument = None,
        last: LastArgument = None,
        before: BeforeArgument = None,
    ) -> ExpertConnection:
        """A page of the directory."""
        order = order_by or ExpertOrder(field=ExpertOrderField.RATING)
        page = await info.context.services.listings.page(
            (filter or ExpertFilter()).read(),
            model.directory_order(order.field, descending=order.direction is OrderDirection.DESC),
            PageArguments(first, after, last, before),
        )
        return Connection.of(page, lambda expert: Expert.of(expert, info.context))

    @strawberry.field(description="The expert of that id.")
    async def expert(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")],
    ) -> Expert | None:
        """One expert by id."""
        return await expert_by_key(info.context, object_id(id, "Expert", "id"))

    @strawberry.field(description="The expert of that name in addresses.")
    async def expert_by_slug(
        self, info: Info, slug: Annotated[str, strawberry.argument(description="Its slug.")]
    ) -> Expert | None:
        """One expert by slug."""
        found = await experts.by_slug(info.context.viewer, slug)
        return Expert.of(found, info.context) if found else None

    @strawberry.field(description="Every category and how many experts it lists.")
    async def categories(self) -> list[CategoryCount]:
        """The categories in a fixed order."""
        counts = await experts.categories()
        return [CategoryCount(category=c, count=n) for c, n in counts.items()]


async def calendar_of(context: Context, key: Id) -> Calendar:
    """The calendar of an expert, who has one since they were created."""
    calendar = await context.loaders.calendar.load(key)
    if calendar is None:
        raise LookupError(f"no calendar {key}")
    return calendar


async def expert_by_key(context: Context, key: Id) -> Expert | None:
    """The expert of that key if the viewer may see it."""
    found = experts.seen(context.viewer, await context.loaders.expert.load(key))
    return Expert.of(found, context) if found else None


async def any_expert(context: Context, key: Id) -> Expert:
    """The expert of a booking, listed or not."""
    found = await context.loaders.expert.load(key)
    if found is None:
        raise LookupError(f"no expert {key}")
    return Expert.of(found, context)
