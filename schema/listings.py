"""The directory: pages of experts, and the number of experts in each category."""

from __future__ import annotations

from typing import Annotated

import strawberry

from models.directory import experts as model
from models.directory import filters
from models.ids import object_id
from models.store.pages import Order
from resolvers import experts
from schema.context import Context, Info
from schema.directory import (
    SEARCH_TIME_COST,
    SEARCH_WORD_COST,
    Category,
    ExpertFilter,
    ExpertOrder,
)
from schema.experts import (
    AfterArgument,
    BeforeArgument,
    Expert,
    FirstArgument,
    LastArgument,
    load_visible_expert,
)
from schema.pages import Connection, PageArguments


@strawberry.type(
    description="A category, with the number of experts that the directory lists in it."
)
class CategoryCount:
    """Number of experts that the directory lists in a category."""

    category: Category = strawberry.field(description="Category.")
    count: int = strawberry.field(
        description="Number of experts that the directory lists in this category."
    )


ExpertConnection = Connection[Expert]


@strawberry.type
class ListingQuery:
    """Queries for experts."""

    @strawberry.field(
        description="Experts listed in the directory. By default, a search lists the best match "
        "first; without a search, the best-rated expert is first."
    )
    async def experts(
        self,
        info: Info,
        filter: Annotated[
            ExpertFilter | None, strawberry.argument(description="Restricts the list.")
        ] = None,
        order_by: Annotated[
            ExpertOrder | None, strawberry.argument(description="Order of the list.")
        ] = None,
        first: FirstArgument = None,
        after: AfterArgument = None,
        last: LastArgument = None,
        before: BeforeArgument = None,
    ) -> ExpertConnection:
        """Return a page of the directory."""
        context = info.context
        order = order_by.to_model() if order_by else None
        wanted = await _charged(filter, order, context)
        page = await context.services.listings.page(
            wanted,
            order or model.default_order(wanted),
            PageArguments(first, after, last, before),
        )
        return Connection.of(page, lambda expert: Expert.of(expert, context))

    @strawberry.field(
        description="The expert with this id; null if there is none or the viewer may not see them."
    )
    async def expert(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Id of the expert.")],
    ) -> Expert | None:
        """Return an expert by id."""
        return await load_visible_expert(info.context, object_id(id, "Expert", "id"))

    @strawberry.field(
        description="The expert with this URL slug; null if there is none or the viewer may not "
        "see them."
    )
    async def expert_by_slug(
        self, info: Info, slug: Annotated[str, strawberry.argument(description="URL slug.")]
    ) -> Expert | None:
        """Return an expert by slug."""
        expert = await experts.by_slug(info.context.viewer, slug)
        return Expert.of(expert, info.context) if expert else None

    @strawberry.field(
        description="All categories, each with the number of experts that the directory lists in "
        "it."
    )
    async def categories(
        self,
        info: Info,
        filter: Annotated[
            ExpertFilter | None,
            strawberry.argument(description="Restricts which experts are counted."),
        ] = None,
    ) -> list[CategoryCount]:
        """Return the categories in a fixed order."""
        wanted = await _charged(filter, None, info.context)
        counts = await info.context.services.listings.categories(wanted)
        return [CategoryCount(category=c, count=n) for c, n in counts.items()]


async def _charged(
    filter_: ExpertFilter | None, order: Order | None, context: Context
) -> filters.ExpertFilter:
    """Convert the filter to its model, and charge the client for a search by words or by time."""
    wanted = (filter_ or ExpertFilter()).to_model()
    cost = SEARCH_WORD_COST * len(wanted.words() or ())
    if wanted.available or (order and order.field == model.BY_SOONEST):
        cost += SEARCH_TIME_COST
        context.loaders.reads.record_time_search()
    if cost:
        await context.charge(cost)
    return wanted
