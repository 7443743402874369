"""Tests of batched lookups of experts and calendars."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from models.calendar.rules import Calendar
from models.directory.experts import Expert
from models.ids import new_id
from resolvers.lookups import Lookups
from tests.support.command_counts import COMMANDS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from models.ids import Id

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def lookups() -> AsyncIterator[Lookups]:
    """Return running lookups."""
    async with Lookups().open() as lookups:
        yield lookups


@pytest.fixture
async def ids() -> list[Id]:
    """The ids of five experts."""
    return [expert.id for expert in await Expert.find().limit(5).to_list()]


async def test_results_are_in_the_order_of_the_ids(lookups: Lookups, ids: list[Id]) -> None:
    """An unknown id gives None."""
    requested = [ids[3], new_id(), ids[0], ids[3]]
    experts, calendars = await lookups.experts(requested), await lookups.calendars(requested)
    assert [expert and expert.id for expert in experts] == [ids[3], None, ids[0], ids[3]]
    assert [found and found.id for found in calendars] == [ids[3], None, ids[0], ids[3]]
    assert await lookups.experts([]) == []


async def test_lookup_sees_earlier_changes(lookups: Lookups, ids: list[Id]) -> None:
    """A lookup reads the latest data even if it joins a batch that is already waiting."""
    calendars = Calendar.get_pymongo_collection()
    for _ in range(5):
        others = [asyncio.create_task(lookups.calendars([id_])) for id_ in ids]
        await asyncio.sleep(0)
        await calendars.update_one({"_id": ids[0]}, {"$inc": {"rules_version": 1}})
        stored = await Calendar.get(ids[0])
        [found] = await lookups.calendars([ids[0]])
        assert found == stored
        await asyncio.gather(*others)


async def test_concurrent_lookups_send_at_most_two_database_commands(
    lookups: Lookups, ids: list[Id]
) -> None:
    """The first lookup sends one command to the database; all others share a second one."""
    with COMMANDS.counted() as commands:
        await asyncio.gather(*[lookups.experts([id_]) for id_ in ids * 10])
    assert commands.count
    assert commands.count <= 2
