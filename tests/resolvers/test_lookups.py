"""Experts and calendars that are looked up for all who ask at the same time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from models.calendar.rules import Calendar
from models.directory.experts import Expert
from models.ids import new_id
from resolvers.lookups import Lookups
from tests.schema.test_loaders import COMMANDS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from models.ids import Id

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(params=[True, False], ids=["together", "apart"])
async def lookups(request: pytest.FixtureRequest) -> AsyncIterator[Lookups]:
    """Those of a program."""
    async with Lookups(gathers=request.param).open() as lookups:
        yield lookups


@pytest.fixture
async def ids() -> list[Id]:
    """Some experts."""
    return [expert.id for expert in await Expert.find().limit(5).to_list()]


async def test_they_come_in_the_order_of_their_ids(lookups: Lookups, ids: list[Id]) -> None:
    """And nothing for whom there is not."""
    wanted = [ids[3], new_id(), ids[0], ids[3]]
    experts, calendars = await lookups.experts(wanted), await lookups.calendars(wanted)
    assert [expert and expert.id for expert in experts] == [ids[3], None, ids[0], ids[3]]
    assert [found and found.id for found in calendars] == [ids[3], None, ids[0], ids[3]]
    assert await lookups.experts([]) == []


async def test_what_changed_before_it_was_asked_for_is_seen(
    lookups: Lookups, ids: list[Id]
) -> None:
    """Also by whoever asks while others wait."""
    calendars = Calendar.get_pymongo_collection()
    for _ in range(5):
        others = [asyncio.create_task(lookups.calendars([id_])) for id_ in ids]
        await asyncio.sleep(0)
        await calendars.update_one({"_id": ids[0]}, {"$inc": {"rules_version": 1}})
        stored = await Calendar.get(ids[0])
        [found] = await lookups.calendars([ids[0]])
        assert found == stored
        await asyncio.gather(*others)


async def test_many_who_ask_at_once_take_few_commands(ids: list[Id]) -> None:
    """One that is under way already, and one for all others."""
    async with Lookups(gathers=True).open() as lookups:
        with COMMANDS.counted() as commands:
            await asyncio.gather(*[lookups.experts([id_]) for id_ in ids * 10])
        assert commands.count
        assert commands.count <= 2
