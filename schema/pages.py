"""Relay's Cursor Connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

import strawberry

from models.store.pages import Page, PageArguments

if TYPE_CHECKING:
    from collections.abc import Callable

NodeType = TypeVar("NodeType")

__all__ = ["Connection", "Edge", "PageArguments", "PageInfo"]


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    """Relay's `PageInfo`."""

    has_next_page: bool = strawberry.field(description="Whether there is more after it.")
    has_previous_page: bool = strawberry.field(description="Whether there is more before it.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first edge.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last edge.")


@strawberry.type(description="A row of a list, and where it stands.")
class Edge(Generic[NodeType]):
    """Relay's edge."""

    cursor: str = strawberry.field(description="What to pass as `after` or `before`.")
    node: NodeType = strawberry.field(description="The row.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[NodeType]):
    """Relay's connection over a keyset page."""

    edges: list[Edge[NodeType]] = strawberry.field(description="The rows with their cursors.")
    nodes: list[NodeType] = strawberry.field(description="The rows.")
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    page: strawberry.Private[Page[Any]]

    @strawberry.field(description="How many rows the whole list has; counted only when asked for.")
    async def total_count(self) -> int:
        """Count the whole list."""
        return await self.page.total()

    @classmethod
    def of(cls, page: Page[Any], node: Callable[[Any], NodeType]) -> Connection[NodeType]:
        """The page for clients; `node` makes the rows."""
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
