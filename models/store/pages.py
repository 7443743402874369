"""Pages by keyset: every list has an order key, a string that is unique and sorts as the list does.

A page is one range over the index that begins with the list's predicates and ends with its order
key, so its cost does not depend on where in the list it lies (Markus Winand, "No Offset"; the
argument names are Relay's Cursor Connections).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pymongo import ASCENDING, DESCENDING

from models.errors import BadUserInput
from models.ids import decode, encode
from models.store.documents import or_unavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from models.store.documents import Record

    Count = Callable[[type[Record], Sequence["Filter"]], Awaitable[int]]

DEFAULT_PAGE_SIZE = 20
MAX_PAGE_SIZE = 100

Row = TypeVar("Row")
Filter = dict[str, Any]


def fold(text: str) -> str:
    """The form in which texts are compared and searched: without case and accents."""
    # Some letters, such as mathematical ones, have a case only once they are decomposed.
    cased = unicodedata.normalize("NFKD", text).casefold()
    decomposed = unicodedata.normalize("NFKD", cased)
    return "".join(char for char in decomposed if not unicodedata.combining(char))


@dataclass(frozen=True, slots=True)
class PageArguments:
    """Relay's four; forward from the beginning where none is given."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None

    @property
    def size(self) -> int:
        """How many rows are asked for.

        Raises:
            BadUserInput: for a size outside 1 to 100, or both directions at once.
        """
        if self.first is not None and self.last is not None:
            raise BadUserInput("last: give either first or last")
        for name, size in (("first", self.first), ("last", self.last)):
            if size is not None and not 1 <= size <= MAX_PAGE_SIZE:
                raise BadUserInput(f"{name}: must lie between 1 and {MAX_PAGE_SIZE}")
        return self.first or self.last or DEFAULT_PAGE_SIZE

    @property
    def is_backward(self) -> bool:
        """Whether the page is counted from the end."""
        return self.last is not None


@dataclass(frozen=True, slots=True)
class Order:
    """An order of a list: its name, the field that holds the order key, and the direction."""

    name: str
    field: str
    descending: bool

    def cursor(self, row: object) -> str:
        """Where a row stands, as an opaque text."""
        return encode(f"{self.name}:{getattr(row, self.field)}")

    def key(self, cursor: str, argument: str) -> str:
        """The order key in a cursor.

        Raises:
            BadUserInput: when it is not a cursor of this order; names the argument.
        """
        try:
            name, _, key = decode(cursor).partition(":")
        except ValueError:
            name = ""
        if name != self.name:
            raise BadUserInput(f"{argument}: not a cursor of this list in this order")
        return key


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows of a list, and what is needed to count all of them."""

    rows: Sequence[Row]
    order: Order
    has_next: bool
    has_previous: bool
    document: type[Record]
    filters: Sequence[Filter]
    count: Count

    async def total(self) -> int:
        """How many rows the whole list has."""
        return await self.count(self.document, self.filters)


async def count(document: type[Record], filters: Sequence[Filter]) -> int:
    """How many rows some disjoint filters find.

    Raises:
        Unavailable: when the database does not answer.
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
    without: Sequence[str] = (),
    count: Count = count,
) -> Page[Row]:
    """Read one page of the union of some disjoint filters.

    It is asked for without Beanie, whose queries take 0.1 ms to make.

    Args:
        document: whose collection it is.
        filters: what the rows are of.
        order: by what they are sorted.
        arguments: which of them.
        row_of: what is made of a stored document; it has the order's field.
        without: stored fields that this does not need.
        count: what counts the whole list, where that is asked for.

    Raises:
        BadUserInput: for a size or a cursor that makes no sense.
    """
    size = arguments.size
    bounds: dict[str, str] = {}
    past, short = ("$lt", "$gt") if order.descending else ("$gt", "$lt")
    if arguments.after is not None:
        bounds[past] = order.key(arguments.after, "after")
    if arguments.before is not None:
        bounds[short] = order.key(arguments.before, "before")
    falling = order.descending != arguments.is_backward

    stored = document.get_pymongo_collection()
    hidden = dict.fromkeys(without, 0) or None
    direction = DESCENDING if falling else ASCENDING
    rows: list[Row] = []
    for filter_ in filters:
        found = stored.find(_within(filter_, order.field, bounds), hidden)
        first = await found.sort(order.field, direction).limit(size + 1).to_list()
        rows += map(row_of, first)
    rows.sort(key=lambda row: str(getattr(row, order.field)), reverse=falling)

    has_more = len(rows) > size
    rows = rows[:size]
    if arguments.is_backward:
        rows.reverse()
        has_next, has_previous = arguments.before is not None, has_more
    else:
        has_next, has_previous = has_more, arguments.after is not None
    return Page(rows, order, has_next, has_previous, document, filters, count)


def _within(filter_: Filter, field: str, bounds: Mapping[str, str]) -> Filter:
    """Join the page's bounds to those that the filter has on the same field."""
    joined = {**bounds, **filter_.get(field, {})}
    for operator, tighter in (("$gt", max), ("$lt", min)):
        if operator in joined and operator in bounds:
            joined[operator] = tighter(joined[operator], bounds[operator])
    return {**filter_, field: joined} if joined else filter_
