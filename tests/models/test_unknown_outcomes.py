"""Even if the outcome of a commit is unknown, its commands return the right results."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pymongo.errors import OperationFailure

from models.bookings.booking import Booking
from models.bookings.holds import MoveHold, ProlongHold
from models.calendar.errors import SlotTaken
from models.calendar.slots import slot_id
from models.ledger.batch import Batch, OutcomeUnknown
from models.ledger.claims import Claims
from models.ledger.ledger import Ledger
from models.store.transactions import NO_SUCH_TRANSACTION, OUTCOME_UNKNOWN, TRANSIENT
from resolvers.reservations import hold
from tests.support.failing_commits import failing_commits
from tests.support.ledgers import (
    book_slot,
    events,
    findings,
    ignore_events,
    slot,
    someone,
)
from tests.support.reserving import reserving

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from models.bookings.events import Event
    from models.calendar.rules import Calendar
    from models.ids import Id
    from models.store.connection import Client
    from models.store.writers import WriterSession

PEOPLE = 20
REFUSED = OperationFailure("refused", 8_000)


def unknown(code: int) -> OperationFailure:
    """Return an error like those that the driver raises if a commit may have succeeded."""
    label = TRANSIENT if code == NO_SUCH_TRANSACTION else OUTCOME_UNKNOWN
    return OperationFailure("unknown", code, {"errorLabels": [label]})


async def book_concurrently(database: Client, calendar: Calendar) -> list[Booking]:
    """Book a slot for each of twenty people; check that each booking is announced once."""
    announced: list[int] = []

    async def announce(committed: Sequence[Event]) -> None:
        announced.extend(event.sequence for event in committed)

    async with Ledger(database, announce).open() as ledger:
        await book_slot(ledger, slot(calendar, 100))
        requests = [book_slot(ledger, slot(calendar, hour)) for hour in range(PEOPLE)]
        made = await asyncio.gather(*requests)
        with pytest.raises(SlotTaken):
            await book_slot(ledger, slot(calendar, 0))
    assert [booking.key for booking in made] == [slot(calendar, hour) for hour in range(PEOPLE)]
    assert sorted(announced) == list(range(1, PEOPLE + 2))
    assert len(await events(calendar)) == PEOPLE + 1
    return made


@pytest.mark.parametrize("is_stored", [True, False], ids=["stored", "not stored"])
@pytest.mark.parametrize("code", [6, 50, 64, 89, NO_SUCH_TRANSACTION, 262])
async def test_client_is_not_refused_because_of_their_own_booking(
    database: Client,
    calendar: Calendar,
    code: int,
    *,
    is_stored: bool,
) -> None:
    """The outcome of two in every three commits is unknown to the ledger.

    Covers NO_SUCH_TRANSACTION: a restarted database server no longer knows the transaction when the
    driver repeats a commit.
    """
    with failing_commits(
        unknown(code), lambda number: number % 3 != 0, takes_effect=is_stored
    ) as commits:
        await book_concurrently(database, calendar)
    assert commits.count > 1
    assert await findings() == set()


@pytest.mark.parametrize("is_stored", [True, False], ids=["stored", "not stored"])
async def test_guest_keeps_the_hold_on_sign_in_although_commit_outcomes_are_unknown(
    database: Client, calendar: Calendar, *, is_stored: bool
) -> None:
    """The hold is prolonged once and moved to the account once, with one event for each change."""
    guest, account = someone(), someone()
    async with Ledger(database, ignore_events).open() as ledger:
        held = await hold(reserving(ledger), guest, slot_id(slot(calendar, 0)), None)
        of_hold: Any = {"expert_ids": [calendar.id], "booking_ids": [held.id]}
        with failing_commits(
            unknown(64), lambda number: number % 2 == 1, takes_effect=is_stored
        ) as commits:
            [prolonged] = await ledger.post(ProlongHold(**of_hold, duration=timedelta(hours=2)))
            commits.count = 0
            move = MoveHold(**of_hold, guest_id=guest.id, holder_id=account.id)
            [moved] = await ledger.post(move)
    assert held.held_until
    assert prolonged.held_until
    assert prolonged.held_until > held.held_until
    assert (moved.client_id, moved.held_until) == (account.id, prolonged.held_until)
    assert await Booking.find({"expert_id": calendar.id}).to_list() == [moved]
    assert len(await events(calendar)) == 3
    assert await findings() == set()


async def test_late_commit_is_recognized_after_its_batch_was_split(
    database: Client, calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first commit takes effect late, during the second commit, which is refused.

    Normally, the ledger takes a claim before the second commit, and so waits for the first commit.
    Here, taking the claim fails, as it may in practice.
    """
    commit = Batch.commit
    batches: list[Batch] = []

    async def fail(_claims: Claims, _expert_ids: Collection[Id]) -> None:
        pass

    async def commit_late(batch: Batch, writer: WriterSession) -> None:
        if len(batch.answers) == 1 and not batches:
            await commit(batch, writer)
            return
        batches.append(batch)
        if len(batches) == 1:
            raise OutcomeUnknown
        if len(batches) == 2:
            await commit(batches[0], writer)
            raise REFUSED
        await commit(batch, writer)

    monkeypatch.setattr(Batch, "commit", commit_late)
    monkeypatch.setattr(Claims, "take", fail)
    made = await book_concurrently(database, calendar)
    first = batches[0]
    kept = [answer[0] for answer in first.answers.values() if isinstance(answer, list)]
    assert len(kept) > 1
    assert await findings() == set()
    assert all(booking in made for booking in kept)
