"""Keyset pagination: each row has an order key, a unique string by which the list is sorted.

A page is one range of an index over the filter's fields and the order key, so the cost of reading a
page does not depend on the page's position (Markus Winand, "No Offset"). The arguments follow
Relay's Cursor Connections specification.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pymongo import ASCENDING, DESCENDING

from models.errors import BadUserInput
from models.ids import decode, encode
from models.store.documents import at_one_moment, or_unavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from models.store.documents import Record

    Count = Callable[[type[Record], Sequence["Filter"]], Awaitable[int]]

DEFAULT_PAGE_SIZE = 20
MAX_PAGE_SIZE = 100

Row = TypeVar("Row")
Filter = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PageArguments:
    """Relay's pagination arguments; if none of them is given, the first page is requested."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None

    @property
    def size(self) -> int:
        """The number of rows requested.

        Raises:
            BadUserInput: if the number is not between 1 and 100, or if both `first` and `last` are
                given.
        """
        if self.first is not None and self.last is not None:
            raise BadUserInput("last: give either first or last")
        for name, size in (("first", self.first), ("last", self.last)):
            if size is not None and not 1 <= size <= MAX_PAGE_SIZE:
                raise BadUserInput(f"{name}: must lie between 1 and {MAX_PAGE_SIZE}")
        return self.first or self.last or DEFAULT_PAGE_SIZE

    @property
    def is_backward(self) -> bool:
        """Whether the page is counted from the end of the list."""
        return self.last is not None


@dataclass(frozen=True, slots=True)
class Order:
    """Order of a list: its name, the field that holds the order key, and the direction."""

    name: str
    field: str
    descending: bool

    def cursor(self, row: object) -> str:
        """Return the opaque cursor of a row."""
        return encode(f"{self.name}:{getattr(row, self.field)}")

    def key(self, cursor: str, argument: str) -> str:
        """Return the order key that a cursor encodes.

        Args:
            cursor: the cursor that the client sent.
            argument: name of the argument, for the error message.

        Raises:
            BadUserInput: if the text is not a cursor for this order.
        """
        try:
            name, _, key = decode(cursor).partition(":")
        except ValueError:
            name = ""
        if name != self.name:
            raise BadUserInput(f"{argument}: not a cursor of this list in this order")
        return key

    def bounds(self, arguments: PageArguments) -> dict[str, str]:
        """Return the bounds of a page's order keys, as query operators such as `$gt`.

        Raises:
            BadUserInput: if a cursor is invalid.
        """
        bounds: dict[str, str] = {}
        later, earlier = ("$lt", "$gt") if self.descending else ("$gt", "$lt")
        if arguments.after is not None:
            bounds[later] = self.key(arguments.after, "after")
        if arguments.before is not None:
            bounds[earlier] = self.key(arguments.before, "before")
        return bounds

    def reads_descending(self, arguments: PageArguments) -> bool:
        """Return whether a page is read in descending order of its order keys."""
        return self.descending != arguments.is_backward


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Consecutive rows of a list, and the filters with which the whole list can be counted."""

    rows: Sequence[Row]
    order: Order
    has_next: bool
    has_previous: bool
    document: type[Record]
    filters: Sequence[Filter]
    count: Count

    async def total(self) -> int:
        """Return the number of rows in the whole list."""
        return await self.count(self.document, self.filters)


async def count(document: type[Record], filters: Sequence[Filter]) -> int:
    """Return the number of documents that match any of the disjoint filters.

    Raises:
        Unavailable: if the database does not respond.
    """
    stored = document.get_pymongo_collection()
    with or_unavailable():
        return sum([await stored.count_documents(filter_) for filter_ in filters])


async def page(
    document: type[Record],
    filters: Sequence[Filter],
    order: Order,
    arguments: PageArguments,
    row_of: Callable[[Mapping[str, Any]], Row],
    exclude: Sequence[str] = (),
    count: Count = count,
) -> Page[Row]:
    """Read one page of the documents that match any of the disjoint filters.

    Args:
        document: class whose collection is read.
        filters: disjoint queries: no document matches more than one.
        order: order of the list.
        arguments: size and position of the page.
        row_of: function that converts a stored document to a row, which must have the order's
            field.
        exclude: stored fields that `row_of` does not need.
        count: function that counts the whole list when the total is requested.

    Raises:
        BadUserInput: if the page size or a cursor is invalid.
    """
    size = arguments.size
    bounds = order.bounds(arguments)
    is_descending = order.reads_descending(arguments)

    stored = at_one_moment(document)
    projection = dict.fromkeys(exclude, 0) or None
    direction = DESCENDING if is_descending else ASCENDING
    rows: list[Row] = []
    for filter_ in filters:
        found = stored.find(_within(filter_, order.field, bounds), projection)
        first = await found.sort(order.field, direction).limit(size + 1).to_list()
        rows += map(row_of, first)
    rows.sort(key=lambda row: str(getattr(row, order.field)), reverse=is_descending)

    shown, has_next, has_previous = cut(rows, arguments)
    return Page(shown, order, has_next, has_previous, document, filters, count)


def cut(rows: list[Row], arguments: PageArguments) -> tuple[list[Row], bool, bool]:
    """Return a page's rows in list order, whether rows follow them, and whether rows precede them.

    Args:
        rows: rows in the order in which they were read, with one row beyond the page if it exists.
        arguments: size and position of the page.
    """
    has_more = len(rows) > arguments.size
    shown = rows[: arguments.size]
    if arguments.is_backward:
        return shown[::-1], arguments.before is not None, has_more
    return shown, has_more, arguments.after is not None


def _within(filter_: Filter, field: str, bounds: Mapping[str, str]) -> Filter:
    """Return the filter, restricted to a page's bounds on the field with the order key."""
    joined = {**bounds, **filter_.get(field, {})}
    for operator, tighter in (("$gt", max), ("$lt", min)):
        if operator in joined and operator in bounds:
            joined[operator] = tighter(joined[operator], bounds[operator])
    return {**filter_, field: joined} if joined else filter_
