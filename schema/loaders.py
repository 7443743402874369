"""Batch loaders: one database command per kind of object, however many rows a response has."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from strawberry.dataloader import DataLoader

from resolvers import slots, users, waits
from resolvers.reviews import reviews_of
from schema.reads import Reads

if TYPE_CHECKING:
    from models.accounts.users import User
    from models.bookings.booking import Booking, Span
    from models.bookings.wait import Wait
    from models.calendar.rules import Calendar
    from models.calendar.slots import Occupant
    from models.directory.experts import Expert
    from models.directory.reviews import Review
    from models.ids import Id
    from resolvers.lookups import Lookups

Key = TypeVar("Key")
Value = TypeVar("Value")


class Loaders:
    """Batch loaders of one operation; results are in the order of the requested keys.

    `reads` records the calendars and holds that were loaded.
    """

    def __init__(self, lookups: Lookups) -> None:
        self.reads = Reads()
        self.expert: DataLoader[Id, Expert | None] = _loader(lookups.experts)
        self.review: DataLoader[Booking, Review | None] = _loader(reviews_of, key=_id)
        self.user: DataLoader[Id, User | None] = _loader(users.users)
        self.ahead: DataLoader[Wait, int] = _loader(waits.numbers_ahead, key=_id)
        self.offer: DataLoader[Wait, Booking | None] = _loader(waits.offers, key=_id)
        # The load functions are not methods, because a reference cycle would keep loaded rows in
        # memory until garbage collection.
        self.calendar: DataLoader[Id, Calendar | None] = _loader(
            partial(_calendars, lookups, self.reads)
        )
        self.occupants: DataLoader[Span, list[Occupant]] = _loader(partial(_occupants, self.reads))


async def _calendars(lookups: Lookups, reads: Reads, ids: list[Id]) -> list[Calendar | None]:
    calendars = await lookups.calendars(ids)
    reads.record_calendars(calendars)
    return calendars


async def _occupants(reads: Reads, spans: list[Span]) -> list[list[Occupant]]:
    occupants = await slots.occupants(spans)
    reads.record_occupants(spans, occupants)
    return occupants


def _id(row: Booking | Wait) -> Id:
    return row.id


def _loader(
    load: Callable[[list[Key]], Awaitable[list[Value]]],
    key: Callable[[Key], Hashable] | None = None,
) -> DataLoader[Key, Value]:
    """Return a batch loader; `key` maps keys that are not hashable to hashable cache keys."""
    return DataLoader(load_fn=load, cache_key_fn=key)
