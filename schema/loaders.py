"""Batch loaders: what many rows of an answer need is read with one command."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from strawberry.dataloader import DataLoader

from resolvers import experts, slots, users

if TYPE_CHECKING:
    from models.bookings import Booking, Span
    from models.calendars import Calendar
    from models.experts import Expert
    from models.ids import Id
    from models.users import User

Key = TypeVar("Key")
Value = TypeVar("Value")


class Loaders:
    """The loaders of one operation; keys are answered in their order."""

    def __init__(self) -> None:
        self.expert: DataLoader[Id, Expert | None] = _loader(experts.experts)
        self.user: DataLoader[Id, User | None] = _loader(users.users)
        self.calendar: DataLoader[Id, Calendar | None] = _loader(slots.calendars)
        self.bookings: DataLoader[Span, list[Booking]] = _loader(slots.bookings_in)


def _loader(load: Callable[[list[Key]], Awaitable[list[Value]]]) -> DataLoader[Key, Value]:
    return DataLoader(load_fn=load)
