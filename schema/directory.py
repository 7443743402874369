"""Filter and order of the directory."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import strawberry

from models.directory import experts as model
from models.directory import filters
from models.directory.experts import Category, ExpertOrderField
from models.store.pages import Order
from resolvers.slots import check_available
from schema.enums import describe_enum

__all__ = ["SEARCH_TIME_COST", "SEARCH_WORD_COST", "Category", "ExpertFilter", "ExpertOrder"]

SEARCH_WORD_COST = 100
"""Cost of each word of a search, in addition to the cost of the field."""

SEARCH_TIME_COST = 500
"""Cost of a search by time, in addition to the cost of the field."""

describe_enum(
    Category,
    "Field of expertise.",
    TECHNOLOGY="Software, data, networks and devices.",
    FINANCE="Tax, investment, insurance and accounting.",
    HEALTH="Medicine, nutrition, fitness and sleep.",
    BUSINESS="Strategy, leadership, sales and operations.",
    LEGAL="Contracts, employment, property and immigration law.",
    DESIGN="Product, interface, brand and interior design.",
    MARKETING="Campaigns, content, search and growth.",
    EDUCATION="Schools, languages, careers and coaching.",
)
describe_enum(
    ExpertOrderField,
    "Sort key of the directory.",
    RATING="Rating, then number of reviews.",
    EXPERIENCE="Years of professional experience.",
    RATE="Price per hour.",
    NAME="Name, ignoring case and accents.",
    SOONEST="Start of the first open slot that matches `available` or, if `available` is not "
    "given, of the first open slot with the length of the expert's first offer. In ascending "
    "order, the soonest is first, and experts without such a slot are last.",
)


class OrderDirection(Enum):
    """Sort direction."""

    ASC = "ASC"
    DESC = "DESC"


describe_enum(
    OrderDirection,
    "Sort direction.",
    ASC="Ascending: smallest value first, or A to Z.",
    DESC="Descending: largest value first, or Z to A.",
)


@strawberry.input(description="A span of time in which experts have an open slot.")
class AvailableInput:
    """Span in which an open slot starts, and the slot's length."""

    from_: datetime = strawberry.field(
        name="from", description="Start of the span in which the slot starts, inclusive."
    )
    to: datetime = strawberry.field(
        description="End of the span, exclusive; at most 62 days after the start of the span."
    )
    minutes: int | None = strawberry.field(
        default=None,
        description="Length of the slot in minutes; null means the length of the expert's first "
        "offer.",
    )

    def to_model(self, path: str) -> filters.Available:
        """Convert the input to the directory's type.

        Raises:
            BadUserInput: if the span or the length is invalid; the message begins with the path.
        """
        available = filters.Available(self.from_, self.to, self.minutes)
        check_available(available, path)
        return available


@strawberry.input(description="Restricts the directory; all conditions must hold.")
class ExpertFilter:
    """Conditions that experts must meet; an empty list imposes no condition."""

    search: str | None = strawberry.field(
        default=None,
        description="Words that must all occur in the name, title, languages or biography. "
        "Inflected forms, beginnings of words, and words of five or more letters with one typing "
        "error match, too, but rank lower.",
    )
    categories: list[Category] | None = strawberry.field(
        default=None, description="Only experts in one of these categories."
    )
    min_rating: float | None = strawberry.field(default=None, description="Minimum rating, 0 to 5.")
    max_hourly_rate: int | None = strawberry.field(
        default=None, description="Maximum hourly rate, in minor units."
    )
    languages: list[str] | None = strawberry.field(
        default=None,
        description="Only experts who speak one of these languages, given by their English names.",
    )
    confirms_automatically: bool | None = strawberry.field(
        default=None,
        description="If true, only experts whose bookings are confirmed at once; if false, only "
        "those who confirm by hand.",
    )
    available: AvailableInput | None = strawberry.field(
        default=None,
        description="Only experts who have a matching open slot when the response is computed; see "
        "`Expert.slots`.",
    )

    def to_model(self) -> filters.ExpertFilter:
        """Convert the input to the directory's type."""
        return filters.ExpertFilter(
            search=self.search,
            categories=None if self.categories is None else tuple(self.categories),
            min_rating=self.min_rating,
            max_hourly_rate=self.max_hourly_rate,
            languages=None if self.languages is None else tuple(self.languages),
            confirms_automatically=self.confirms_automatically,
            available=self.available.to_model("filter.available") if self.available else None,
        )


@strawberry.input(description="Order of the directory.")
class ExpertOrder:
    """Sort key and direction."""

    field: ExpertOrderField = strawberry.field(description="Sort key.")
    direction: OrderDirection = strawberry.field(
        default=OrderDirection.DESC, description="Sort direction."
    )

    def to_model(self) -> Order:
        """Convert the input to the directory's type."""
        return model.directory_order(self.field, descending=self.direction is OrderDirection.DESC)
