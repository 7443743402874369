"""Lookups of experts and calendars by id, batched across concurrent requests."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

from models.caching.batch_loader import BatchLoader
from resolvers.experts import experts
from resolvers.slots import calendars

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from models.calendar.rules import Calendar
    from models.directory.experts import Expert
    from models.ids import Id

    Found = TypeVar("Found")

MAX_IDS_PER_QUERY = 100


class Lookups:
    """Looks up experts and calendars by id.

    Requests share the returned objects, so callers must not change them.
    """

    def __init__(self) -> None:
        self._experts: BatchLoader[Id, Expert] = BatchLoader(
            _keyed_by_id(experts), MAX_IDS_PER_QUERY
        )
        self._calendars: BatchLoader[Id, Calendar] = BatchLoader(
            _keyed_by_id(calendars), MAX_IDS_PER_QUERY
        )

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Lookups]:
        """Run the batch loaders while the context is open."""
        async with self._experts.open("experts"), self._calendars.open("calendars"):
            yield self

    async def experts(self, ids: Sequence[Id]) -> list[Expert | None]:
        """Return the experts with the given ids, in the same order.

        Raises:
            Unavailable: if the database does not respond.
        """
        return await _load(self._experts, ids)

    async def calendars(self, ids: Sequence[Id]) -> list[Calendar | None]:
        """Return the calendars of the experts with the given ids, in the same order.

        Raises:
            Unavailable: if the database does not respond.
        """
        return await _load(self._calendars, ids)


def _keyed_by_id(
    read: Callable[[Sequence[Id]], Awaitable[list[Found | None]]],
) -> Callable[[Sequence[Id]], Awaitable[dict[Id, Found]]]:
    async def read_by_id(ids: Sequence[Id]) -> dict[Id, Found]:
        rows = zip(ids, await read(ids), strict=True)
        return {id_: row for id_, row in rows if row is not None}

    return read_by_id


async def _load(loader: BatchLoader[Id, Found], ids: Sequence[Id]) -> list[Found | None]:
    if len(ids) == 1:
        return [await loader.load(ids[0])]
    return await asyncio.gather(*map(loader.load, ids))
