"""Connections as defined by Relay's Cursor Connections specification."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

import strawberry

from models.store.pages import Page, PageArguments

if TYPE_CHECKING:
    from collections.abc import Callable

NodeType = TypeVar("NodeType")

__all__ = ["Connection", "Edge", "PageArguments", "PageInfo"]


@strawberry.type(description="Position of a page within its list.")
class PageInfo:
    """`PageInfo` as defined by Relay's specification."""

    has_next_page: bool = strawberry.field(description="Whether items follow this page.")
    has_previous_page: bool = strawberry.field(description="Whether items precede this page.")
    start_cursor: str | None = strawberry.field(
        description="Cursor of the first edge on this page."
    )
    end_cursor: str | None = strawberry.field(description="Cursor of the last edge on this page.")


@strawberry.type(description="An item of a list, with the cursor of the item.")
class Edge(Generic[NodeType]):
    """Edge as defined by Relay's specification."""

    cursor: str = strawberry.field(
        description="Cursor of this item, to pass as `after` or `before`."
    )
    node: NodeType = strawberry.field(description="The item.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[NodeType]):
    """Connection as defined by Relay's specification, for a page read by keyset pagination."""

    edges: list[Edge[NodeType]] = strawberry.field(
        description="Items of this page, with their cursors."
    )
    nodes: list[NodeType] = strawberry.field(
        description="Items of this page, without their cursors."
    )
    page_info: PageInfo = strawberry.field(description="Position of this page within the list.")
    page: strawberry.Private[Page[Any]]

    @strawberry.field(
        description="Number of items in the whole list; it is computed only if this field is "
        "selected."
    )
    async def total_count(self) -> int:
        """Count the items in the whole list."""
        return await self.page.total()

    @classmethod
    def of(cls, page: Page[Any], node: Callable[[Any], NodeType]) -> Connection[NodeType]:
        """Convert a page to a connection; `node` converts each row to an item."""
        nodes = [node(row) for row in page.rows]
        cursors = [page.order.cursor(row) for row in page.rows]
        return cls(
            edges=[Edge(cursor=c, node=n) for c, n in zip(cursors, nodes, strict=True)],
            nodes=nodes,
            page_info=PageInfo(
                has_next_page=page.has_next,
                has_previous_page=page.has_previous,
                start_cursor=cursors[0] if cursors else None,
                end_cursor=cursors[-1] if cursors else None,
            ),
            page=page,
        )
