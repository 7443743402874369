"""Tests of changes to a calendar's rules: RESET events, and concurrent changes."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest

from models.accounts.users import User
from models.bookings.agenda import Agenda
from models.bookings.events import Event, EventKind
from models.calendar.rules import Calendar
from models.directory.experts import Expert
from models.errors import NotAllowed
from models.ids import new_id
from models.ledger.ledger import Ledger
from tests.support.commands import FunctionCommand
from tests.support.samples import EXPERT, NOW, day_rules, override, rules, weekly

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.bookings.booking import Booking
    from models.bookings.command import Agendas
    from models.ids import Id
    from models.store.connection import Client

pytestmark = pytest.mark.usefixtures("database")


async def ignore_events(_: Sequence[Event]) -> None:
    """Ignore committed events."""


async def sample_expert() -> Id:
    """Return the id of one of the sample experts in the database."""
    user = await User.find_one({"expert_id": {"$ne": None}})
    assert user
    assert user.expert_id
    return user.expert_id


async def test_reset_adds_the_next_event_and_can_be_undone() -> None:
    """Until the change of rules is undone, later decisions in the same batch use the new rules."""
    agenda = Agenda(Calendar(id=EXPERT, rules=rules(), sequence=41), [], NOW)
    undo = agenda.savepoint()
    closed = agenda.rules.with_changes(accepts_bookings=False)
    agenda.replace_rules(closed)
    [event] = agenda.events
    assert (event.kind, event.sequence, event.slot) == (EventKind.RESET, 42, None)
    assert agenda.has_new_rules
    assert agenda.rules == closed
    undo()
    assert (agenda.events, agenda.has_new_rules) == ([], False)


async def test_changed_copy_of_rules_does_not_inherit_cached_properties() -> None:
    old = rules()
    assert old.ranges_on(NOW.date())
    assert not old.with_changes(weekly=()).ranges_on(NOW.date())
    assert old.with_changes(weekly=weekly(0, (0, 60))).ranges_on(NOW.date())[0].end == 60


async def test_rules_are_stored_completely_with_a_new_version(database: Client) -> None:
    """Covers overrides, because BSON has no type for their dates."""
    calendar = Calendar(id=new_id(), rules=rules())
    await calendar.insert()
    wanted = day_rules(NOW.date(), "Asia/Kathmandu", (0, 60), break_minutes=30)

    def decide(agendas: Agendas) -> list[Booking]:
        agendas[calendar.id].replace_rules(wanted)
        return []

    async with Ledger(database, ignore_events).open() as ledger:
        await ledger.post(FunctionCommand(function=decide, expert_ids=[calendar.id]))
    stored = await Calendar.get(calendar.id)
    assert stored
    assert (stored.rules, stored.rules_version, stored.sequence) == (wanted, 2, 1)
    assert stored.rules.overrides == (override(NOW.date(), (0, 60)),)
    [event] = await Event.find({"expert_id": calendar.id}).to_list()
    assert (event.kind, event.sequence) == (EventKind.RESET, 1)


async def test_concurrent_changes_of_several_processes_are_all_applied(database: Client) -> None:
    """Twenty changes are made at the same time; each adds to the result of the previous one."""
    expert_id = await sample_expert()
    before = await Calendar.get(expert_id)
    assert before

    def decide(agendas: Agendas) -> list[Booking]:
        agenda = agendas[expert_id]
        assert agenda.expert
        agenda.replace_rules(agenda.rules.with_changes(horizon_days=agenda.rules.horizon_days + 1))
        years = agenda.expert.experience_years + 1
        agenda.replace_expert(agenda.expert.model_copy(update={"experience_years": years}))
        return []

    expert = await Expert.get(expert_id)
    assert expert
    async with AsyncExitStack() as stack:
        ledgers = [
            await stack.enter_async_context(Ledger(database, ignore_events).open())
            for _ in range(4)
        ]
        changes = [
            ledger.post(FunctionCommand(function=decide, expert_ids=[expert_id], describes=True))
            for ledger in ledgers * 5
        ]
        await asyncio.gather(*changes)
    after, described = await Calendar.get(expert_id), await Expert.get(expert_id)
    assert after
    assert described
    assert after.rules.horizon_days == before.rules.horizon_days + 20
    assert after.sequence == before.sequence + 20
    assert described.experience_years == expert.experience_years + 20


async def test_refused_change_leaves_expert_and_calendar_unchanged(database: Client) -> None:
    expert_id = await sample_expert()
    before = (await Calendar.get(expert_id), await Expert.get(expert_id))

    def decide(agendas: Agendas) -> list[Booking]:
        agenda = agendas[expert_id]
        assert agenda.expert
        agenda.replace_rules(agenda.rules.with_changes(accepts_bookings=False))
        agenda.replace_expert(agenda.expert.model_copy(update={"disabled": True}))
        raise NotAllowed

    async with Ledger(database, ignore_events).open() as ledger:
        with pytest.raises(NotAllowed):
            await ledger.post(
                FunctionCommand(function=decide, expert_ids=[expert_id], describes=True)
            )
    assert (await Calendar.get(expert_id), await Expert.get(expert_id)) == before
