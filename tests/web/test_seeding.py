"""Sample data are written only once, even by several processes, and only to an empty database."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from models.accounts.users import User
from models.bookings.booking import Booking
from models.bookings.wait import Wait
from models.calendar.rules import Calendar
from models.directory.experts import Expert
from models.directory.reviews import Review
from models.store.shared_state import (
    SAMPLE_DATA,
    Seeding,
    SharedState,
    advance_seeding,
    begin_seeding,
    insert_missing,
    seeding,
    shared_secret,
)
from tests.support.seeding import DAY, HASH, NOW, fill, opened, silent
from web.samples import seed as seeds
from web.samples.demo import Outcome
from web.samples.seed import NO_PASSWORD, seed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from models.store.documents import Record

KINDS: tuple[type[Record], ...] = (User, Expert, Calendar, Booking, Review, Wait)
Stored = dict[str, dict[str, dict[str, Any]]]


BATCH = 10


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make batches so small that even a few experts are written in several batches."""
    monkeypatch.setattr(seeds, "EXPERTS_PER_BATCH", BATCH)


@pytest.fixture
async def empty(seed_server: str, request: pytest.FixtureRequest) -> AsyncIterator[None]:
    async with opened(seed_server, request.node.name[:60]):
        yield


async def stored() -> Stored:
    """Return all sample documents, keyed by the names of their classes and by their IDs."""
    return {
        kind.__name__: {str(record.id): record.model_dump() async for record in kind.find_all()}
        for kind in KINDS
    }


@pytest.mark.usefixtures("empty")
async def test_second_seeding_changes_nothing() -> None:
    """A second call changes no data, even if it asks for a different number of experts."""
    progress_calls: list[tuple[int, int]] = []
    first = await seed(
        experts=12, now=NOW, password_hash=HASH, progress=lambda *step: progress_calls.append(step)
    )
    before = await stored()
    again = await seed(experts=99, now=NOW + DAY, password_hash="another", progress=silent)
    assert (first, again) == (Outcome.SEEDED, Outcome.ALREADY_SEEDED)
    assert progress_calls == [(0, 12), (BATCH, 12), (12, 12)]
    assert await stored() == before


async def test_interrupted_seeding_is_completed(
    seed_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Resumed seeding stores the same documents as seeding that was not interrupted."""
    async with opened(seed_server, "whole"):
        await fill(25)
        whole = await stored()

    async def interrupt(records: Sequence[Record]) -> None:
        await insert_missing(records)
        if await Expert.count() == 2 * BATCH:
            task.cancel()
            await asyncio.sleep(0)

    async with opened(seed_server, "broken"):
        with monkeypatch.context() as patch:
            patch.setattr(seeds, "insert_missing", interrupt)
            task = asyncio.create_task(fill(25))
            with pytest.raises(asyncio.CancelledError):
                await task
        left = await seeding()
        assert left
        assert (left.owner, left.done, left.finished) == (None, BATCH, False)
        assert [await Expert.count(), await Calendar.count()] == [2 * BATCH, BATCH]
        later = await seed(experts=7, now=NOW + DAY, password_hash=HASH, progress=silent)
        assert later is Outcome.SEEDED
        assert await stored() == whole


@pytest.mark.usefixtures("empty")
async def test_concurrent_seeding_runs_once() -> None:
    """Both callers return only when the data are complete, and the data are stored only once."""
    outcomes = await asyncio.gather(fill(20), fill(20))
    assert set(outcomes) == {Outcome.SEEDED}
    counts = [await Expert.count(), await Calendar.count(), await User.count()]
    assert counts == [20, 20, 20 + 202]
    sequences = {calendar.id: calendar.sequence async for calendar in Calendar.find_all()}
    assert await Booking.count() + await Wait.count() == sum(sequences.values())


@pytest.mark.usefixtures("empty")
async def test_stalled_seeding_is_taken_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """After `STALL_SECONDS` without progress, another process takes over the seeding."""
    monkeypatch.setattr(seeds, "STALL_SECONDS", 0.5)
    dead = Seeding(experts=10, moment=NOW.replace(microsecond=0), owner="dead")
    await begin_seeding(dead)
    assert await fill(20) is Outcome.SEEDED
    assert await Expert.count() == 10
    assert not await advance_seeding(dead, dead.model_copy(update={"done": 10}))


@pytest.mark.usefixtures("empty")
async def test_database_with_accounts_is_not_seeded() -> None:
    """No sample data is added to a database with registered accounts."""
    ann = {"name": "Ann", "email": "a@b.c", "email_key": "a@b.c"}
    await User(**ann, password_hash=NO_PASSWORD, created_at=NOW).insert()
    assert await fill(10) is Outcome.HAS_OTHER_DATA
    assert await User.count() == 1
    assert await Expert.count() == 0
    assert await SharedState.get(SAMPLE_DATA) is None


@pytest.mark.usefixtures("empty")
async def test_programs_share_the_first_stored_secret() -> None:
    """All callers get the secret that was stored first, even if they propose a different one."""
    secrets = set(await asyncio.gather(*(shared_secret(f"secret {n}") for n in range(8))))
    assert len(secrets) == 1
    assert {await shared_secret("late")} == secrets
